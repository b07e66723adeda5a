"""What can be worked on: the starter, and the bounds of its runs."""

from __future__ import annotations

import html
import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

from django.conf import settings

from exercises.catalogue import folders
from exercises.workbench.documents import Document, from_notebook
from grader.notebook import read_notebook
from grader.sandbox.job import Limits

if TYPE_CHECKING:
    from courses.models import Lesson
    from exercises.models import Draft

EXERCISE: Final = "exercise:"
LESSON: Final = "lesson:"
DATA: Final = "data"
"""The folder of content with the data sets that the code of lessons reads."""
_BLOCK: Final = re.compile(
    r'<div class="code highlight code-run" data-block="(b\d+)"><pre[^>]*><code[^>]*>(.*?)</code>',
    re.DOTALL,
)
_TAG: Final = re.compile(r"<[^>]*>")


@dataclass(frozen=True)
class Workspace:
    """Something that is worked on.

    Attributes:
        scope: its name among the drafts of a learner.
        starter: what one begins with, and what a reset returns to.
        is_fixed: whether the cells are always those of the starter, in its order.
    """

    scope: str
    starter: Document
    is_fixed: bool = False

    def arranged(self, document: Document) -> Document:
        """Return a stored document with the cells that are there now."""
        if not self.is_fixed:
            return document
        stored = {cell["id"]: cell for cell in document["cells"]}
        cells = [stored.get(cell["id"], cell) for cell in self.starter["cells"]]
        return {**document, "cells": cells}


def exercise_workspace(slug: str) -> Workspace:
    """Return the starter notebook of an exercise as something to work on."""
    file = folders.folder_of(slug) / "starter.ipynb"
    return Workspace(EXERCISE + slug, _starter(file, file.stat().st_mtime_ns))


def lesson_workspace(lesson: Lesson) -> Workspace:
    """Return the blocks of a lesson that run as something to work on."""
    scope = f"{LESSON}{lesson.course.slug}/{lesson.slug}"
    return Workspace(scope, _blocks(lesson.html), is_fixed=True)


@lru_cache(maxsize=64)
def _blocks(rendered: str) -> Document:
    """Return the code that a lesson shows, as its page has it."""
    cells = [
        {
            "id": identity,
            "cell_type": "code",
            "source": html.unescape(_TAG.sub("", code)).removesuffix("\n"),
            "metadata": {},
        }
        for identity, code in _BLOCK.findall(rendered)
    ]
    return {"metadata": {}, "cells": cells}


@lru_cache(maxsize=64)
def _starter(file: Path, _changed: int) -> Document:
    return from_notebook(read_notebook(file.read_bytes()))


def surroundings(scope: str) -> tuple[Limits, Path | None]:
    """Return the limits and the data folder of a run, for the worker."""
    if scope.startswith(EXERCISE):
        exercise = folders.read(scope.removeprefix(EXERCISE))
        return exercise.limits, exercise.data
    data = Path(settings.CONTENT_DIR) / DATA
    return Limits(), data if data.is_dir() else None


def chain_of(draft: Draft) -> str:
    """Return the name under which the states after a draft's cells are kept: for it alone."""
    return f"draft:{draft.pk}:{draft.key}"
