"""What a run does not begin with: cells that would wait for a keyboard or start a program."""

from __future__ import annotations

import io
import re
import tokenize
from typing import TYPE_CHECKING, Final

from django.utils.translation import gettext as _

if TYPE_CHECKING:
    from collections.abc import Iterable

PROGRAMS: Final = re.compile(
    r"\s*%%(?:bash|sh|script|cmd|perl|ruby|pypy|python2?3?|system|sx|!|js|javascript|html|latex|svg)"
    r"\b"
)


class CellRefused(Exception):  # noqa: N818  # named after what happened, as in grader.errors
    """A cell cannot be run here; the text says why."""

    def __init__(self, cell: str, line: int, message: str) -> None:
        super().__init__(message)
        self.cell = cell
        self.line = line


def screen(cells: Iterable[tuple[str, str]]) -> None:
    """Check the ids and sources of code cells.

    Raises:
        CellRefused: naming the cell and the line.
    """
    for identity, source in cells:
        if PROGRAMS.match(source):
            line = source[: len(source) - len(source.lstrip())].count("\n") + 1
            message = _("This cell magic starts another program, which cannot run here.")
            raise CellRefused(identity, line, message)
        if "input" in source and (asked := _input_line(source)):
            message = _("input() waits for a keyboard that a run has not. Set a variable instead.")
            raise CellRefused(identity, asked, message)


def _input_line(source: str) -> int | None:
    """Return the line of the first call of ``input``."""
    last = before = ""
    try:
        for token in tokenize.generate_tokens(io.StringIO(source).readline):
            if token.string == "(" and last == "input" and before not in {".", "def"}:
                return token.start[0]
            if token.string:
                before, last = last, token.string
    except (tokenize.TokenError, SyntaxError):
        return None  # the run itself says what is wrong with it
    return None
