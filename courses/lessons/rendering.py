"""Markdown to HTML, once, when content is loaded: pages only read what is made here.

The author's text is Markdown without raw HTML; what comes out is sanitised all the same. Formulas
become MathML, code is coloured by classes, figures come in two themes, and the questions of "Check
yourself" fold their answers away.
"""

from __future__ import annotations

import html
import json
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Final
from urllib.parse import urlsplit

from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.utils.translation import override
from markdown_it import MarkdownIt
from markdown_it.token import Token
from mdit_py_plugins.dollarmath import dollarmath_plugin
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import get_lexer_by_name
from pygments.util import ClassNotFound

from courses.catalogue.files import ContentError, Problem
from courses.lessons.cleaning import clean, plain_text
from courses.lessons.mathematics import FormulaError, mathml

SECTIONS: Final = (
    "why-it-matters",
    "intuition",
    "method",
    "code",
    "how-one-is-misled",
    "check-yourself",
)
"""Anchors of the six sections of a lesson, the same in every language."""
SECTION_TITLES: Final = tuple(anchor.replace("-", " ").capitalize() for anchor in SECTIONS)

WORDS_A_MINUTE: Final = 220.0
SECONDS_A_CODE_LINE: Final = 3.0
SECONDS_A_FIGURE: Final = 15.0
SECONDS_A_FORMULA: Final = 10.0


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


@cache
def markdown_parser() -> MarkdownIt:
    """Return the reader of our Markdown: CommonMark with tables and formulas, no raw HTML."""
    markdown = MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"])
    markdown.use(dollarmath_plugin, allow_space=True, double_inline=False)
    markdown.add_render_rule("fence", _render_fence)
    markdown.add_render_rule("math_inline", _render_math)
    markdown.add_render_rule("math_block", _render_math)
    markdown.add_render_rule("table_open", _render_table_open)
    markdown.add_render_rule("table_close", _render_table_close)
    for cell in ("th", "td"):
        markdown.add_render_rule(f"{cell}_open", _render_cell_open)
        markdown.add_render_rule(f"{cell}_close", _render_cell_close)
    return markdown


def render_page(
    text: str, source: Source, *, lesson: bool = False, picture_free: bool = False
) -> Page:
    """Return Markdown text as a page.

    Args:
        text: the Markdown.
        source: where it comes from.
        lesson: it must have the six sections of a lesson.
        picture_free: pictures are refused wherever they stand.

    Raises:
        ContentError: a formula, figure, link, heading or programming language is wrong.
    """
    with override(source.language):
        work = _Work(text, source, lesson=lesson)
        if picture_free:
            work.refuse_pictures()
        rendered = work.render()
    if work.problems:
        raise ContentError(work.problems)
    return Page(
        html=rendered,
        text=plain_text(rendered),
        contents=tuple(work.contents),
        words=work.words,
        minutes=work.minutes(),
    )


def render_fragment(text: str, source: Source) -> str:
    """Return a short Markdown text as HTML; a single paragraph comes without its <p>.

    Raises:
        ContentError: as `render_page`.
    """
    rendered = render_page(text, source).html.strip()
    match = re.fullmatch(r"<p>(.*)</p>", rendered, re.DOTALL)
    return match.group(1) if match and "<p>" not in match.group(1) else rendered


