"""The terms that a lesson explains: what it sets in bold where it says what a word means."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from courses.markup.cleaning import plain_text

MOST_WORDS: Final = 4
"""More words than this are a sentence in bold."""
_PIECE: Final = re.compile(r'<h2 id="(?P<anchor>[^"]+)"|<p>(?P<text>.*?)</p>', re.DOTALL)
_BOLD: Final = re.compile(r"<strong>(.*?)</strong>", re.DOTALL)
_NO_TERM: Final = re.compile(r"[.:?!,;\"“«\d]")
"""What a heading within a paragraph, a quotation or a number has and a term has not."""


@dataclass(frozen=True)
class Term:
    """A term, and where it is explained.

    Attributes:
        anchor: of the part of the lesson.
        text: the paragraph that explains it.
    """

    name: str
    anchor: str
    text: str


def terms(rendered: str) -> list[Term]:
    """Return the terms of a lesson's HTML in order, each once."""
    found: dict[str, Term] = {}
    anchor = ""
    for piece in _PIECE.finditer(rendered):
        if piece["anchor"]:
            anchor = piece["anchor"]
            continue
        for bold in _BOLD.findall(piece["text"]):
            name = plain_text(bold)
            if anchor and name and len(name.split()) <= MOST_WORDS and not _NO_TERM.search(name):
                text = plain_text(piece["text"])
                found.setdefault(name.lower(), Term(name, anchor, text))
    return list(found.values())
