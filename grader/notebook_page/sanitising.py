"""Sanitising a learner's HTML: harmless tags stay, scripts go, and what went is named."""

from __future__ import annotations

import html
import re
from collections import Counter
from typing import Final

import nh3

MAX_HTML: Final = 200_000
"""Characters of one output without its scripts: a table of two thousand rows."""
MAX_TAGS: Final = 40_000
MAX_FORMATTING: Final = 2_000
"""Tags such as <b>, which a parser must reopen in every block: it is quadratic in them."""

MAX_DEPTH: Final = 500
"""Tags inside tags; the parser is quadratic in them, and pages that people write stay below 50."""
VOID_TAGS: Final = frozenset({"area", "br", "col", "hr", "img", "input", "link", "meta", "wbr"})

MATH_TAGS: Final = {
    *("math", "mi", "mn", "mo", "ms", "mspace", "mtext", "mrow", "mfrac", "msqrt", "mroot"),
    *("mstyle", "mpadded", "mphantom", "msub", "msup", "msubsup", "munder", "mover"),
    *("munderover", "mtable", "mtr", "mtd", "menclose"),
}
MATH_ATTRIBUTES: Final = {
    *("display", "stretchy", "fence", "form", "separator", "lspace", "rspace", "accent"),
    *("minsize", "maxsize", "width", "height", "depth", "linethickness", "columnalign"),
    *("columnspacing", "rowspacing", "mathvariant", "displaystyle", "scriptlevel"),
    *("movablelimits", "columnlines", "rowlines", "notation"),
}
TAGS: Final = (nh3.ALLOWED_TAGS | {"div", "span", "pre", "figure", "figcaption"} | MATH_TAGS) - {
    "a",
    "map",
}
"""Links go: a frame without rights cannot follow them, and a notebook must not lead away."""
ATTRIBUTES: Final[dict[str, set[str]]] = {
    "*": {"class", "title"},
    "img": {"src", "alt", "width", "height"},
    "td": {"colspan", "rowspan"},
    "th": {"colspan", "rowspan", "scope"},
    **dict.fromkeys(MATH_TAGS, MATH_ATTRIBUTES),
}
_FORMATTING: Final = re.compile(
    r"<(?:a|b|big|code|em|font|i|nobr|s|small|strike|strong|tt|u)\b", re.IGNORECASE
)
_TAG: Final = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9]{0,40})")
_OPENING: Final = re.compile(r"<(script|style)\b", re.IGNORECASE)
_CLOSING: Final = {
    name: re.compile(rf"</{name}\b[^>]{{0,100}}>", re.IGNORECASE) for name in ("script", "style")
}

KNOWN_VIEWS: Final = (
    (
        ("AdditiveForce", "SHAP."),
        "A SHAP force plot was left out: it needs a script. matplotlib=True makes it a picture.",
    ),
    (
        ("lime.Explanation", "lime.PredictProba", "lime.PredictedValue"),
        "LIME's view was left out: it needs a script. as_pyplot_figure() makes a picture.",
    ),
    (
        ("Plotly", "plotly"),
        "An interactive Plotly figure was left out: it needs a script.",
    ),
    (("bokeh", "Bokeh"), "An interactive Bokeh figure was left out: it needs a script."),
)
OTHER_VIEW: Final = "An interactive view was left out: it needs a script."
TOO_LARGE: Final = "An HTML output was left out: it is too large to be shown here."
FRAME: Final = "An embedded page was left out."


def note(text: str) -> str:
    """Return a sentence of ours among a learner's outputs."""
    return f'<p class="left-out">[{html.escape(text)}]</p>'


def clean(rendered: str) -> str:
    """Return HTML with harmless tags and attributes only; too deep a one as a note."""
    if _depth(rendered) > MAX_DEPTH:
        return note(TOO_LARGE)
    return nh3.clean(
        rendered,
        tags=TAGS,
        attributes=ATTRIBUTES,
        attribute_filter=_kept,
        url_schemes={"data"},
        link_rel=None,
    )


def output_html(markup: str) -> str:
    """Return an HTML output sanitised, with a note on what was left out of it."""
    bare, scripts = _without_scripts(markup)
    notes = [_script_note(scripts)] if scripts.strip() else []
    if re.search(r"<(?:iframe|object|embed)\b", bare, re.IGNORECASE):
        notes.append(FRAME)
    too_large = (
        len(bare) > MAX_HTML
        or bare.count("<") > MAX_TAGS
        or len(_FORMATTING.findall(bare)) > MAX_FORMATTING
    )
    if too_large:
        return "".join(note(text) for text in [*notes, TOO_LARGE])
    return clean(bare) + "".join(note(text) for text in notes)


def _without_scripts(markup: str) -> tuple[str, str]:
    """Return HTML without scripts and style sheets, and the scripts; linear in the size."""
    kept: list[str] = []
    scripts: list[str] = []
    start = 0
    while (opening := _OPENING.search(markup, start)) is not None:
        kept.append(markup[start : opening.start()])
        name = opening.group(1).lower()
        closing = _CLOSING[name].search(markup, opening.end())
        end = closing.start() if closing else len(markup)
        if name == "script":
            scripts.append(markup[opening.end() : end])
        start = closing.end() if closing else len(markup)
    kept.append(markup[start:])
    return "".join(kept), "".join(scripts)


def _depth(markup: str) -> int:
    """Return how deep tags lie in tags, or more: an end tag without a start closes nothing."""
    open_tags: Counter[str] = Counter()
    depth = deepest = 0
    for end, name in _TAG.findall(markup):
        tag = name.lower()
        if not end and tag not in VOID_TAGS:
            open_tags[tag] += 1
            depth += 1
            deepest = max(deepest, depth)
        elif end and open_tags[tag]:
            open_tags[tag] -= 1
            depth -= 1
    return deepest


def _script_note(scripts: str) -> str:
    for marks, text in KNOWN_VIEWS:
        if any(mark in scripts for mark in marks):
            return text
    return OTHER_VIEW


def _kept(tag: str, attribute: str, value: str) -> str | None:
    """Pictures come with the notebook or not at all."""
    if (tag, attribute) == ("img", "src") and not value.startswith("data:image/"):
        return None
    return value
