"""Measures how often correct answers of a stochastic exercise are rejected."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from grader.check.simulation import FRESH_SEED, answers_of, fresh_run, runs_of_an_answer
from grader.criteria import context_of, grade_criterion
from grader.reference import ReferenceStore, Replicates
from grader.variants import VISIBLE, Variant, visible_variant

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from numpy.typing import NDArray

    from grader.check.report import ExerciseCheck
    from grader.exercise import ExerciseDefinition
    from grader.reference import Reference

POOL = 4
"""How many answers' runs a pool of fresh runs has at least."""


def check_fresh_seeds(
    exercise: ExerciseDefinition, store: ReferenceStore, count: int, found: ExerciseCheck
) -> None:
    """Grade correct answers with fresh seeds against the visible reference."""
    variant = visible_variant(exercise)
    reference = store.get(exercise, variant, misconceptions=True)
    for answers in fresh_answers(exercise, "reference", reference.labels, count):
        _grade_correct_answers(exercise, variant, reference, answers, found)


def fresh_answers(
    exercise: ExerciseDefinition,
    name: str,
    labels: Mapping[str, tuple[str, ...]],
    count: int,
    pool_of: int = POOL,
) -> Iterator[Mapping[str, NDArray[Any]]]:
    """Yield `count` answers with seeds that no reference used.

    Where an answer holds several runs, they are drawn from a pool of fresh ones, as many as
    `pool_of` answers have: runs of its own for each answer would cost as many times more. A small
    pool tells what always passes or never does; a rate in between is that of the pool's own mean.
    """
    size = runs_of_an_answer(exercise)
    # A few answers need no larger pool than makes them differ.
    pool_size = count if size == 1 else max(count, min(pool_of, count // 2) * size)
    pool = [fresh_run(exercise, name, FRESH_SEED + seed, labels) for seed in range(pool_size)]
    generator = np.random.default_rng(size)
    for place in range(count):
        chosen = [place] if size == 1 else generator.choice(len(pool), size, replace=False)
        yield answers_of(exercise, [pool[index] for index in chosen])


def check_left_out_seeds(
    exercise: ExerciseDefinition, store: ReferenceStore, variant: Variant, found: ExerciseCheck
) -> None:
    """Grade seeds of a reference, as many as an answer needs, against its other seeds."""
    reference = store.get(exercise, variant, misconceptions=variant.id == VISIBLE)
    samples = {name: each.samples for name, each in reference.outputs.items()}
    size, generator = runs_of_an_answer(exercise), np.random.default_rng(exercise.seeds)
    for seed in range(exercise.seeds):
        left_out = [seed] if size == 1 else generator.choice(exercise.seeds, size, replace=False)
        outputs = {
            name: Replicates(np.delete(each, left_out, 0), exercise.output(name).runs)
            for name, each in samples.items()
        }
        others = replace(reference, outputs=outputs)
        runs = [{name: np.asarray(each[k]) for name, each in samples.items()} for k in left_out]
        answers = answers_of(exercise, runs)
        _grade_correct_answers(exercise, variant, others, answers, found)


def _grade_correct_answers(
    exercise: ExerciseDefinition,
    variant: Variant,
    reference: Reference,
    answers: Mapping[str, NDArray[Any]],
    found: ExerciseCheck,
) -> None:
    context = context_of(exercise, variant.parameters, reference, answers)
    found.correct_runs += 1
    found.rejected += not all(grade_criterion(each, context).passed for each in exercise.criteria)
