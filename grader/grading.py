"""Grade one notebook: run it with visible and hidden parameters, mark what it left behind."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from grader.exercise import Exercise
    from grader.reference import ReferenceStore
    from grader.report import GradeReport
    from grader.sandbox.job import Event, Sandbox


def grade_notebook(
    exercise: Exercise,
    notebook: bytes,
    *,
    sandbox: Sandbox,
    references: ReferenceStore,
    secret: bytes | None = None,
    attempt: int = 1,
    on_event: Callable[[Event], None] | None = None,
) -> GradeReport:
    """Run `notebook` in `sandbox` and mark its outputs against the references.

    Args:
        exercise: from `grader.exercise.load_exercise`.
        notebook: the uploaded file.
        sandbox: where learner code runs.
        references: reference values by variant.
        secret: draws the hidden variants; None marks the visible variant only.
        attempt: counted from 1; later attempts are told more.
        on_event: progress of the visible run.

    Raises:
        NotebookRefused: the file cannot be run; the learner can mend it.
        SandboxUnavailable: nothing can be run safely here.
        ContentError: the exercise's own code fails.
    """
    raise NotImplementedError
