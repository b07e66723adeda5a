"""Illustrations: made by code, of one hand, silent for those who do not see them."""

from __future__ import annotations

import xml.etree.ElementTree as ET  # our own drawings
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from django.template.loader import render_to_string
from django.test import Client

from courses.catalogue.illustrations import COURSES, STATES, illustration

if TYPE_CHECKING:
    from courses.models import Course

CHECKOUT = Path(__file__).parents[3]
CLASSES = CHECKOUT / "config" / "static" / "css" / "illustrations.css"


@pytest.mark.parametrize("name", [*COURSES, *STATES, "a-course-of-other-authors"])
def test_a_drawing_is_decoration_in_the_site_s_own_classes(name: str) -> None:
    """It is read out by nobody, has no colour of its own, and each of its classes has a rule."""
    drawing = ET.fromstring(illustration(name))  # noqa: S314  # our own drawing
    rules = CLASSES.read_text()

    assert drawing.get("aria-hidden") == "true"
    shapes = list(drawing.iter())[1:]
    assert shapes
    for shape in shapes:
        assert f".illustration .{shape.get('class')} " in rules
        assert not {"style", "fill", "stroke"} & shape.attrib.keys()


def test_each_course_of_the_site_has_a_drawing_of_its_own() -> None:
    """No two are alike, and every course of this content is drawn."""
    folders = CHECKOUT / "content" / "courses"

    assert {folder.name for folder in folders.iterdir()} <= set(COURSES)
    assert len({illustration(name) for name in COURSES}) == len(COURSES)


def test_a_course_of_other_authors_keeps_its_drawing() -> None:
    """The drawing follows from the name alone, and differs between names."""
    assert illustration("one") == illustration("one") != illustration("two")


def test_courses_and_empty_places_show_their_drawings(course: Course) -> None:
    """The catalogue, the course's page, and a search without results."""
    drawing = illustration(course.slug)

    for address in ("/courses/", course.get_absolute_url()):
        assert drawing in Client().get(address).content.decode()
    assert illustration("empty") in Client().get("/courses/?q=xyzzy").content.decode()


@pytest.mark.parametrize(
    ("template", "name"),
    [("400", "lost"), ("403_csrf", "expired"), ("500", "broken")],
)
def test_error_pages_show_their_drawings(template: str, name: str) -> None:
    """Also those that are shown when nothing else works: without a request and a database."""
    assert illustration(name) in render_to_string(f"{template}.html")
