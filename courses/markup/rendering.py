"""Markdown to sanitised HTML, rendered once when text is stored; pages only read the result.

Authors write Markdown without raw HTML, and the output is sanitised all the same. Formulas become
MathML, code is highlighted by CSS classes, and figures come in two themes.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.utils.translation import override
from markdown_it.token import Token
from pygments.lexers import find_lexer_class_by_name
from pygments.util import ClassNotFound

from courses.markup.cleaning import clean, plain_text
from courses.markup.figures import FigureHtml, only_image
from courses.markup.markdown import markdown_parser
from courses.markup.mathematics import FormulaError, mathml
from courses.markup.problems import InvalidContentError, Problem

if TYPE_CHECKING:
    from collections.abc import Mapping

    from courses.markup.figures import FigureFile

WORDS_PER_MINUTE: Final = 220.0
SECONDS_PER_CODE_LINE: Final = 3.0
SECONDS_PER_FIGURE: Final = 15.0
SECONDS_PER_FORMULA: Final = 10.0


@dataclass(frozen=True)
class Source:
    """Where Markdown text comes from.

    Attributes:
        file: for problems.
        skipped_lines: of the file before the text.
        language: of the words that the renderer adds.
        figures: by file name, without the folder ``figures/``.
    """

    file: str
    skipped_lines: int = 0
    language: str = "en"
    figures: Mapping[str, FigureFile] = field(default_factory=dict)


@dataclass(frozen=True)
class Entry:
    """A line of a table of contents."""

    id: str
    title: str
    level: int


@dataclass(frozen=True)
class Page:
    """Rendered Markdown.

    Attributes:
        minutes: reading time, at least 1.
    """

    html: str
    text: str
    contents: tuple[Entry, ...]
    words: int
    minutes: int


def render_page(text: str, source: Source, *, picture_free: bool = False) -> Page:
    """Return Markdown text as a page.

    Args:
        text: the Markdown.
        source: where it comes from.
        picture_free: pictures are refused wherever they stand.

    Raises:
        InvalidContentError: a formula, figure, link, heading or programming language is wrong.
    """
    return Rendering(text, source, picture_free=picture_free).page()


def render_fragment(text: str, source: Source) -> str:
    """Return a short Markdown text as HTML; a single paragraph comes without its <p>.

    Raises:
        InvalidContentError: as `render_page`.
    """
    rendered = render_page(text, source).html.strip()
    match = re.fullmatch(r"<p>(.*)</p>", rendered, re.DOTALL)
    return match.group(1) if match and "<p>" not in match.group(1) else rendered


def html_token(markup: str) -> Token:
    """Return a token that is rendered as the given HTML."""
    return Token("html_block", "", 0, content=markup + "\n")


class Rendering:
    """One rendering: checks the tokens, collects problems, and inserts figures.

    Subclasses may name headings (`anchor`), check blocks of code (`check_fence`) and the whole
    (`check`), and rearrange the tokens (`arrange`).
    """

    def __init__(self, text: str, source: Source, *, picture_free: bool = False) -> None:
        self.source = source
        self.picture_free = picture_free
        self.problems: list[Problem] = []
        self.contents: list[Entry] = []
        self.words = self.code_lines = self.formulas = self.figures = 0
        self.tokens = markdown_parser().parse(text)

    def page(self) -> Page:
        """Return the rendered page.

        Raises:
            InvalidContentError: with every problem of the text.
        """
        with override(self.source.language):
            if self.picture_free:
                self._refuse_pictures()
            rendered = self._render()
        if self.problems:
            raise InvalidContentError(self.problems)
        return Page(
            html=rendered,
            text=plain_text(rendered),
            contents=tuple(self.contents),
            words=self.words,
            minutes=max(1, math.ceil(self.seconds / 60)),
        )

    def anchor(self, token: Token, title: str) -> str:  # noqa: ARG002  # for subclasses
        """Return the anchor of a heading, before it is made unique."""
        return slugify(title) or "section"

    def check(self) -> None:
        """Check the text as a whole."""

    def check_fence(self, token: Token) -> None:
        """Check and count a block of code."""
        self.code_lines += token.content.count("\n")
        self._check_language(token)

    def arrange(self, tokens: list[Token]) -> list[Token]:
        """Return the tokens in the order and wrapping in which they are rendered."""
        return tokens

    def refuse(self, token: Token, reason: str) -> None:
        """Record a problem at a token's line."""
        line = (token.map[0] if token.map else 0) + 1 + self.source.skipped_lines
        self.problems.append(Problem(self.source.file, line, reason))

    @property
    def seconds(self) -> float:
        """Return the reading time of what was counted so far."""
        return (
            60 * self.words / WORDS_PER_MINUTE
            + SECONDS_PER_CODE_LINE * self.code_lines
            + SECONDS_PER_FIGURE * self.figures
            + SECONDS_PER_FORMULA * self.formulas
        )

    def _refuse_pictures(self) -> None:
        for token in self.tokens:
            if any(child.type == "image" for child in token.children or []):
                self.refuse(token, _("Images are not allowed here."))

    def _render(self) -> str:
        self._check_blocks()
        self.check()
        tokens = self.arrange(self._with_figures())
        if self.problems:
            return ""
        markdown = markdown_parser()
        return clean(markdown.renderer.render(tokens, markdown.options, {}))

    def _check_blocks(self) -> None:
        for position, token in enumerate(self.tokens):
            if token.type == "heading_open":
                self._name_heading(token, self.tokens[position + 1])
            elif token.type == "fence":
                self.check_fence(token)
            elif token.type == "math_block":
                self.formulas += 1
                self._check_formula(token, token.content, display=True)
            elif token.type == "inline":
                self._check_inline(token)

    def _check_inline(self, token: Token) -> None:
        for child in token.children or []:
            if child.type == "text":
                self.words += len(child.content.split())
            elif child.type == "math_inline":
                self._check_formula(token, child.content, display=False)
            elif child.type == "link_open":
                self._check_link(token, str(child.attrs.get("href", "")))
            elif child.type == "image":
                self.figures += 1
                if len(token.children or []) != 1:
                    self.refuse(token, "A figure must be a paragraph of its own.")

    def _name_heading(self, token: Token, inline: Token) -> None:
        level = int(token.tag[1])
        if level == 1:
            self.refuse(token, "The title belongs in the front matter; headings start with ##.")
        title = _words(inline)
        anchor = self.anchor(token, title)
        taken = {entry.id for entry in self.contents}
        number = 2
        unique = anchor
        while unique in taken:
            unique, number = f"{anchor}-{number}", number + 1
        token.attrSet("id", unique)
        self.contents.append(Entry(id=unique, title=title, level=level))

    def _check_language(self, token: Token) -> None:
        words = token.info.split()
        if not words:
            return
        try:
            find_lexer_class_by_name(words[0])
        except ClassNotFound:
            self.refuse(token, f"The programming language {words[0]!r} is unknown.")

    def _check_formula(self, token: Token, latex: str, *, display: bool) -> None:
        try:
            mathml(latex.strip(), display=display)
        except FormulaError as error:
            self.refuse(token, str(error))

    def _check_link(self, token: Token, target: str) -> None:
        try:
            scheme = urlsplit(target).scheme
        except ValueError:  # such as http://[
            scheme = ""
        if scheme not in {"http", "https", "mailto"} and not target.startswith(("#", "/")):
            self.refuse(
                token, f"The link {target!r} is broken: write https://…, #section or /page/."
            )

    def _with_figures(self) -> list[Token]:
        """Return the tokens, each paragraph that holds only an image made a figure."""
        kept: list[Token] = []
        skip = 0
        for position, token in enumerate(self.tokens):
            if skip:
                skip -= 1
                continue
            image = only_image(self.tokens[position : position + 2])
            if image is None:
                kept.append(token)
                continue
            skip = 2  # the inline token and the paragraph's end
            kept.append(html_token(self._figure(token, image)))
        return kept

    def _figure(self, token: Token, image: Token) -> str:
        def refuse(reason: str) -> None:
            self.refuse(token, reason)

        return FigureHtml(self.source.figures, refuse).render(image)


def _words(inline: Token) -> str:
    return "".join(
        child.content if child.type != "softbreak" else " " for child in inline.children or []
    ).strip()
