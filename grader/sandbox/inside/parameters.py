"""Gives a notebook its parameters: where it assigns them itself, otherwise after the cell.

Papermill injects a cell after the tagged one. That misses a cell that was merged with the code that
uses the parameters, and leaves what the cell derived from them out of date; so a top-level
assignment of a parameter gets the new value in its place.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

NOT_LITERAL: Final = object()


class Parameters(ast.NodeTransformer):
    """One run's parameters, as a transformer of the shell's syntax trees.

    Args:
        values: what the run shall use.
        written: what the starter notebook assigns: a copy of it elsewhere is a parameter too.
        cells: the cells that set parameters, tagged or found by what they assign.
    """

    def __init__(
        self, values: Mapping[str, Any], written: Mapping[str, Any], cells: Collection[int]
    ) -> None:
        self._values, self._written, self._cells = values, written, set(cells)
        self._known: set[str] = set()
        self._cell = -1
        self._replaced: set[str] = set()
        self._bound: set[str] = set()

    def begin(self, cell: int) -> None:
        """Start cell number `cell`."""
        self._cell, self._replaced, self._bound = cell, set(), set()

    def visit(self, node: ast.AST) -> ast.AST:
        """Replace the values in one parsed cell."""
        if isinstance(node, ast.Module):
            for statement in node.body:
                self._replace_in(statement)
            self._bound |= {
                part.id
                for part in ast.walk(node)
                if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store)
            }
            ast.fix_missing_locations(node)
        return node

    def source_to_inject(self) -> str:
        """Return the cell to run after this one, empty when every parameter has its value."""
        if self._cell not in self._cells:
            return ""
        other = self._bound - self._replaced
        names = [name for name in self._values if name not in self._known or name in other]
        self._known |= set(names)
        return "\n".join(f"{name} = {literal(self._values[name])}" for name in names)

    def _replace_in(self, statement: ast.stmt) -> None:
        if isinstance(statement, ast.Assign):
            for target in statement.targets:
                statement.value = self._replaced_value(target, statement.value)
        elif isinstance(statement, ast.AnnAssign) and statement.value is not None:
            statement.value = self._replaced_value(statement.target, statement.value)

    def _replaced_value(self, target: ast.expr, value: ast.expr) -> ast.expr:
        if isinstance(target, ast.Tuple | ast.List) and isinstance(value, ast.Tuple | ast.List):
            if len(target.elts) == len(value.elts):
                pairs = zip(target.elts, value.elts, strict=True)
                value.elts = [self._replaced_value(name, item) for name, item in pairs]
            return value
        if not isinstance(target, ast.Name) or target.id not in self._values:
            return value
        return self._value_for(target.id, value)

    def _value_for(self, name: str, value: ast.expr) -> ast.expr:
        found = literal_value(value)
        ours = self._cell in self._cells
        if found is not NOT_LITERAL:
            if not ours and not self._is_written(name, found):
                return value  # another value, deliberately
            return self._new(name, value, as_tuple=isinstance(found, tuple))
        if any(isinstance(part, ast.Name) and part.id == name for part in ast.walk(value)):
            return value  # rows = np.array(rows)
        copies = [
            part
            for part in ast.walk(value)
            if isinstance(part, ast.expr) and self._is_written(name, literal_value(part))
        ]
        if len(copies) == 1:
            new = self._new(name, copies[0], as_tuple=isinstance(copies[0], ast.Tuple))
            return _Swap(copies[0], new).swapped(value)
        return self._new(name, value, as_tuple=False) if ours else value

    def _is_written(self, name: str, found: Any) -> bool:
        if found is NOT_LITERAL or name not in self._written:
            return False
        return repr(_as_lists(found)) == repr(_as_lists(self._written[name]))

    def _new(self, name: str, place: ast.expr, *, as_tuple: bool) -> ast.expr:
        self._replaced.add(name)
        self._known.add(name)
        value = self._values[name]
        text = f"tuple({literal(value)})" if as_tuple else literal(value)
        made = ast.parse(text, mode="eval").body
        for part in ast.walk(made):
            ast.copy_location(part, place)
        return made


class _Swap(ast.NodeTransformer):
    def __init__(self, old: ast.expr, new: ast.expr) -> None:
        self._old, self._new = old, new

    def swapped(self, tree: ast.expr) -> ast.expr:
        """Return the tree with the new part in it."""
        found = self.visit(tree)
        return found if isinstance(found, ast.expr) else tree

    def visit(self, node: ast.AST) -> ast.AST:
        """Return the new part for the old one."""
        return self._new if node is self._old else self.generic_visit(node)


def literal_value(node: ast.expr) -> Any:
    """Return what a literal stands for, or NOT_LITERAL."""
    try:
        return ast.literal_eval(node)
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        return NOT_LITERAL


def _as_lists(value: Any) -> Any:
    return [_as_lists(item) for item in value] if isinstance(value, list | tuple) else value


def literal(value: Any) -> str:
    """Return Python source for a JSON value; infinities and NaN have no literal."""
    if isinstance(value, float) and not abs(value) < float("inf"):
        return f'float("{value}")'
    if isinstance(value, list):
        return f"[{', '.join(literal(item) for item in value)}]"
    if isinstance(value, dict):
        return f"{{{', '.join(f'{key!r}: {literal(item)}' for key, item in value.items())}}}"
    return repr(value)
