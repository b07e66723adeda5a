"""Rounded answers: what the starter prints of a correct answer is correct as well."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from grader.check.simulation import grade_computed_answers
from grader.variants import VISIBLE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from grader.check.report import ExerciseCheck
    from grader.exercise import ExerciseDefinition
    from grader.reference import ReferenceStore
    from grader.variants import Variant


def check_rounding(
    exercise: ExerciseDefinition,
    store: ReferenceStore,
    variants: Sequence[Variant],
    found: ExerciseCheck,
) -> None:
    """Check that correct answers, rounded as the starter prints them, lose no points."""
    for variant in variants:
        reference = store.get(exercise, variant, misconceptions=variant.id == VISIBLE)
        answers = {}
        for output in exercise.outputs:
            known = reference.outputs[output.name]
            # One run's own outputs belong together: their means over many seeds need not.
            array = known.samples[: output.runs] if output.runs > 1 else known.samples[0]
            floats = array.dtype.kind == "f"
            answers[output.name] = np.round(array, output.decimals) if floats else array
        marks = grade_computed_answers(exercise, store, answers, variant)
        lost = [result.id for result in marks.criteria if not result.passed]
        found.need(
            not lost,
            f"rounded as the starter prints them, correct answers lose {', '.join(lost)} with "
            f"{dict(variant.parameters)}: a `floor`, more `decimals`, or `suitable`",
        )
