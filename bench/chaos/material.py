"""What the learners of such a site work on: small exercises of one course, and their accounts."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from pathlib import Path

COURSE: Final = "chaos"
SLUGS: Final = ("first-sum", "second-sum", "third-sum")
EXERCISE: Final = """\
version: 1
title: A sum, {slug}
summary: Add two numbers.
statement: Leave `total` behind.
level: introductory
minutes: 5
outputs:
  total: {dtype: float, shape: [2], meaning: values}
parameters:
  rows: {value: [1, 2], meaning: what to add, draw: {sample: {from: [0, 90], size: 2}}}
variants: 3
rubric:
  - {id: values, title: Values, kind: agreement, output: total, threshold: 0.01, points: 1}
pass_score: 1
limits: {wall_seconds: 60, cpu_seconds: 60, memory_mib: 512}
hints: [None, none, none, none]
"""
REFERENCE: Final = """
import numpy as np


def reference(parameters, seed):
    return {"total": np.array([sum(parameters["rows"]), parameters["rows"][0]], dtype=float)}
"""
CELLS: Final = (
    "rows = [1, 2]",
    "import time\nimport numpy as np\ntime.sleep({seconds})",
    "total = np.array([sum(rows), rows[0]], dtype=float)",
)


def write_exercises(content: Path) -> None:
    """Write the exercises into a folder of content."""
    for slug in SLUGS:
        folder = content / "exercises" / slug
        folder.mkdir(parents=True)
        (folder / "exercise.yaml").write_text(EXERCISE.replace("{slug}", slug))
        (folder / "reference.py").write_text(REFERENCE)
        (folder / "solution.ipynb").write_bytes(notebook(seconds=0))
        (folder / "starter.ipynb").write_bytes(notebook(seconds=1))  # none is sent as it is


def notebook(*, seconds: float) -> bytes:
    """Return a notebook that passes after so many seconds of sleep."""
    cells: list[dict[str, Any]] = [
        {
            "cell_type": "code",
            "id": f"cell-{number}",
            "source": source.replace("{seconds}", str(seconds)),
            "outputs": [],
            "metadata": {} if number else {"tags": ["parameters"]},
            "execution_count": None,
        }
        for number, source in enumerate(CELLS)
    ]
    facts = {"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": cells}
    return json.dumps(facts).encode()


def create_rows(content: Path, *, learners: int) -> dict[str, str]:
    """Load the exercises into a course; return a token of each learner by address."""
    from allauth.account.models import EmailAddress  # noqa: PLC0415  # Django is set up by now

    from courses.accounts.tokens import new_token  # noqa: PLC0415  # the same
    from courses.learners.models import Enrolment  # noqa: PLC0415  # the same
    from courses.models import Course, Part, User  # noqa: PLC0415  # the same
    from exercises.catalogue import loading  # noqa: PLC0415  # the same

    loading.load(content=content)
    course = Course.objects.create(
        slug=COURSE, title="Chaos", summary="S.", level="beginner", version="1.0", position=1
    )
    for position, slug in enumerate(SLUGS):
        Part.objects.create(
            course=course, position=position, kind="exercise", exercise_slug=slug, title=slug
        )
    tokens = {}
    for number in range(learners):
        address = f"learner-{number}@example.org"
        user = User.objects.create_user(address, "a password that nobody uses")
        Enrolment.objects.create(user=user, course=course)
        EmailAddress.objects.create(user=user, email=address, verified=True, primary=True)
        tokens[address] = new_token(user)
    return tokens
