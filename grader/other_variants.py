"""Answers that are those of another variant: a table of answers that learners pass around.

A hidden variant's parameters are known to nobody, so its values cannot come out of a computation
for another variant. What is found is for instructors to look at; it never changes a mark.
"""

from __future__ import annotations

import time
from collections import defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING, Final

import numpy as np

from grader.criteria import context_of, grade_criterion
from grader.exercise.worlds import world_size
from grader.explanation import AnswerProblem, conform, unpack
from grader.metrics import rel_l1
from grader.report import VariantMatch
from grader.variants import VISIBLE, Variant, hidden_pool, visible_variant

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from grader.criteria import GradingContext
    from grader.exercise import Criterion, ExerciseDefinition
    from grader.explanation import ParameterUsage, RunAnswers
    from grader.reference import Reference, ReferenceStore

SECONDS: Final = 1.0
"""After so long no further variant is looked at."""
LEAST_WORLD: Final = 100
"""With fewer drawings an innocent slip of a parameter lands on another variant too often."""
FEWEST_VALUES: Final = 4
"""Fewer numbers may agree by chance, or be the same in every variant."""
NEARER: Final = 0.2
"""How far the other variant's values may be, as a share of the distance to the run's own."""
MOST_MATCHES: Final = 12
COMPARED: Final = frozenset({"agreement", "envelope", "range"})


def find_matches(
    exercise: ExerciseDefinition,
    answers: bytes,
    *,
    references: ReferenceStore,
    secret: bytes,
    seconds: float = SECONDS,
) -> tuple[VariantMatch, ...]:
    """Return which outputs are wrong for their run and right for another variant.

    Compared is with references that are stored already: none is computed for this. The visible
    variant's values in a hidden run count only where the notebook writes them down as numbers;
    a notebook that ignores its parameters is an honest mistake, and is told so.

    Args:
        exercise: its rubric says when values agree.
        answers: of all runs, from `grader.explanation.pack`.
        references: by variant.
        secret: draws the deployment's hidden variants.
        seconds: how long it may take.

    Raises:
        GraderError: the answers cannot be read.
    """
    if not exercise.variants or world_size(exercise) < LEAST_WORLD:
        return ()
    until = time.monotonic() + seconds
    runs, usage, _stamp = unpack(answers)
    known = _stored(exercise, references, secret)
    found: list[VariantMatch] = []
    with np.errstate(all="ignore"):
        for run in runs:
            for variant, reference in known.items():
                if time.monotonic() > until or len(found) >= MOST_MATCHES:
                    return tuple(found)
                own = known.get(run.variant)
                if own is not None and variant != run.variant:
                    found += _matches(
                        exercise, run, usage, own=own, other=reference, variant=variant
                    )
    return tuple(found[:MOST_MATCHES])


def _stored(
    exercise: ExerciseDefinition, references: ReferenceStore, secret: bytes
) -> dict[str, Reference]:
    variants: list[Variant] = [visible_variant(exercise), *hidden_pool(exercise, secret)]
    found = {}
    for variant in variants:
        with_misconceptions = variant.id == VISIBLE
        if references.has(exercise, variant, misconceptions=with_misconceptions):
            found[variant.id] = references.get(
                exercise, variant, misconceptions=with_misconceptions
            )
    return found


def _matches(
    exercise: ExerciseDefinition,
    run: RunAnswers,
    usage: ParameterUsage,
    *,
    own: Reference,
    other: Reference,
    variant: str,
) -> list[VariantMatch]:
    contexts = [_context(exercise, run, reference) for reference in (own, other)]
    lines: dict[str, list[Criterion]] = defaultdict(list)
    for criterion in exercise.criteria:
        if criterion.kind in COMPARED:
            lines[criterion.output].append(criterion)
    return [
        VariantMatch(run.variant, name, variant, name in usage.literals)
        for name, judging in lines.items()
        if (variant != VISIBLE or name in usage.literals)
        and _is_of_the_other(name, judging, *contexts)
    ]


def _context(exercise: ExerciseDefinition, run: RunAnswers, reference: Reference) -> GradingContext:
    conformed = {
        output.name: conform(
            run.answers.get(output.name), output, reference.labels.get(output.name, ())
        )
        for output in exercise.outputs
    }
    return context_of(exercise, run.parameters, reference, conformed)


def _is_of_the_other(
    name: str, lines: list[Criterion], own: GradingContext, other: GradingContext
) -> bool:
    """Whether an output fails its own run's reference and meets the other variant's."""
    answer, expected = other.answers[name], other.expected(name)
    if isinstance(answer, AnswerProblem) or isinstance(own.answers[name], AnswerProblem):
        return False
    truth = own.expected(name)
    if (
        expected.dtype.kind != "f"
        or expected.size < FEWEST_VALUES
        or answer.shape != expected.shape
        or truth.shape != expected.shape
    ):
        return False
    if rel_l1(answer, expected) > NEARER * rel_l1(answer, truth):
        return False
    return all(grade_criterion(line, other).passed for line in lines) and not any(
        grade_criterion(line, with_answer).passed
        for line in lines
        # Neither the answer nor the other variant's own values may pass where the run stands:
        # else the two variants cannot be told apart.
        for with_answer in (own, _answered(own, name, expected))
    )


def _answered(context: GradingContext, name: str, values: NDArray[np.generic]) -> GradingContext:
    return replace(context, answers={**context.answers, name: values})
