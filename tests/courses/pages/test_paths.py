"""A path's page: the route at its head, with one's own place in it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from courses.authoring.loading import load
from courses.learners.enrolment import enrol
from courses.models import Course, Path

if TYPE_CHECKING:
    from courses.models import User
    from tests.courses.material import Material

pytestmark = pytest.mark.django_db
MOST_QUERIES = 12


@pytest.fixture
def path(material: Material) -> Path:
    """A path of two courses."""
    material.course("one", lessons=2, exercises=()).course("two", lessons=1, exercises=())
    material.path(courses=("one", "two"))
    load(material.root)
    return Path.objects.get()


def head_of(client: Client, path: Path) -> str:
    """Return the route of a path's page, which stands before the topic's text."""
    page = client.get(path.get_absolute_url()).content.decode()
    assert page.index('class="route') < page.index('id="courses"')
    return page[(at := page.index('<ol class="route')) : page.index("</ol></nav>", at)]


def test_the_route_stands_at_the_head_in_order(path: Path) -> None:
    """Each stop is a link that says its course; a stranger is told where to start."""
    head = head_of(Client(), path)

    links = re.findall(r'<a href="(/courses/\w+/)"', head)
    assert links == ["/courses/one/", "/courses/two/"]
    assert head.count("Start here") == 1
    assert "You are here" not in head


def test_one_s_own_place_is_said_in_words_and_to_assistive_technology(
    path: Path, learner: User
) -> None:
    """The course that one takes is marked, and the page's button leads to it."""
    client = Client()
    client.force_login(learner)
    enrol(user=learner, course=Course.objects.get(slug="two"))

    head = head_of(client, path)

    assert 'href="/courses/two/" aria-current="step"' in head
    assert head.count("You are here") == 1
    assert re.search(r"0 of \d parts", head)
    page = client.get(path.get_absolute_url()).content.decode()
    assert '<a class="button" href="/courses/two/">Continue learning</a>' in page


def test_the_page_takes_few_queries(path: Path, learner: User) -> None:
    """Twelve at most, signed in or not."""
    client = Client()
    client.force_login(learner)
    for visitor in (Client(), client):
        with CaptureQueriesContext(connection) as captured:
            assert visitor.get(path.get_absolute_url()).status_code == 200
        assert len(captured) <= MOST_QUERIES
