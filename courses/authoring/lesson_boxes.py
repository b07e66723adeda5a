"""What stands apart from a lesson's text: asides, pull figures, code together with its output.

An author begins a quotation with a mark on its first line:

    > [!aside]
    > The median of the same rows is 0.31.

    > [!pull]
    > 48 %
    >
    > is what the model says of a patient of whom it knows everything that matters.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from courses.authoring.lesson_tasks import is_output
from courses.markup.rendering import html_token

if TYPE_CHECKING:
    from collections.abc import Sequence

    from markdown_it.token import Token

BOXES: Final = {
    "aside": '<div class="aside" role="note">',
    "pull": '<div class="pull">',
}
"""What opens a box, by its mark."""
_MARK: Final = re.compile(r"\[!(\w+)\]\s*")


def unknown_marks(tokens: Sequence[Token]) -> list[tuple[Token, str]]:
    """Return each quotation with a mark that names no box, with that mark."""
    found = []
    for position, token in enumerate(tokens):
        mark = _mark_after(tokens, position)
        if mark and mark not in BOXES:
            found.append((token, mark))
    return found


def with_boxes(tokens: Sequence[Token]) -> list[Token]:
    """Return the tokens, each marked quotation made a box and its mark taken away."""
    made: list[Token] = []
    open_boxes: list[int] = []  # levels of the quotations that are boxes
    for position, token in enumerate(tokens):
        mark = _mark_after(tokens, position)
        if mark in BOXES:
            _take_mark(tokens[position + 2])
            made.append(_at(token, BOXES[mark]))
            open_boxes.append(token.level)
        elif token.type == "blockquote_close" and open_boxes and open_boxes[-1] == token.level:
            open_boxes.pop()
            made.append(_at(token, "</div>"))
        else:
            made.append(token)
    return made


def with_pairs(tokens: Sequence[Token]) -> list[Token]:
    """Return the tokens, each block of code wrapped together with the output right after it."""
    made: list[Token] = []
    for position, token in enumerate(tokens):
        before, after = tokens[max(position - 1, 0)], tokens[min(position + 1, len(tokens) - 1)]
        if _is_code(token) and is_output(after):
            made.append(html_token('<div class="code-pair">'))
        made.append(token)
        if is_output(token) and _is_code(before):
            made.append(html_token("</div>"))
    return made


def _is_code(token: Token) -> bool:
    return token.type == "fence" and not is_output(token)


def _mark_after(tokens: Sequence[Token], position: int) -> str:
    """Return the mark of the quotation that opens at a position; empty without one."""
    if tokens[position].type != "blockquote_open" or len(tokens) <= position + 2:
        return ""
    first = tokens[position + 2]
    mark = _MARK.match(first.content) if first.type == "inline" else None
    return mark[1] if mark else ""


def _take_mark(inline: Token) -> None:
    """Take the mark out of the first paragraph of a quotation."""
    inline.content = _MARK.sub("", inline.content, count=1)
    children = inline.children or []
    while children and children[0].type in {"text", "softbreak"}:
        children[0].content = _MARK.sub("", children[0].content, count=1)
        if children[0].content.strip():
            return
        del children[0]


def _at(token: Token, markup: str) -> Token:
    made = html_token(markup)
    made.level = token.level
    return made