class _Work:
    """One rendering: walks the tokens, notes what is wrong, and puts figures and folds in."""

    def __init__(self, text: str, source: Source, *, lesson: bool) -> None:
        self.source = source
        self.lesson = lesson
        self.problems: list[Problem] = []
        self.contents: list[Entry] = []
        self.words = self.code_lines = self.formulas = self.figures = 0
        self.tokens = markdown_parser().parse(text)

    def minutes(self) -> int:
        seconds = (
            60 * self.words / WORDS_A_MINUTE
            + SECONDS_A_CODE_LINE * self.code_lines
            + SECONDS_A_FIGURE * self.figures
            + SECONDS_A_FORMULA * self.formulas
        )
        return max(1, math.ceil(seconds / 60))

    def refuse(self, token: Token, reason: str) -> None:
        line = (token.map[0] if token.map else 0) + 1 + self.source.skipped_lines
        self.problems.append(Problem(self.source.file, line, reason))

    def refuse_pictures(self) -> None:
        for token in self.tokens:
            if any(child.type == "image" for child in token.children or []):
                self.refuse(token, _("Pictures cannot be put here."))

    def render(self) -> str:
        self._look_at_blocks()
        if self.lesson:
            self._check_sections()
        tokens = self._with_figures()
        if self.lesson:
            tokens = _with_folded_answers(tokens)
        if self.problems:
            return ""
        markdown = markdown_parser()
        return clean(markdown.renderer.render(tokens, markdown.options, {}))

    def _look_at_blocks(self) -> None:
        for position, token in enumerate(self.tokens):
            if token.type == "heading_open":
                self._name_heading(token, self.tokens[position + 1])
            elif token.type == "fence":
                self.code_lines += token.content.count("\n")
                self._check_language(token)
            elif token.type == "math_block":
                self.formulas += 1
                self._check_formula(token, token.content, display=True)
            elif token.type == "inline":
                self._look_at_inline(token)

    def _look_at_inline(self, token: Token) -> None:
        for child in token.children or []:
            if child.type == "text":
                self.words += len(child.content.split())
            elif child.type == "math_inline":
                self._check_formula(token, child.content, display=False)
            elif child.type == "link_open":
                self._check_link(token, str(child.attrs.get("href", "")))
            elif child.type == "image" and len(token.children or []) != 1:
                self.refuse(token, "A figure stands in a paragraph of its own.")

    def _name_heading(self, token: Token, inline: Token) -> None:
        level = int(token.tag[1])
        if level == 1:
            self.refuse(token, "The title stands in the front matter; headings begin with ##.")
        title = _words(inline)
        order = sum(entry.level == 2 for entry in self.contents)  # noqa: PLR2004  # <h2>
        if self.lesson and token.tag == "h2" and order < len(SECTIONS):
            anchor = SECTIONS[order]
        else:
            anchor = slugify(title) or "section"
        taken = {entry.id for entry in self.contents}
        number = 2
        unique = anchor
        while unique in taken:
            unique, number = f"{anchor}-{number}", number + 1
        token.attrSet("id", unique)
        self.contents.append(Entry(id=unique, title=title, level=level))

    def _check_sections(self) -> None:
        titles = [entry.title for entry in self.contents if entry.level == 2]  # noqa: PLR2004  # <h2>
        if self.source.language == "en":
            right = titles == list(SECTION_TITLES)
        else:
            right = len(titles) == len(SECTIONS)
        if not right:
            wanted = " / ".join(f"## {title}" for title in SECTION_TITLES)
            line = self.source.skipped_lines + 1
            self.problems.append(
                Problem(
                    self.source.file,
                    line,
                    f"A lesson has exactly these headings of level 2, in this order: {wanted}. "
                    f"Here stand: {' / '.join(titles) or 'none'}.",
                )
            )

    def _check_language(self, token: Token) -> None:
        words = token.info.split()
        if not words:
            return
        try:
            get_lexer_by_name(words[0])
        except ClassNotFound:
            self.refuse(token, f"The programming language {words[0]!r} is unknown.")

    def _check_formula(self, token: Token, latex: str, *, display: bool) -> None:
        try:
            mathml(latex.strip(), display=display)
        except FormulaError as error:
            self.refuse(token, str(error))

    def _check_link(self, token: Token, target: str) -> None:
        parts = urlsplit(target)
        if parts.scheme not in {"http", "https", "mailto"} and not target.startswith(("#", "/")):
            self.refuse(
                token, f"The link {target!r} leads nowhere: write https://…, #section or /page/."
            )

    def _with_figures(self) -> list[Token]:
        """Return the tokens, each paragraph that holds only an image made a figure."""
        kept: list[Token] = []
        skip = 0
        for position, token in enumerate(self.tokens):
            if skip:
                skip -= 1
                continue
            image = _only_image(self.tokens[position : position + 2])
            if image is None:
                kept.append(token)
                continue
            skip = 2  # the inline token and the paragraph's end
            kept.append(_raw(self._figure(token, image)))
        return kept

    def _figure(self, token: Token, image: Token) -> str:
        self.figures += 1
        target = str(image.attrs.get("src", ""))
        alt = image.content.strip()
        if not alt:
            self.refuse(token, f"The figure {target!r} has no text that says what is to be seen.")
        caption = markdown_parser().renderInline(str(image.attrs.get("title", "")))
        caption = f"<figcaption>{caption}</figcaption>" if caption else ""
        if target.startswith("interactive:"):
            return self._interactive(token, target.removeprefix("interactive:"), alt, caption)
        name = target.removeprefix("figures/").removesuffix(".svg")
        if target != f"figures/{name}.svg":
            self.refuse(token, f"A figure is named figures/<name>.svg, not {target!r}.")
            return ""
        pictures = [
            self._picture(token, f"{name}.{theme}.svg", f"only-{theme}", alt)
            for theme in ("light", "dark")
        ]
        return f'<figure class="figure">{"".join(pictures)}{caption}</figure>'

    def _file(self, token: Token, name: str) -> FigureFile | None:
        file = self.source.figures.get(name)
        if file is None:
            self.refuse(
                token, f"figures/{name} is missing. Run `python manage.py build_figures` first."
            )
        return file

    def _picture(self, token: Token, name: str, theme: str, alt: str) -> str:
        file = self._file(token, name)
        if file is None:
            return ""
        size = f' width="{file.width}" height="{file.height}"' if file.width else ""
        return (
            f'<img class="{theme}" src="{html.escape(file.address)}" alt="{html.escape(alt)}"'
            f'{size} loading="lazy" decoding="async">'
        )

    def _interactive(self, token: Token, name: str, alt: str, caption: str) -> str:
        file = self._file(token, f"{name}.json")
        if file is None:
            return ""
        data = file.data or {}
        renderer, table = str(data.get("renderer", "")), data.get("table")
        if not re.fullmatch(r"[a-z][a-z0-9-]*", renderer):
            self.refuse(token, f'figures/{name}.json names no "renderer".')
        if not isinstance(table, Sequence) or not table:
            self.refuse(token, f'figures/{name}.json has no "table" of rows to read instead.')
            return ""
        as_table = html.escape(_("The same as a table"))
        return (
            f'<figure class="interactive" data-renderer="{renderer}" '
            f'data-src="{html.escape(file.address)}">'
            f'<p class="interactive-summary">{html.escape(alt)}</p>'
            f"<details><summary>{as_table}</summary>"
            f"{_table(table)}</details>{caption}</figure>"
        )


