"""Every lesson and every exercise that is published, weighed: at most 100 kB on the wire.

Counted as `bench.pages` counts: the page, compressed, with the styles, scripts and fonts that it
asks for on opening; without pictures and figures, and without what its scripts load on demand.
"""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pytest
from django.conf import settings as site_settings
from django.middleware.gzip import GZipMiddleware
from django.test import Client
from django.utils import timezone
from django.utils.text import compress_string

from bench.page_weight import MOST_BYTES, loaded
from config.environment import BASE_DIR
from courses.authoring.loading import load
from courses.learners.enrolment import enrol
from courses.models import Course, Part, User
from courses.templatetags import fixed
from exercises.catalogue import loading
from exercises.models import Exercise
from tests.classes.material import make_user, submit
from tests.config.collected import collect

if TYPE_CHECKING:
    from pytest_django.fixtures import Settings

CONTENT: Final = BASE_DIR / "content"
LANGUAGES: Final = ("en", "fr")
FEWEST: Final = {"lessons": 45, "exercises": 25}
"""Published when this was written: a test that weighs none finds none too heavy."""


@pytest.fixture
def learner(settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, db: None) -> User:
    """A learner of all courses of the checkout, whose pages name what was collected."""
    settings.CONTENT_DIR = CONTENT
    load(CONTENT)
    loading.load(content=CONTENT)
    collect(settings, tmp_path / "static")
    monkeypatch.setattr(fixed, "_RENDERED", {})  # pieces that were rendered with other names
    made = make_user("lena@example.org", "Lena Lind")
    for course in Course.objects.listed():
        enrol(user=made, course=course)
    return made


def _weight(browser: Client, address: str, language: str) -> int:
    answer = browser.get(address, headers={"Accept-Language": language})
    assert answer.status_code == 200, address
    on_opening, _later = loaded(answer.content, static=Path(site_settings.STATIC_ROOT))
    assert on_opening > MOST_BYTES / 2, f"{address} names no files"
    # The site pads each page by a random length; the longest counts.
    return len(compress_string(answer.content)) + GZipMiddleware.max_random_bytes + on_opening


def _too_heavy(learner: User, addresses: list[str]) -> dict[str, int]:
    """Return the weight of each page above the bound, for visitors and for the learner."""
    signed_in = Client()
    signed_in.force_login(learner)
    found = {}
    for who, browser in (("nobody", Client()), ("learner", signed_in)):
        for address in addresses:
            for language in LANGUAGES:
                weight = _weight(browser, address, language)
                if weight > MOST_BYTES:
                    found[f"{address} {language} {who}"] = weight
    return found


def _report(exercise: Exercise, misconception: str) -> dict[str, Any]:
    """Return a report of work in which nothing is right, with its diagnosis."""
    return {
        "criteria": [
            {
                "id": criterion["id"],
                "title": criterion["title"],
                "points": 0,
                "max_points": criterion["points"],
                "passed": False,
                "message_id": "criterion.passed",
            }
            for criterion in exercise.description["criteria"]
        ],
        "misconception": {
            "ids": [misconception],
            "certainty": "match",
            "message_id": "misconception.match",
            "facts": {"mistake": misconception, "question": "What do the values add up to?"},
        },
    }


def test_every_lesson_keeps_its_weight(learner: User) -> None:
    """In English and French, for visitors and for learners, whose code runs in place."""
    lessons = Part.objects.select_related("course", "lesson").filter(
        lesson__isnull=False, course__in=Course.objects.listed()
    )
    addresses = [part.get_absolute_url() for part in lessons]

    assert len(addresses) >= FEWEST["lessons"]
    assert _too_heavy(learner, addresses) == {}


def test_every_exercise_keeps_its_weight(learner: User) -> None:
    """Before the first attempt and after twenty that ended with a diagnosis."""
    exercises = list(Exercise.objects.active())
    addresses = [exercise.get_absolute_url() for exercise in exercises]
    assert len(addresses) >= FEWEST["exercises"]
    assert _too_heavy(learner, addresses) == {}

    now = timezone.now()
    for exercise in exercises:
        for before in range(20, 0, -1):
            at = now - timedelta(hours=before)
            submit(learner, exercise.slug, 0, at, report=_report(exercise, "sign"))
    assert _too_heavy(learner, addresses) == {}
