"""Markdown, LaTeX and Python source as HTML, each bounded in what it is given."""

from __future__ import annotations

import html
import re
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from latex2mathml.converter import convert
from markdown_it import MarkdownIt
from mdit_py_plugins.dollarmath import dollarmath_plugin
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import get_lexer_by_name

from grader.notebook_page.sanitising import clean

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from markdown_it.token import Token
    from pygments.lexer import Lexer

MAX_MARKDOWN: Final = 20_000
"""Characters of one text; a longer one is shown as it was written."""
MAX_FORMULA: Final = 2_000
MAX_CODE: Final = 20_000
"""Characters of one cell; a longer one is shown without colours."""
MAX_WHITE_SPACE: Final = 200
"""Characters of one run of white space; the lexer is quadratic in them."""

_WHITE_SPACE: Final = re.compile(r"\s+")
_DELIMITERS: Final = (("$$", "$$"), ("\\[", "\\]"), ("\\(", "\\)"), ("$", "$"))
_ENVIRONMENT: Final = re.compile(r"\\(?:begin|end)\{(?:equation|align|displaymath|math)\*?\}")
_PICTURE: Final = re.compile(r"image/(?:png|jpeg|gif)")
_BASE64: Final = re.compile(r"[A-Za-z0-9+/\s]*={0,2}\s*")


def python_html(code: str) -> str:
    """Return Python source as HTML, coloured where that is quick."""
    longest = max((len(run) for run in _WHITE_SPACE.findall(code)), default=0)
    if len(code) > MAX_CODE or longest > MAX_WHITE_SPACE:
        return html.escape(code)
    return highlight(code, _lexer(), HtmlFormatter(nowrap=True))


def latex_html(latex: str, *, display: bool = True) -> str:
    """Return a formula as MathML, or as it was written if it cannot be converted."""
    bare = latex.strip()
    for start, end in _DELIMITERS:
        if bare.startswith(start) and bare.endswith(end) and len(bare) >= len(start + end):
            bare = bare[len(start) : len(bare) - len(end)].strip()
            break
    written = f"<code>{html.escape(latex.strip())}</code>"
    if not bare or len(bare) > MAX_FORMULA:
        return written
    try:
        formula = convert(_ENVIRONMENT.sub("", bare), display="block" if display else "inline")
    except Exception:  # noqa: BLE001  # the converter's errors have no common base
        return written
    return clean(formula)


def markdown_html(text: str, attachments: Mapping[str, Any]) -> str:
    """Return Markdown as sanitised HTML, formulas as MathML; attached pictures come with it."""
    if len(text) > MAX_MARKDOWN:
        return f"<pre>{html.escape(text)}</pre>"
    return clean(str(_parser().render(text, {"attachments": attachments})))


@cache
def _lexer() -> Lexer:
    return get_lexer_by_name("python", stripnl=False)


@cache
def _parser() -> MarkdownIt:
    markdown = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
    markdown.use(dollarmath_plugin, allow_space=True, double_inline=True)
    for kind in ("math_inline", "math_inline_double", "math_block"):
        markdown.add_render_rule(kind, _math)
    markdown.add_render_rule("fence", _fence)
    markdown.add_render_rule("image", _image)
    return markdown


def _math(_renderer: Any, tokens: Sequence[Token], index: int, *_rest: Any) -> str:
    return latex_html(tokens[index].content, display=tokens[index].type != "math_inline")


def _fence(_renderer: Any, tokens: Sequence[Token], index: int, *_rest: Any) -> str:
    token = tokens[index]
    coloured = token.info.strip().lower() in {"python", "py", "python3"}
    shown = python_html(token.content) if coloured else html.escape(token.content)
    return f'<div class="highlight"><pre>{shown}</pre></div>'


def _image(
    _renderer: Any, tokens: Sequence[Token], index: int, _options: Any, env: Mapping[str, Any]
) -> str:
    token = tokens[index]
    source, alt = str(token.attrs.get("src", "")), html.escape(token.content)
    bundle = env["attachments"].get(source.removeprefix("attachment:"))
    if source.startswith("attachment:") and isinstance(bundle, dict):
        for mime, data in bundle.items():
            if _PICTURE.fullmatch(mime) and isinstance(data, str) and _BASE64.fullmatch(data):
                return f'<img src="data:{mime};base64,{data}" alt="{alt}">'
    if source.startswith("data:image/"):
        return f'<img src="{html.escape(source)}" alt="{alt}">'
    return f'<span class="left-out">[Picture left out: {alt or "it lies elsewhere"}]</span>'
