"""References are computed in the background, in the order in which courses teach them."""

from __future__ import annotations

import os
import shutil
import time
from pathlib import Path
from typing import Any

import pytest

from config import references
from courses.models import Course, Part, PathStep
from courses.models import Path as LearningPath
from exercises.catalogue import loading

TAUGHT = ("second-taught", "first-taught")
TIMEOUT_SECONDS = 120.0


@pytest.fixture
def content(tmp_path: Path, settings: Any, db: None) -> Path:
    """Three exercises; a path teaches two of them, in reverse alphabetical order."""
    model = Path(__file__).resolve().parents[1] / "exercises/content/exercises/linear-parts"
    for slug in (*TAUGHT, "another"):
        shutil.copytree(model, tmp_path / "exercises" / slug)
    settings.CONTENT_DIR = tmp_path
    settings.REFERENCES_DIR = tmp_path / "references"
    loading.load(content=tmp_path)
    path = LearningPath.objects.create(slug="path", title="Path")
    for position, slug in enumerate(reversed(TAUGHT)):
        course = Course.objects.create(slug=f"course-{slug}", title=slug)
        PathStep.objects.create(path=path, course=course, position=position)
        Part.objects.create(course=course, position=0, kind="exercise", exercise_slug=slug)
    return tmp_path


def test_what_a_path_teaches_first_is_computed_first(content: Path) -> None:
    """The order of the path, then the exercises that no path teaches."""
    assert references._in_course_order() == ["first-taught", "second-taught", "another"]


def test_a_second_build_computes_nothing(content: Path) -> None:
    """References that a build has stored are found by the next build."""
    assert references.build() == 0
    kept = sorted((content / "references").rglob("*.npz"))
    assert kept
    made_at = [file.stat().st_mtime_ns for file in kept]
    assert references.build() == 0
    assert [file.stat().st_mtime_ns for file in kept] == made_at


def test_a_build_in_the_background_ends_with_the_site(content: Path) -> None:
    """A site that stops during the build stops the computing processes too."""
    log = content / "references.log"
    with references.background_build(log) as process:
        deadline = time.monotonic() + TIMEOUT_SECONDS
        while "references to compute" not in log.read_text():
            assert time.monotonic() < deadline, log.read_text()
            time.sleep(0.05)
        assert _is_alive(process.pid)
    deadline = time.monotonic() + TIMEOUT_SECONDS
    while _is_alive(process.pid):  # processes take a moment to exit
        assert time.monotonic() < deadline
        time.sleep(0.01)


def _is_alive(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True
