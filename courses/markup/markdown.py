"""The Markdown dialect of the site: CommonMark with tables, strikethrough and formulas, no HTML."""

from __future__ import annotations

import html
from functools import cache
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _
from markdown_it import MarkdownIt
from mdit_py_plugins.dollarmath import dollarmath_plugin

from courses.markup.highlighting import highlighted
from courses.markup.mathematics import mathml

if TYPE_CHECKING:
    from collections.abc import Sequence

    from markdown_it.token import Token


@cache
def markdown_parser() -> MarkdownIt:
    """Return the parser and renderer: CommonMark with tables and formulas, no raw HTML."""
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


def _render_math(_renderer: Any, tokens: Sequence[Token], index: int, *_rest: Any) -> str:
    token = tokens[index]
    is_block = token.type == "math_block"
    formula = mathml(token.content.strip(), display=is_block)
    if not is_block:
        return formula
    label = html.escape(_("Formula, can be scrolled"))
    return (
        f'<div class="math-block" tabindex="0" role="group" aria-label="{label}">{formula}</div>\n'
    )


def _render_table_open(_renderer: Any, *_rest: Any) -> str:
    label = html.escape(_("Table, can be scrolled"))
    return f'<div class="scroll-x" tabindex="0" role="group" aria-label="{label}"><table>\n'


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


def is_run(token: Token) -> bool:
    """Whether a token is a block of code that is run: readers may run and edit it in place."""
    return token.type == "fence" and token.info.split()[1:2] == ["run"]


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
    coloured = highlighted(token.content, language)
    marks = ' class="code highlight"'
    if is_run(token):
        number = sum(is_run(earlier) for earlier in tokens[: index + 1])
        marks = f' class="code highlight code-run" data-block="b{number}"'
    return (
        f'<div{marks}><pre tabindex="0">'
        f'<code class="language-{html.escape(language)}">{coloured}</code></pre></div>\n'
    )
