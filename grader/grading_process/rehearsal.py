"""Grades a reference's own answers once, so that the first submission waits for no model.

The author's code fits its models and keeps them when it is first called. While the first notebook
runs, the grading process only waits: that is when the rehearsal calls it, for the visible and the
hidden variant. The rehearsal's result is dropped; an error of the author's is left to the grading.
"""

from __future__ import annotations

import contextlib
import threading
from typing import TYPE_CHECKING

import numpy as np

from grader.errors import GraderError
from grader.explanation import ParameterUsage, RunAnswers
from grader.grading import grade_answers
from grader.sandbox.job import Answer

if TYPE_CHECKING:
    from collections.abc import Sequence

    from grader.exercise import ExerciseDefinition
    from grader.reference import ReferenceStore
    from grader.variants import Variant

MOST_REHEARSED = 512
"""So many names of variants are remembered; a forgotten one is rehearsed again."""


class Rehearsals:
    """Rehearses each variant once, in a thread of its own."""

    def __init__(self) -> None:
        self._known: set[tuple[str, str]] = set()

    def start(
        self, exercise: ExerciseDefinition, variants: Sequence[Variant], store: ReferenceStore
    ) -> threading.Thread | None:
        """Rehearse what was not rehearsed yet; None where there is nothing to do."""
        keys = {(exercise.content_hash, variant.key) for variant in variants}
        if keys <= self._known:
            return None
        if len(self._known) >= MOST_REHEARSED:
            self._known.clear()
        self._known |= keys
        thread = threading.Thread(
            target=_rehearse, args=(exercise, variants, store), name="rehearsal", daemon=True
        )
        thread.start()
        return thread


def _rehearse(
    exercise: ExerciseDefinition, variants: Sequence[Variant], store: ReferenceStore
) -> None:
    with contextlib.suppress(GraderError):
        runs = [
            reference_answers(exercise, variant, store, visible=place == 0)
            for place, variant in enumerate(variants)
        ]
        grade_answers(exercise, runs, ParameterUsage(), references=store)


def reference_answers(
    exercise: ExerciseDefinition, variant: Variant, store: ReferenceStore, *, visible: bool
) -> RunAnswers:
    """The reference's first seeds as a submission's answers."""
    reference = store.get(exercise, variant, misconceptions=visible)
    answers = {}
    for output in exercise.outputs:
        samples = reference.outputs[output.name].samples
        array = samples[: output.runs] if output.runs > 1 else np.asarray(samples[0])
        labels = reference.labels.get(output.name)
        answers[output.name] = Answer(output.name, "ndarray", array, index=labels)
    return RunAnswers(variant.id, variant.parameters, "ok", answers)
