"""The page of an executed notebook: what it shows, and what it names as left out."""

from __future__ import annotations

from typing import Any

import pytest

from grader.notebook_page import render_notebook


def page(*cells: dict[str, Any]) -> str:
    """Render cells."""
    return render_notebook({"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": cells})


def shown(data: dict[str, Any]) -> str:
    """Render one display."""
    output = {"output_type": "display_data", "data": data, "metadata": {}}
    return page({"cell_type": "code", "source": "x", "outputs": [output], "execution_count": 3})


def text_cell(source: str, **more: Any) -> str:
    """Render one Markdown cell."""
    return page({"cell_type": "markdown", "source": source, "metadata": {}, **more})


def test_code_stands_with_its_number_and_colours() -> None:
    """A code cell has its execution count, and its source in coloured pieces."""
    written = page({"cell_type": "code", "source": "x = 1", "outputs": [], "execution_count": 7})
    assert "In [7]:" in written
    assert '<span class="mi">1</span>' in written


def test_latex_becomes_mathml() -> None:
    """Formulas in text and in outputs are drawn by the browser; a broken one stands as written."""
    assert "<msup>" in text_cell("Let $x^2$ be.")
    assert "<mfrac>" in shown({"text/latex": "$\\frac{a}{b}$"})
    assert "<msub>" in shown({"text/latex": "\\begin{equation}a_1\\end{equation}"})
    assert "<code>$\\frac{$</code>" in shown({"text/latex": "$\\frac{$"})


@pytest.mark.parametrize(
    ("markup", "said"),
    [
        ("<script>SHAP.ReactDom.render(SHAP.AdditiveForceVisualizer)</script>", "SHAP force plot"),
        ("<div id=a></div><script>new lime.Explanation(['a'])</script>", "as_pyplot_figure()"),
        ("<script>Plotly.newPlot()</script>", "Plotly figure"),
        ("<script>alert(1)</script>", "An interactive view was left out"),
        ("<iframe src=/></iframe>", "An embedded page was left out"),
    ],
)
def test_what_needs_a_script_is_named(markup: str, said: str) -> None:
    """A view that cannot be shown leaves a note, and no script."""
    written = shown({"text/html": markup, "text/plain": "<object>"})
    assert said in written
    assert "<script" not in written


def test_a_table_is_shown_without_its_style_sheet() -> None:
    """A data frame's table stays; its style sheet goes without a note."""
    written = shown({"text/html": "<style scoped>td {color: red}</style><table><td>7</table>"})
    assert "<td>7</td>" in written
    assert "color" not in written
    assert "left out" not in written


def test_drawings_are_pictures() -> None:
    """An SVG drawing is shown as a picture, so that nothing in it runs."""
    written = shown({"image/svg+xml": "<svg onload='steal()'></svg>"})
    assert '<img src="data:image/svg+xml;base64,' in written
    assert "onload" not in written


def test_terminal_colours_become_classes() -> None:
    """Colours of a traceback are classes; what was overwritten on a line is not shown."""
    stream = {"output_type": "stream", "name": "stdout", "text": "10%\r99%\n\x1b[1;31mred\x1b[0m<"}
    written = page({"cell_type": "code", "source": "", "outputs": [stream]})
    assert "10%" not in written
    assert '<span class="ansi-red ansi-bold">red</span>&lt;' in written


def test_attached_pictures_come_with_the_notebook() -> None:
    """A pasted picture is shown; one that lies elsewhere is named."""
    attached = {"a.png": {"image/png": "iVBORw0KGgo="}}
    written = text_cell(
        "![curve](attachment:a.png) ![spy](https://example.org)", attachments=attached
    )
    assert '<img src="data:image/png;base64,iVBORw0KGgo=" alt="curve">' in written
    assert "Picture left out: spy" in written
    assert "example.org" not in written


def test_nothing_of_a_learner_s_html_can_act() -> None:
    """Handlers, links, frames and forms are gone from text cells and outputs."""
    hostile = '<img src=x onerror=a><a href="javascript:b">go</a><form action=/><svg><p>kept'
    for written in (text_cell(hostile), shown({"text/html": hostile})):
        assert "kept" in written
        for gone in ("onerror", "javascript", "<form", "<svg", "href"):
            assert gone not in written
