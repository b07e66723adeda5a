"""French pages say before one clicks which text is in English."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from django.test import Client

from courses.authoring.loading import load

if TYPE_CHECKING:
    from courses.models import Course
    from tests.courses.material import Material

FRENCH = {"accept-language": "fr"}


def shown(address: str, **headers: str) -> str:
    """Return a page."""
    return Client(headers=headers or None).get(address).content.decode()


def test_a_list_of_courses_says_which_are_not_translated(course: Course) -> None:
    """The card of an English course names its language, on French pages only."""
    card = re.compile(r'<li class="card.*?</li>', re.DOTALL)

    french = card.search(shown("/courses/", **FRENCH))
    english = card.search(shown("/courses/"))

    assert french is not None
    assert english is not None
    assert "In anglais" in french[0] or "En anglais" in french[0]
    assert 'lang="en"' in french[0]
    assert "English" not in english[0]


def test_an_outline_says_which_parts_are_not_translated(course: Course, material: Material) -> None:
    """One of two lessons is translated: the other one and the exercise are marked."""
    material.lesson("l10n/fr/courses/tiny/01-page-1", "La page")
    load(material.root)

    page = shown("/courses/tiny/", **FRENCH)
    outline = page[page.index('class="outline"') :]
    outline = outline[: outline.index("</ol>")]
    rail = shown("/courses/tiny/page-1/", **FRENCH)
    rail = rail[rail.index('<nav class="rail"') : rail.index("<main")]

    for told in (outline, rail):
        assert told.count("anglais") == 2
        assert told.index('lang="fr"') < told.index('lang="en">Page 2') < told.index("anglais")
