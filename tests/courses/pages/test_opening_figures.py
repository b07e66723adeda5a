"""The figure that a lesson opens with can be shown on other pages too."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from django.db import connection
from django.template.loader import render_to_string
from django.test import Client
from django.test.utils import CaptureQueriesContext

from courses.lessons.models import Lesson
from courses.lessons.openings import opening_figure

if TYPE_CHECKING:
    from courses.models import Course, User

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


STILL = (
    '<figure class="interactive"><p>Move it.</p><div class="still"><img src="/a.svg" '
    'alt="Move it."><p>45 % + 3 = 48 %.</p></div><details></details></figure>'
)


@pytest.mark.parametrize("address", ["/accounts/login/", "/accounts/signup/"])
def test_the_way_in_shows_what_one_comes_in_for(course: Course, address: str) -> None:
    """The still picture of the first lesson's figure with its sentence, for one query."""
    with CaptureQueriesContext(connection) as without:
        assert 'class="still"' not in Client().get(address).content.decode()
    Lesson.objects.filter(course=course, slug="page-1").update(html=f"{STILL}<p>Words.</p>")

    with CaptureQueriesContext(connection) as captured:
        page = Client().get(address).content.decode()

    assert '<img src="/a.svg" alt=""><p>45 % + 3 = 48 %.</p>' in page
    assert "Words." not in page
    assert len(captured) == len(without) <= 2


def test_a_site_without_lessons_has_a_drawing_beside_its_form(db: None) -> None:
    """Nothing has to be loaded for somebody to sign in."""
    assert db is None
    page = Client().get("/accounts/login/").content.decode()

    assert 'class="entry__side"' in page
    assert 'class="illustration"' in page


def test_who_is_signed_in_already_sees_the_form_alone(learner: User) -> None:
    """Confirming one's password is no entrance."""
    client = Client()
    client.force_login(learner)

    page = client.get("/accounts/reauthenticate/").content.decode()

    assert 'type="password"' in page
    assert "entry__side" not in page
