"""References are computed beside the site: what is taught first comes first."""

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
    """Three exercises, two of them taught by the two courses of a path, against the alphabet."""
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


def test_what_is_taught_first_comes_first(content: Path) -> None:
    """The path's order, then what no path teaches."""
    assert references._in_order_of_courses() == ["first-taught", "second-taught", "another"]


def test_all_are_built_and_nothing_is_left_to_do(content: Path) -> None:
    """What a build has computed is found by the next, which computes nothing."""
    assert references.build() == 0
    kept = sorted((content / "references").rglob("*.npz"))
    assert kept
    made_at = [file.stat().st_mtime_ns for file in kept]
    assert references.build() == 0
    assert [file.stat().st_mtime_ns for file in kept] == made_at


def test_a_build_in_the_background_ends_with_the_site(content: Path) -> None:
    """The site that stops in the middle takes the computing processes with it."""
    log = content / "references.log"
    with references.building(log) as process:
        deadline = time.monotonic() + TIMEOUT_SECONDS
        while "references to compute" not in log.read_text():
            assert time.monotonic() < deadline, log.read_text()
            time.sleep(0.05)
        assert _is_there(process.pid)
    deadline = time.monotonic() + TIMEOUT_SECONDS
    while _is_there(process.pid):  # the kernel needs a moment for the last of them
        assert time.monotonic() < deadline
        time.sleep(0.01)


def _is_there(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True
