"""An exercise's folder under content/: where it lies, its description, its starter notebook."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from django.conf import settings

from grader.exercise import load_exercise

if TYPE_CHECKING:
    from pathlib import Path

    from grader.exercise import ExerciseDefinition

FOLDER = "exercises"


def folder_of(slug: str) -> Path:
    """Return where an exercise's files lie."""
    folder: Path = settings.CONTENT_DIR / FOLDER / slug
    return folder


def read(slug: str) -> ExerciseDefinition:
    """Read an exercise's folder; read again only when a file in it has changed.

    Raises:
        ExerciseContentError: naming the file, the key and the reason.
    """
    folder = folder_of(slug)
    return _read(folder, _trace(folder))


def starter_notebook(slug: str) -> bytes:
    """Return the notebook that a learner begins with."""
    return (folder_of(slug) / "starter.ipynb").read_bytes()


@lru_cache(maxsize=64)
def _read(folder: Path, trace: tuple[int, int]) -> ExerciseDefinition:  # noqa: ARG001  # the cache's key
    return load_exercise(folder)


def _trace(folder: Path) -> tuple[int, int]:
    """How many files there are, and when the last one changed, in nanoseconds."""
    times = [file.stat().st_mtime_ns for file in folder.rglob("*")]
    return len(times), max(times, default=0)
