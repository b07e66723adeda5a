"""Measures how often correct answers of a stochastic exercise are rejected."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from grader.check.simulation import (
    FRESH_SEED,
)
from grader.criteria import GradingContext, grade_criterion
from grader.reference import ReferenceStore, Replicates, reference_arrays
from grader.variants import VISIBLE, Variant, visible_variant

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from grader.check.report import ExerciseCheck
    from grader.exercise import ExerciseDefinition
    from grader.reference import Reference


def check_fresh_seeds(
    exercise: ExerciseDefinition, store: ReferenceStore, count: int, found: ExerciseCheck
) -> None:
    """Grade correct answers with fresh seeds against the visible reference."""
    variant = visible_variant(exercise)
    reference = store.get(exercise, variant, misconceptions=True)
    for seed in range(FRESH_SEED, FRESH_SEED + count):
        parameters = dict(variant.parameters)
        answers = reference_arrays(exercise, "reference", parameters, seed, reference.labels)
        _grade_correct_answers(exercise, variant, reference, answers, found)


def check_left_out_seeds(
    exercise: ExerciseDefinition, store: ReferenceStore, variant: Variant, found: ExerciseCheck
) -> None:
    """Grade each seed of a reference against its other seeds (leave one out)."""
    reference = store.get(exercise, variant, misconceptions=variant.id == VISIBLE)
    samples = {name: replicates.samples for name, replicates in reference.outputs.items()}
    for seed in range(exercise.seeds):
        outputs = {name: Replicates(np.delete(each, seed, 0)) for name, each in samples.items()}
        others = replace(reference, outputs=outputs)
        answers = {name: np.asarray(each[seed]) for name, each in samples.items()}
        _grade_correct_answers(exercise, variant, others, answers, found)


def _grade_correct_answers(
    exercise: ExerciseDefinition,
    variant: Variant,
    reference: Reference,
    answers: Mapping[str, NDArray[Any]],
    found: ExerciseCheck,
) -> None:
    context = GradingContext(exercise, variant.parameters, reference, answers)
    found.correct_runs += 1
    found.rejected += not all(grade_criterion(each, context).passed for each in exercise.criteria)
