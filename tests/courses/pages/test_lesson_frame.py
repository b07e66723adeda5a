"""What stands around a lesson: the course's outline, the page's contents, ways to take it along."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from courses.authoring.loading import load
from courses.learners.progress import record_lesson_read, record_quiz_passed
from courses.models import Lesson

if TYPE_CHECKING:
    from courses.models import Course, User
    from tests.courses.material import Material

LESSON = "/courses/tiny/page-1/"
MOST_QUERIES = 12


@pytest.fixture
def visitor(learner: User) -> Client:
    """A browser in which the learner is signed in."""
    client = Client()
    client.force_login(learner)
    return client


def shown(client: Client, address: str = LESSON) -> str:
    """Return a page."""
    return client.get(address).content.decode()


def rail(page: str) -> str:
    """Return the outline beside a page."""
    return page[page.index('<nav class="rail"') : page.index("<main")]


def test_the_outline_stands_beside_each_lesson(course: Course, visitor: Client) -> None:
    """Each part is a link, the page is marked, and the course's name leads to the outline."""
    outline = rail(shown(visitor))

    parts = list(course.parts.order_by("position"))
    assert re.findall(r'href="([^"]+)"', outline) == [
        f"{course.get_absolute_url()}#outline",
        *(part.get_absolute_url() for part in parts),
    ]
    assert outline.count('aria-current="page"') == 1
    assert f'href="{LESSON}" aria-current="page"' in outline


def test_what_is_done_is_said_in_a_word(course: Course, learner: User, visitor: Client) -> None:
    """The tick has a word for those who do not see it."""
    lesson = Lesson.objects.get(slug="page-1")
    assert 'class="visually-hidden">Done' not in rail(shown(visitor))

    record_lesson_read(user=learner, lesson=lesson)
    record_quiz_passed(user=learner, lesson=lesson)

    assert rail(shown(visitor)).count('class="visually-hidden">Done') == 1


def test_the_contents_name_the_sources_and_the_quiz(course: Course) -> None:
    """Both lists of contents lead there, and both places are on the page."""
    page = shown(Client())

    for place in ("sources", "quiz"):
        assert page.count(f'href="#{place}"') == 2
        assert f'id="{place}"' in page


def test_breadcrumbs_lead_to_the_outline(course: Course) -> None:
    """The last step before the page is the course's outline itself."""
    crumbs = shown(Client())
    crumbs = crumbs[crumbs.index('class="crumbs"') :]

    assert f'href="{course.get_absolute_url()}#outline"' in crumbs[: crumbs.index("</nav>")]
    assert 'id="outline"' in shown(Client(), course.get_absolute_url())


def test_the_outline_costs_no_query_for_each_part(material: Material, visitor: Client) -> None:
    """A course of many lessons takes as many queries as one of two."""
    counts = []
    for lessons in (2, 9):
        material.course("tiny", lessons=lessons)
        load(material.root)
        shown(visitor)
        with CaptureQueriesContext(connection) as captured:
            shown(visitor)
        counts.append(len(captured))

    assert counts[0] == counts[1] <= MOST_QUERIES
