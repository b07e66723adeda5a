"""Figures as HTML: pictures in two themes, and interactive figures with a table beside them."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from django.utils.translation import gettext as _

from courses.markup.markdown import markdown_parser
from courses.markup.problems import InvalidContentError, Problem

if TYPE_CHECKING:
    from collections.abc import Callable

    from markdown_it.token import Token

_PERCENT: Final = re.compile(r"(?<=\d) %")


@dataclass(frozen=True)
class FigureFile:
    """A file of a figure, as a page names it.

    Attributes:
        address: where the site serves it.
        width, height: in CSS pixels, so that the page does not jump while it loads; None for data.
        data: the content of a JSON file.
    """

    address: str
    width: int | None = None
    height: int | None = None
    data: Mapping[str, Any] | None = None


def only_image(tokens: Sequence[Token]) -> Token | None:
    """Return the image of a paragraph that holds nothing else; None for other tokens."""
    if [token.type for token in tokens] != ["paragraph_open", "inline"]:
        return None
    children = tokens[1].children or []
    return children[0] if len(children) == 1 and children[0].type == "image" else None


class FigureHtml:
    """The HTML of one image: a figure with its caption.

    Attributes:
        files: the figures' files by name, without the folder ``figures/``.
        refuse: called with the reason when something is wrong with the figure.
    """

    def __init__(self, files: Mapping[str, FigureFile], refuse: Callable[[str], None]) -> None:
        self.files = files
        self.refuse = refuse

    def render(self, image: Token) -> str:
        """Return an image as a figure; empty when it was refused."""
        target = str(image.attrs.get("src", ""))
        alt = image.content.strip()
        if not alt:
            self.refuse(f"The figure {target!r} needs an alternative text that describes it.")
        caption = markdown_parser().renderInline(str(image.attrs.get("title", "")))
        caption = f"<figcaption>{caption}</figcaption>" if caption else ""
        if target.startswith("interactive:"):
            return self._interactive(target.removeprefix("interactive:"), alt, caption)
        name = target.removeprefix("figures/").removesuffix(".svg")
        if target != f"figures/{name}.svg":
            self.refuse(f"A figure is named figures/<name>.svg, not {target!r}.")
            return ""
        pictures = [
            self._picture(f"{name}.{theme}.svg", f"only-{theme}", alt)
            for theme in ("light", "dark")
        ]
        return f'<figure class="figure">{"".join(pictures)}{caption}</figure>'

    def _file(self, name: str) -> FigureFile | None:
        file = self.files.get(name)
        if file is None:
            self.refuse(f"figures/{name} is missing. Run `python manage.py build_figures` first.")
        return file

    def _picture(self, name: str, theme: str, alt: str) -> str:
        file = self._file(name)
        if file is None:
            return ""
        size = f' width="{file.width}" height="{file.height}"' if file.width else ""
        return (
            f'<img class="{theme}" src="{html.escape(file.address)}" alt="{html.escape(alt)}"'
            f'{size} loading="lazy" decoding="async">'
        )

    def _interactive(self, name: str, alt: str, caption: str) -> str:
        file = self._file(f"{name}.json")
        if file is None:
            return ""
        data = file.data or {}
        renderer, table = str(data.get("renderer", "")), data.get("table")
        if not re.fullmatch(r"[a-z][a-z0-9-]*", renderer):
            self.refuse(f'figures/{name}.json names no "renderer".')
        if not isinstance(table, Sequence) or not table:
            self.refuse(f'figures/{name}.json has no "table", the accessible alternative.')
            return ""
        as_table = html.escape(_("Show as table"))
        # A description that asks the reader something is for all; another is read out only.
        role = "interactive-summary" + (" interactive-question" if "?" in alt else "")
        return (
            f'<figure class="interactive" data-renderer="{renderer}" '
            f'data-src="{html.escape(file.address)}">'
            f'<p class="{role}">{_words(alt)}</p>'
            f"{self._still(data, alt)}"
            f"<details><summary>{as_table}</summary>"
            f"{_table(table)}</details>{caption}</figure>"
        )

    def _still(self, data: Mapping[str, Any], alt: str) -> str:
        """Return the drawing and its sentence that stand for the figure where no script runs."""
        still = data.get("still")
        if not isinstance(still, Mapping):
            return ""
        pictures = [
            self._picture(f"{still.get('picture')}.{theme}.svg", f"only-{theme}", alt)
            for theme in ("light", "dark")
        ]
        sentence = _words(still.get("sentence", ""))
        return f'<div class="still">{"".join(pictures)}<p>{sentence}</p></div>'


def read_figure_data(text: str, name: str) -> Mapping[str, Any]:
    """Return the content of an interactive figure's JSON file.

    Raises:
        InvalidContentError: it is not a JSON object.
    """
    try:
        data = json.loads(text)
    except ValueError as error:
        raise InvalidContentError([Problem(name, 1, f"Invalid JSON: {error}.")]) from error
    if not isinstance(data, dict):
        raise InvalidContentError([Problem(name, 1, "The file must contain a JSON object.")])
    return data


def _words(text: object) -> str:
    """Return a text as HTML; a percentage stays on one line with its sign."""
    return html.escape(_PERCENT.sub("\N{NO-BREAK SPACE}%", str(text)))


def _table(rows: Sequence[Any]) -> str:
    if isinstance(rows[0], Mapping):
        head: Sequence[Any] = list(rows[0])
        body: Sequence[Any] = [list(row.values()) for row in rows]
    else:
        head, body = rows[0], rows[1:]
    heads = "".join(f'<th scope="col">{html.escape(str(cell))}</th>' for cell in head)
    lines = "".join(
        "<tr>" + "".join(f"<td>{_words(cell)}</td>" for cell in row) + "</tr>" for row in body
    )
    label = html.escape(_("Table, can be scrolled"))
    return (
        f'<div class="scroll-x" tabindex="0" role="group" aria-label="{label}">'
        f"<table><thead><tr>{heads}</tr></thead><tbody>{lines}</tbody></table></div>"
    )
