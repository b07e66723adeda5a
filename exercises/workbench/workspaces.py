"""What can be worked on: the starter, and the bounds of its runs."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from exercises.catalogue import folders
from exercises.workbench.documents import Document, from_notebook
from grader.notebook import read_notebook
from grader.sandbox.job import Limits

if TYPE_CHECKING:
    from pathlib import Path

EXERCISE = "exercise:"


@dataclass(frozen=True)
class Workspace:
    """Something that is worked on.

    Attributes:
        scope: its name among the drafts of a learner.
        starter: what one begins with, and what a reset returns to.
    """

    scope: str
    starter: Document


def exercise_workspace(slug: str) -> Workspace:
    """Return the starter notebook of an exercise as something to work on."""
    file = folders.folder_of(slug) / "starter.ipynb"
    return Workspace(EXERCISE + slug, _starter(file, file.stat().st_mtime_ns))


@lru_cache(maxsize=64)
def _starter(file: Path, _changed: int) -> Document:
    return from_notebook(read_notebook(file.read_bytes()))


def surroundings(scope: str) -> tuple[Limits, Path | None]:
    """Return the limits and the data folder of a run, for the worker."""
    if scope.startswith(EXERCISE):
        exercise = folders.read(scope.removeprefix(EXERCISE))
        return exercise.limits, exercise.data
    return Limits(), None
