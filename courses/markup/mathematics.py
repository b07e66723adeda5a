"""LaTeX formulas as MathML, which browsers draw and screen readers read without a script."""

from __future__ import annotations

import re
from functools import lru_cache

from latex2mathml.converter import convert

MAX_CHARACTERS = 2000
"""A formula of a lesson has a few hundred; the converter is slow and recursive for thousands."""

_ESCAPED = re.compile(r"\\.")
_UNKNOWN_COMMAND = re.compile(r"<m[a-z]+[^>]*>\\([A-Za-z]+)")


class FormulaError(Exception):
    """A formula cannot be converted."""


def mathml(latex: str, *, display: bool) -> str:
    """Return a formula as a MathML element.

    Raises:
        FormulaError: it is too long, braces do not match, or a command is unknown.
    """
    if len(latex) > MAX_CHARACTERS:
        raise FormulaError(f"${latex[:40]}…$: a formula has at most {MAX_CHARACTERS} characters.")
    return _mathml(latex, display=display)


@lru_cache(maxsize=2048)
def _mathml(latex: str, *, display: bool) -> str:
    _check_braces(latex)
    try:
        converted: str = convert(latex, display="block" if display else "inline")
    except Exception as error:  # the converter's errors have no common base
        raise FormulaError(
            f"${latex}$ cannot be converted: {error or type(error).__name__}"
        ) from error
    if unknown := _UNKNOWN_COMMAND.search(converted):
        raise FormulaError(f"${latex}$: the command \\{unknown.group(1)} is unknown.")
    return converted


def _check_braces(latex: str) -> None:
    depth = 0
    for character in _ESCAPED.sub("", latex):
        depth += {"{": 1, "}": -1}.get(character, 0)
        if depth < 0:
            break
    if depth != 0:
        raise FormulaError(f"${latex}$: the braces do not match.")