def _only_image(tokens: Sequence[Token]) -> Token | None:
    if [token.type for token in tokens] != ["paragraph_open", "inline"]:
        return None
    children = tokens[1].children or []
    return children[0] if len(children) == 1 and children[0].type == "image" else None


def _raw(markup: str) -> Token:
    return Token("html_block", "", 0, content=markup + "\n")


def _words(inline: Token) -> str:
    return "".join(
        child.content if child.type != "softbreak" else " " for child in inline.children or []
    ).strip()


def _with_folded_answers(tokens: list[Token]) -> list[Token]:
    """Return the tokens, each question of the last section folded over its answer."""
    folded: list[Token] = []
    in_section = is_open = False
    for token in tokens:
        at_top = token.level == 0
        if at_top and token.type == "heading_open" and token.tag == "h2":
            in_section = token.attrGet("id") == SECTIONS[-1]
        ends = at_top and token.type in {"heading_open", "blockquote_open"}
        if is_open and ends:
            folded.append(_raw("</div></details>"))
            is_open = False
        if in_section and at_top and token.type == "blockquote_open":
            folded.append(_raw('<details class="self-check"><summary>'))
        elif in_section and at_top and token.type == "blockquote_close":
            folded.append(_raw('</summary><div class="self-check-answer">'))
            is_open = True
        elif in_section and not is_open and token.type.startswith("paragraph_") and not at_top:
            continue  # a summary holds words, no paragraph
        else:
            folded.append(token)
    if is_open:
        folded.append(_raw("</div></details>"))
    return folded


