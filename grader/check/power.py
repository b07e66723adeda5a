"""Power: how often a misconception passes, measured with runs that no reference used."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from grader.check.false_rejections import POOL, fresh_answers
from grader.criteria import context_of, grade_criterion
from grader.variants import visible_variant

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from numpy.typing import NDArray

    from grader.check.report import ExerciseCheck
    from grader.exercise import ExerciseDefinition
    from grader.reference import Reference, ReferenceStore

TOLERANCE = 0.1
"""How far a pass rate may lie from the declared one; three standard errors come on top."""
RATE_POOL = 20
"""Answers' worth of runs behind a rate between never and always."""
RATE_RUNS = 40
"""Tries below which no rate is measured, only whether it is far from the declared one."""


def check_power(
    exercise: ExerciseDefinition, store: ReferenceStore, count: int, found: ExerciseCheck
) -> None:
    """Measure how often each of the author's own misconceptions passes, by run.

    One that passes has to be declared as a blind spot, with the rate: `passes` in exercise.yaml.
    Where answers do not vary, one try tells; `check_misconceptions` makes it.
    """
    if exercise.seeds == 1:
        return
    reference = store.get(exercise, visible_variant(exercise), misconceptions=True)
    honest = list(fresh_answers(exercise, "reference", reference.labels, count))
    for misconception in exercise.misconceptions:
        if misconception.family:
            continue
        name = f"mistake_{misconception.id}"
        pool_of = RATE_POOL if 0 < misconception.passes < 1 and count >= RATE_RUNS else POOL
        changed = fresh_answers(exercise, name, reference.labels, count, pool_of)
        answers = [{**right, **wrong} for right, wrong in zip(honest, changed, strict=True)]
        passes = float(np.mean([_passes(exercise, reference, each) for each in answers]))
        found.pass_rates[misconception.id] = passes
        declared = misconception.passes
        right = passes == 0 if not declared else _agrees(passes, declared, count)
        problem = (
            f"misconception {misconception.id} passes in {passes:.0%} of {count} runs; "
            f"exercise.yaml declares {declared:.0%} (`passes`)"
        )
        found.need(right, problem)


def _agrees(passes: float, declared: float, count: int) -> bool:
    """Whether so many tries agree with some rate that lies near enough to the declared one."""
    near = min(max(passes, declared - TOLERANCE), declared + TOLERANCE, 1.0)
    return abs(passes - near) <= 3 * float(np.sqrt(near * (1 - near) / count))


def _passes(
    exercise: ExerciseDefinition, reference: Reference, answers: Mapping[str, NDArray[Any]]
) -> bool:
    """Whether a run with these answers earns the points that passing needs."""
    context = context_of(exercise, visible_variant(exercise).parameters, reference, answers)
    kept: set[str] = set()
    for criterion in exercise.criteria:
        if set(criterion.requires) <= kept and grade_criterion(criterion, context).passed:
            kept.add(criterion.id)
    return sum(each.points for each in exercise.criteria if each.id in kept) >= exercise.pass_score
