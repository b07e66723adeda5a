"""Answers that are computed from drawn numbers: ``(a + c - b) / 2``."""

from __future__ import annotations

import ast
import math
import operator
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

LARGEST_EXPONENT: Final = 64
LONGEST_FORMULA: Final = 200  # characters

_OPERATIONS: Final[dict[type[ast.operator], Callable[[float, float], float]]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.Pow: operator.pow,
}


class FormulaError(Exception):
    """A formula holds something else than numbers, names and + - * / ** ( )."""


def evaluate(formula: str | float, numbers: Mapping[str, float]) -> float:
    """Return the value of a formula, always finite.

    Args:
        formula: a number, or names and numbers joined by ``+ - * / **`` and parentheses.
        numbers: the value of each name.

    Raises:
        FormulaError: it is no such formula, or its value is not finite.
    """
    if isinstance(formula, int | float):
        value = float(formula)
    else:
        if len(formula) > LONGEST_FORMULA:
            raise FormulaError(f"The formula is longer than {LONGEST_FORMULA} characters.")
        try:
            value = _value(ast.parse(formula.strip(), mode="eval").body, numbers)
        except (SyntaxError, ArithmeticError, TypeError) as error:
            raise FormulaError(f"{formula!r}: {error}") from error
    if not math.isfinite(value):
        raise FormulaError(f"{formula!r} is not finite.")
    return value


def _value(node: ast.expr, numbers: Mapping[str, float]) -> float:
    match node:
        case ast.Constant(value=int() | float() as value) if not isinstance(value, bool):
            return float(value)
        case ast.Name(id=name) if name in numbers:
            return float(numbers[name])
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return -_value(operand, numbers)
        case ast.BinOp(left=left, op=op, right=right) if type(op) in _OPERATIONS:
            first, second = _value(left, numbers), _value(right, numbers)
            if isinstance(op, ast.Pow) and not abs(second) <= LARGEST_EXPONENT:
                raise FormulaError(f"An exponent is larger than {LARGEST_EXPONENT}.")
            return float(_OPERATIONS[type(op)](first, second))
        case ast.Name(id=name):
            raise FormulaError(f"The name {name!r} is not drawn.")
    raise FormulaError(f"{ast.unparse(node)!r} is not allowed: write + - * / ** and parentheses.")
