r"""Executed notebooks made to be slow: each becomes a page within a time and a size.

Before, nbconvert took 2 s for 36 kB of ``\begin{a}``, growing fourfold with each doubling, and 7 s
at every look at a page with 300 kB of colour codes.
"""

from __future__ import annotations

import time
from typing import Any

import pytest

from grader.notebook_page import MAX_PAGE_CHARACTERS, render_notebook
from grader.notebook_page.page import RENDER_SECONDS

CEILING_SECONDS = RENDER_SECONDS + 2.5
"""The formatting's own limit, and the plain text that follows it, on a busy machine."""
SIZE = 300_000

TEXTS = (
    "\\begin{a}",
    "\\begin{a}\n",
    "$",
    "$$",
    "`",
    "[",
    "![",
    "> ",
    "- ",
    "*a ",
    "<a",
    "<b><p>",
    "\\(",
)
STREAMS = ("\x1b[31m", "\x1b[31mx\x1b[0m", "\x1b[", "\x1b", "\x1b[1;", "\r", "a\r", "x\n", "\x1b]")
MARKUP = (
    *("<b><p>", "<div>", "<i><div>", "<table><tr><td>", "<a b=", "<!--", "<script>", "</div>"),
    *("<nobr>", "<font a>", "<svg>", "<math><mi>", "<select>", "&", "<", "<td><span>", "<style>"),
)
SOURCES = (" \n", '"', "\\", "(", 'f"{', '"""', "#", "@", "0", "\x00", "x = 1\n")


def notebook(*cells: dict[str, Any]) -> dict[str, Any]:
    """Make an nbformat 4 document."""
    return {"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": list(cells)}


def code(source: str = "1", *outputs: dict[str, Any]) -> dict[str, Any]:
    """Make a code cell that has run."""
    return {
        "cell_type": "code",
        "source": source,
        "outputs": list(outputs),
        "execution_count": 1,
        "metadata": {},
    }


def display(**data: Any) -> dict[str, Any]:
    """Make a display; the names of its MIME types are written with ``__`` for ``/``."""
    named = {name.replace("__", "/"): value for name, value in data.items()}
    return {"output_type": "display_data", "data": named, "metadata": {}}


def rendered(*cells: dict[str, Any]) -> str:
    """Render cells and check the ceilings."""
    started = time.process_time()
    page = render_notebook(notebook(*cells))
    assert time.process_time() - started < CEILING_SECONDS
    assert len(page) < MAX_PAGE_CHARACTERS + 1000
    return page


def repeated(piece: str, size: int = SIZE) -> str:
    """Return `piece` again and again."""
    return (piece * (size // len(piece) + 1))[:size]


@pytest.mark.parametrize("piece", TEXTS)
@pytest.mark.parametrize("size", [20_000, SIZE])
def test_markdown_cells(piece: str, size: int) -> None:
    """Repeated Markdown and LaTeX, in a cell as long as is formatted, and in a longer one."""
    rendered({"cell_type": "markdown", "source": repeated(piece, size), "metadata": {}})


@pytest.mark.parametrize("piece", STREAMS)
def test_streams(piece: str) -> None:
    """Colour codes, halves of them, and overwritten lines."""
    rendered(code("1", {"output_type": "stream", "name": "stdout", "text": repeated(piece)}))


@pytest.mark.parametrize("piece", MARKUP)
@pytest.mark.parametrize("size", [190_000, 2_000_000])
def test_html_outputs(piece: str, size: int) -> None:
    """Nested, broken and unclosed tags; what is too much is replaced by a note."""
    rendered(code("1", display(text__html=repeated(piece, size))))


@pytest.mark.parametrize("piece", SOURCES)
def test_sources(piece: str) -> None:
    """Code that the lexer finds hard, in a cell as long as is coloured, and in a longer one."""
    rendered(code(repeated(piece, 19_000)), code(repeated(piece)))


@pytest.mark.parametrize("latex", ["\\begin{a}", "{", "\\frac", "x^", "\\left("])
def test_latex_outputs(latex: str) -> None:
    """Formulas that cannot be converted, or are too long, are shown as they were written."""
    rendered(code("1", *[display(text__latex=repeated(latex, 1_990)) for _ in range(50)]))


def test_five_hundred_slow_cells_share_one_time_limit() -> None:
    """Once the time is up, the rest is shown as plain text, and the page says so."""
    cell = {"cell_type": "markdown", "source": repeated("![", 20_000), "metadata": {}}
    page = rendered(*[cell] * 200)
    assert "takes too long to format" in page


def test_pictures_beyond_the_bound_are_left_out() -> None:
    """A notebook full of pictures becomes a page of bounded size."""
    page = rendered(*[code("1", display(image__png="A" * 1_500_000))] * 6)
    assert "too large to be shown here" in page


def test_wide_json_is_cut() -> None:
    """A JSON output is shown as bounded text."""
    page = rendered(code("1", display(application__json=[[]] * 100_000)))
    assert len(page) < 50_000
