"""Sanitising HTML: only the tags and attributes that a lesson may contain."""

from __future__ import annotations

import html
import re
from typing import Final

import nh3

_MATH_TAGS: Final = {
    *("math", "mi", "mn", "mo", "ms", "mspace", "mtext", "mrow", "mfrac", "msqrt", "mroot"),
    *("mstyle", "merror", "mpadded", "mphantom", "msub", "msup", "msubsup", "munder", "mover"),
    *("munderover", "mmultiscripts", "mtable", "mtr", "mtd", "menclose"),
}
_MATH_ATTRIBUTES: Final = {
    *("xmlns", "display", "stretchy", "fence", "form", "separator", "lspace", "rspace", "accent"),
    *("minsize", "maxsize", "width", "height", "depth", "linethickness", "columnalign"),
    *("columnspacing", "rowspacing", "mathvariant", "displaystyle", "scriptlevel", "movablelimits"),
    *("columnlines", "rowlines", "notation"),
}
_TAGS: Final = {
    *("p", "br", "hr", "h2", "h3", "h4", "strong", "em", "s", "code", "pre", "samp", "blockquote"),
    *("ul", "ol", "li", "a", "table", "thead", "tbody", "tr", "th", "td", "caption", "figure"),
    *("figcaption", "img", "div", "span", "details", "summary", "section"),
    *_MATH_TAGS,
}
_ATTRIBUTES: Final[dict[str, set[str]]] = {
    "*": {"id", "class"},
    "a": {"href", "aria-label"},
    "img": {"src", "alt", "loading", "decoding", "width", "height"},
    "figure": {"data-renderer", "data-src"},
    "ol": {"start"},
    "pre": {"tabindex"},
    "div": {"tabindex", "role", "aria-label", "data-block", "data-task"},
    "th": {"scope"},
    **dict.fromkeys(_MATH_TAGS, _MATH_ATTRIBUTES),
}
_WITHIN_A_WORD: Final = (*("a", "code", "em", "s", "samp", "span", "strong"), *sorted(_MATH_TAGS))
"""Tags that part no words."""


def plain_text(rendered: str) -> str:
    """Return what can be read on a page, without marks: for the search."""
    text = re.sub(rf"</?(?:{'|'.join(_WITHIN_A_WORD)})\b[^>]*>", "", rendered)
    text = re.sub(r"<[^>]+>", " ", text)
    return re.sub(r"\s+", " ", html.unescape(text)).strip()


def clean(rendered: str) -> str:
    """Return HTML with only the tags and attributes that a lesson may contain."""
    return nh3.clean(
        rendered,
        tags=_TAGS,
        attributes=_ATTRIBUTES,
        url_schemes={"https", "http", "mailto"},
        link_rel="noopener",
    )
