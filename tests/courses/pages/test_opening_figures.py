"""The figure that a lesson opens with can be shown on other pages too."""

from __future__ import annotations

from django.template.loader import render_to_string

from courses.lessons.models import Lesson
from courses.pages.lessons import opening_figure

FIGURE = '<figure class="interactive"><p>Move it.</p></figure>'


def test_the_figure_before_the_first_word_is_the_opening() -> None:
    """Only a figure at the very start counts; its HTML is returned whole."""
    assert opening_figure(Lesson(html=f"{FIGURE}\n<h2>Why</h2>")) == FIGURE
    assert opening_figure(Lesson(html=f"<h2>Why</h2>\n{FIGURE}")) == ""


def test_the_partial_shows_the_figure_or_nothing() -> None:
    """A page includes the partial with the figure; without one it stays empty."""
    name = "courses/_opening_figure.html"

    assert FIGURE in render_to_string(name, {"opening": FIGURE})
    assert "<" not in render_to_string(name, {"opening": ""})