def _table(rows: Sequence[Any]) -> str:
    if isinstance(rows[0], Mapping):
        head: Sequence[Any] = list(rows[0])
        body: Sequence[Any] = [list(row.values()) for row in rows]
    else:
        head, body = rows[0], rows[1:]
    heads = "".join(f'<th scope="col">{html.escape(str(cell))}</th>' for cell in head)
    lines = "".join(
        "<tr>" + "".join(f"<td>{html.escape(str(cell))}</td>" for cell in row) + "</tr>"
        for row in body
    )
    label = html.escape(_("Table, can be scrolled"))
    return (
        f'<div class="scroll-x" tabindex="0" role="region" aria-label="{label}">'
        f"<table><thead><tr>{heads}</tr></thead><tbody>{lines}</tbody></table></div>"
    )


def _render_math(_renderer: Any, tokens: Sequence[Token], index: int, *_rest: Any) -> str:
    token = tokens[index]
    formula = mathml(token.content.strip(), display=token.type == "math_block")
    return f'<div class="math-block">{formula}</div>\n' if token.type == "math_block" else formula


def _render_table_open(_renderer: Any, *_rest: Any) -> str:
    label = html.escape(_("Table, can be scrolled"))
    return f'<div class="scroll-x" tabindex="0" role="region" aria-label="{label}"><table>\n'


def _render_table_close(_renderer: Any, *_rest: Any) -> str:
    return "</table></div>\n"


def _render_cell_open(_renderer: Any, tokens: Sequence[Token], index: int, *_rest: Any) -> str:
    token = tokens[index]
    # The corner of a table heads nothing, so it is no heading. Alignment is a class, because the
    # site's policy refuses styles in the page.
    tag = token.tag if tokens[index + 1].content else "td"
    scope = ' scope="col"' if tag == "th" else ""
    aligned = ' class="num"' if "right" in str(token.attrGet("style")) else ""
    return f"<{tag}{scope}{aligned}>"


def _render_cell_close(_renderer: Any, tokens: Sequence[Token], index: int, *_rest: Any) -> str:
    return f"</{tokens[index].tag if tokens[index - 1].content else 'td'}>"


def _render_fence(_renderer: Any, tokens: Sequence[Token], index: int, *_rest: Any) -> str:
    token = tokens[index]
    words = token.info.split()
    if words[:2] == ["text", "output"]:
        label = html.escape(_("Output"))
        return (
            f'<div class="code-output"><p class="code-output-label">{label}</p>'
            f'<pre tabindex="0"><samp>{html.escape(token.content)}</samp></pre></div>\n'
        )
    language = words[0] if words else "text"
    coloured = highlight(
        token.content, get_lexer_by_name(language, stripnl=False), HtmlFormatter(nowrap=True)
    )
    run = " code-run" if words[1:2] == ["run"] else ""
    return (
        f'<div class="code highlight{run}"><pre tabindex="0">'
        f'<code class="language-{html.escape(language)}">{coloured}</code></pre></div>\n'
    )


def read_figure_data(text: str, name: str) -> Mapping[str, Any]:
    """Return the content of an interactive figure's JSON file.

    Raises:
        ContentError: it is no JSON object.
    """
    try:
        data = json.loads(text)
    except ValueError as error:
        raise ContentError([Problem(name, 1, f"No JSON: {error}.")]) from error
    if not isinstance(data, dict):
        raise ContentError([Problem(name, 1, "The file must hold a JSON object.")])
    return data
