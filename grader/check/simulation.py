"""Answers computed by the author's code with seeds and parameters that no reference used."""

from __future__ import annotations

import contextlib
import time
from typing import TYPE_CHECKING, Any

import numpy as np

from grader.explanation import ParameterUsage, RunAnswers
from grader.grading import grade_answers
from grader.misconceptions.families import RelatedOutputs, family_candidates
from grader.reference import ReferenceStore, reference_arrays
from grader.sandbox.job import Answer
from grader.variants import VISIBLE, Variant, hidden_variant, visible_variant

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from grader.check.report import ExerciseCheck
    from grader.exercise import ExerciseDefinition, Misconception
    from grader.grading import GradeResult

    Arrays = Mapping[str, NDArray[Any]]

FRESH_SEED = 10_000
"""Seeds from here on are never used for a reference."""
DRAWINGS_PER_VARIANT = 5
"""How many drawings are tried per variant before fewer variants are accepted."""


def check_variants(exercise: ExerciseDefinition, count: int) -> tuple[Variant, ...]:
    """Return up to `count` different variants; fewer if the parameters allow fewer.

    They are derived from the reference hash: unchanged content is always checked with the same
    variants, changed content with new ones.
    """
    found = {visible_variant(exercise).key: visible_variant(exercise)}
    if exercise.variants:
        secret = exercise.reference_hash.encode()
        for index in range(DRAWINGS_PER_VARIANT * count):
            variant = hidden_variant(exercise, secret, index)
            found.setdefault(variant.key, variant)
            if len(found) > count:
                break
    return tuple(found.values())[1:]


def fresh_run(
    exercise: ExerciseDefinition,
    name: str,
    seed: int,
    labels: Mapping[str, tuple[str, ...]],
    variant: Variant | None = None,
) -> Arrays:
    """What the author's function gives for one seed; computed once for all parts of a check."""
    variant = variant or visible_variant(exercise)
    key = (exercise.reference_hash, variant.key, name, seed)
    if key not in _RUNS:
        if len(_RUNS) >= MOST_RUNS:
            _RUNS.clear()
        _RUNS[key] = reference_arrays(exercise, name, dict(variant.parameters), seed, labels)
    return _RUNS[key]


_RUNS: dict[tuple[str, str, str, int], Arrays] = {}
MOST_RUNS = 20_000


def runs_of_an_answer(exercise: ExerciseDefinition) -> int:
    """How many seeded runs an answer holds."""
    return max(output.runs for output in exercise.outputs)


def answers_of(exercise: ExerciseDefinition, runs: Sequence[Arrays]) -> dict[str, NDArray[Any]]:
    """The answers of a submission that made these runs."""
    return {
        name: np.stack([run[name] for run in runs]) if exercise.output(name).runs > 1 else first
        for name, first in runs[0].items()
    }


def computed_answers(
    exercise: ExerciseDefinition,
    name: str,
    seed: int,
    labels: Mapping[str, tuple[str, ...]],
    variant: Variant | None = None,
) -> dict[str, NDArray[Any]]:
    """What the author's function gives a submission whose runs have seeds that follow from `seed`.

    Outputs that a mistake does not change are missing.
    """
    count = runs_of_an_answer(exercise)
    first = FRESH_SEED + count * (seed - FRESH_SEED)
    seeds = range(first, first + count)
    runs = [fresh_run(exercise, name, each, labels, variant) for each in seeds]
    return answers_of(exercise, runs)


def computed_misconceptions(
    exercise: ExerciseDefinition, store: ReferenceStore, seed: int
) -> Iterator[tuple[Misconception, dict[str, NDArray[Any]]]]:
    """Yield the outputs under each misconception with a fresh seed, in each of its forms."""
    reference = store.get(exercise, visible_variant(exercise), misconceptions=True)
    correct = computed_answers(exercise, "reference", seed, reference.labels)
    for misconception in exercise.misconceptions:
        if not misconception.family:
            name = f"mistake_{misconception.id}"
            changed = computed_answers(exercise, name, seed, reference.labels)
            yield misconception, {**correct, **changed}
            continue
        output = exercise.output(misconception.output)
        related = RelatedOutputs(exercise, reference, output.name)
        true = correct[output.name]
        runs = true if output.runs > 1 else true[None]
        for form in family_candidates(misconception.family, runs, output, related):
            # Skip a form that changes nothing here (values that were already sorted).
            if not np.allclose(form, runs, rtol=1e-9, atol=0):
                value = form if output.runs > 1 else form[0]
                yield misconception, {**correct, output.name: value}


def grade_computed_answers(
    exercise: ExerciseDefinition,
    store: ReferenceStore,
    outputs: Mapping[str, NDArray[Any]],
    variant: Variant | None = None,
) -> GradeResult:
    """Grade computed outputs as if a visible run had produced them."""
    variant = variant or visible_variant(exercise)
    reference = store.get(exercise, variant, misconceptions=variant.id == VISIBLE)
    answers = {
        name: Answer(name, "ndarray", np.asarray(array), index=reference.labels.get(name))
        for name, array in outputs.items()
    }
    run = RunAnswers(variant.id, variant.parameters, "ok", answers)
    return grade_answers(exercise, [run], ParameterUsage(), references=store)


@contextlib.contextmanager
def timed(found: ExerciseCheck) -> Iterator[None]:
    """Record the CPU time of one grading; wall time would include other load."""
    started = time.process_time()
    yield
    found.grade_ms.append(1000 * (time.process_time() - started))
