"""Rounded answers: what the starter prints of a correct answer is correct as well."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from grader.check.simulation import grade_computed_answers, runs_of_an_answer
from grader.variants import VISIBLE

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from numpy.typing import NDArray

    from grader.check.report import ExerciseCheck
    from grader.exercise import ExerciseDefinition
    from grader.reference import Reference, ReferenceStore
    from grader.variants import Variant


def check_rounding(
    exercise: ExerciseDefinition,
    store: ReferenceStore,
    variants: Sequence[Variant],
    found: ExerciseCheck,
) -> None:
    """Check that correct answers, rounded as the starter prints them, lose no points.

    Where answers vary every run is tried: a value may be near zero, or near another one, in a few
    of them.
    """
    for variant in variants:
        reference = store.get(exercise, variant, misconceptions=variant.id == VISIBLE)
        for first in _starts(exercise):
            exact = _one_answer(exercise, reference, first)
            rounded = {
                name: np.round(array, exercise.output(name).decimals)
                if array.dtype.kind == "f"
                else array
                for name, array in exact.items()
            }
            lost = _lost(exercise, store, rounded, variant)
            if lost and exercise.seeds > 1:
                # A run that fails by chance fails as it is.
                lost -= _lost(exercise, store, exact, variant)
            found.need(
                not lost,
                f"rounded as the starter prints them, correct answers lose "
                f"{', '.join(sorted(lost))} with {dict(variant.parameters)}: a `floor`, more "
                "`decimals`, or `suitable`",
            )


def _starts(exercise: ExerciseDefinition) -> range:
    """The first seed of each answer that the reference's seeds make."""
    runs = runs_of_an_answer(exercise)
    return range(0, exercise.seeds - runs + 1, runs)


def _one_answer(
    exercise: ExerciseDefinition, reference: Reference, first: int
) -> dict[str, NDArray[Any]]:
    """The outputs of the runs from `first` on: means over many seeds need not belong together."""
    answer = {}
    for output in exercise.outputs:
        samples = reference.outputs[output.name].samples
        answer[output.name] = (
            samples[first : first + output.runs]
            if output.runs > 1
            else samples[min(first, len(samples) - 1)]
        )
    return answer


def _lost(
    exercise: ExerciseDefinition,
    store: ReferenceStore,
    answers: dict[str, NDArray[Any]],
    variant: Variant,
) -> set[str]:
    marks = grade_computed_answers(exercise, store, answers, variant)
    return {result.id for result in marks.criteria if not result.passed}
