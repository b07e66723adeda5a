"""The search finds exercises."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from django.test import Client
from django.utils.html import strip_tags

from courses.authoring import search_index
from courses.models import Course, Part
from tests.exercises.worker_process import SLUG

if TYPE_CHECKING:
    from exercises.models import Exercise


@pytest.fixture
def taught(exercise: Exercise) -> Exercise:
    """The exercise as part of a course, indexed."""
    course = Course.objects.create(slug="linear", title="Linear", language="en", position=1)
    Part.objects.create(
        course=course, position=1, kind="exercise", exercise_slug=SLUG, title=exercise.title
    )
    search_index.rebuild()
    return exercise


def results(words: str) -> str:
    """Return the page of what was found."""
    return Client().get("/courses/", {"q": words}).content.decode()


def test_an_exercise_is_found_by_its_title_and_its_task(taught: Exercise) -> None:
    """The result leads to the exercise's page and names its course."""
    task = re.findall("[a-z]+", strip_tags(taught.description["statement_html"]))
    for words in (taught.title, max(task, key=len)):
        page = results(words)
        assert f'href="{taught.get_absolute_url()}"' in page
        assert "Linear" in page


def test_an_exercise_of_no_course_is_not_found(exercise: Exercise) -> None:
    """What nobody teaches is in no result."""
    assert exercise.get_absolute_url() not in results(exercise.title)
