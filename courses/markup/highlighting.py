"""Syntax highlighting by an allow-list of lexers, whose time is linear in what they are given.

Pygments has hundreds of lexers, and some need quadratic or exponential time: AutoHotkey takes
16 s for 4.8 kB. Those listed here were measured on repeated pieces of every kind; the one thing
that still makes Python's quadratic, a long run of white space, is left uncoloured.
"""

from __future__ import annotations

import html
import re
from functools import cache
from typing import TYPE_CHECKING, Final

from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import get_lexer_by_name

if TYPE_CHECKING:
    from pygments.lexer import Lexer

LEXERS: Final = {
    **dict.fromkeys(("python", "python3", "py"), "python"),
    "pycon": "pycon",
    "json": "json",
    "sql": "sql",
    "toml": "toml",
    "diff": "diff",
    **dict.fromkeys(("bash", "console", "sh", "shell"), "bash"),
}
"""What a fence may be coloured as; any other language is shown without colours."""

MAX_CHARACTERS: Final = 20_000
"""A longer block is shown without colours."""

MAX_WHITE_SPACE: Final = 200
"""Characters of one run of white space; the Python lexer is quadratic in them."""

_WHITE_SPACE: Final = re.compile(r"\s+")


def highlighted(code: str, language: str) -> str:
    """Return `code` as HTML, coloured by classes where that is quick, else only escaped."""
    name = LEXERS.get(language.lower())
    if name is None or len(code) > MAX_CHARACTERS or _longest_white_space(code) > MAX_WHITE_SPACE:
        return html.escape(code)
    return highlight(code, _lexer(name), HtmlFormatter(nowrap=True))


@cache
def _lexer(name: str) -> Lexer:
    return get_lexer_by_name(name, stripnl=False)


def _longest_white_space(code: str) -> int:
    return max((len(run) for run in _WHITE_SPACE.findall(code)), default=0)
