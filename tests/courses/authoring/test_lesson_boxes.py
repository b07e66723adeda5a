"""Asides, pull figures, and code that stands together with its output."""

from __future__ import annotations

import pytest

from courses.authoring.lesson_page import render_lesson
from courses.markup.problems import InvalidContentError
from courses.markup.rendering import Source

PARTS = "## Why {why-it-matters}\n\n## How {method}\n\n## Wrong {how-one-is-misled}\n\n"
QUESTIONS = "\n\n## Ask {check-yourself}\n\n> Why?\n\n**Answer.** So.\n"


def page(text: str) -> str:
    """Return a lesson with some text before its questions as HTML."""
    return render_lesson(PARTS + text + QUESTIONS, Source("lesson.md")).html


def test_a_marked_quotation_is_an_aside() -> None:
    """The mark goes, the text keeps its markup, and a plain quotation stays one."""
    shown = page("> [!aside]\n> The *median* is 0.31.\n\n> Said by someone.")

    assert '<div class="aside" role="note">' in shown
    assert "<p>The <em>median</em> is 0.31.</p>" in shown
    assert "[!" not in shown
    assert shown.count("<blockquote>") == 1


def test_a_pull_figure_is_a_number_and_what_it_is() -> None:
    """The first paragraph is the number, the second says what it measures."""
    shown = page("> [!pull] 48 %\n>\n> of all `cases`.")

    assert '<div class="pull">' in shown
    assert "<p>48 %</p>" in shown
    assert "<p>of all <code>cases</code>.</p>" in shown


def test_questions_to_oneself_are_no_boxes() -> None:
    """An aside among the questions leaves them folded over their answers."""
    shown = render_lesson(
        f"{PARTS}{QUESTIONS}\n> [!aside]\n> By the way.\n", Source("lesson.md")
    ).html

    assert shown.count('<details class="self-check">') == 1
    assert shown.count('class="aside"') == 1


def test_an_unknown_mark_is_refused_at_its_line() -> None:
    """A slip of the author's pen never reaches a page."""
    with pytest.raises(InvalidContentError, match=r"no box \[!asid\]") as refused:
        page("> [!asid]\n> Text.")

    assert refused.value.problems[0].line == PARTS.count("\n") + 1


def test_code_stands_together_with_the_output_right_after_it() -> None:
    """Only the two are wrapped; code without output, or with words between, is not."""
    shown = page(
        "```python run\nprint(1)\n```\n\n```text output\n1\n```\n\n"
        "```python\nx = 1\n```\n\nWords.\n\n```text output\n2\n```"
    )

    assert shown.count('<div class="code-pair">') == 1
    pair = shown[shown.index('<div class="code-pair">') :]
    assert pair.index('data-block="b1"') < pair.index('<div class="code-output">')
    assert shown.count("<div") == shown.count("</div>")
