"""Text of a terminal as HTML: colours become classes, other escape sequences go; linear in time."""

from __future__ import annotations

import html
import re
from typing import Final

COLOURS: Final = ("black", "red", "green", "yellow", "blue", "magenta", "cyan", "white")
BOLD, NOT_BOLD, DEFAULT_COLOUR = 1, 22, 39
FIRST_COLOUR, FIRST_BRIGHT = 30, 90
MAX_STYLED: Final = 5_000
"""Escape sequences in one output; one with more loses its colours."""

_STYLE: Final = re.compile(r"\x1b\[([0-9;]{0,32})m")
_ESCAPE: Final = re.compile(r"\x1b(?:\[[0-9;?]{0,32}[@-~]?|\][^\x07\x1b\n]{0,256}\x07?|.?)")


def terminal_html(text: str) -> str:
    """Return `text` as HTML; of a line that was overwritten by a carriage return its last state."""
    text = "\n".join(_last_state(line) for line in text.split("\n"))
    if "\x1b" not in text:
        return html.escape(text)
    parts = _STYLE.split(text)
    if len(parts) > 2 * MAX_STYLED:
        return html.escape(_ESCAPE.sub("", text))
    written: list[str] = []
    colour, bold = "", False
    for position, part in enumerate(parts):
        if position % 2:
            colour, bold = _style(part, colour, bold=bold)
            continue
        shown = html.escape(_ESCAPE.sub("", part))
        classes = f"ansi-{colour}" if colour else ""
        classes += " ansi-bold" if bold else ""
        written.append(f'<span class="{classes.strip()}">{shown}</span>' if classes else shown)
    return "".join(written)


def _style(codes: str, colour: str, *, bold: bool) -> tuple[str, bool]:
    """Return colour and weight after the codes of one escape sequence."""
    for code in codes.split(";"):
        number = int(code or 0)
        if number == 0:
            colour, bold = "", False
        elif number == BOLD:
            bold = True
        elif number == NOT_BOLD:
            bold = False
        elif number == DEFAULT_COLOUR:
            colour = ""
        for first in (FIRST_COLOUR, FIRST_BRIGHT):
            if first <= number < first + len(COLOURS):
                colour = COLOURS[number - first]
    return colour, bold


def _last_state(line: str) -> str:
    if "\r" not in line:
        return line
    states = [state for state in line.split("\r") if state]
    return states[-1] if states else ""
