"""Criteria: a metric with a threshold, points and words; one function per kind of the rubric.

Each takes what was submitted and the reference, and says whether the criterion holds, in which
words, and where the largest deviation lies. None reveals a reference value or a distance to one.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NoReturn

import numpy as np

from grader.author_code import call_author
from grader.errors import ExerciseContentError
from grader.explanation import AnswerProblem, Facts
from grader.metrics import (
    additivity_gap,
    envelope_excess,
    is_rounded,
    range_gap,
    rel_l1,
    scatter_ratio,
    tolerance_band,
    within,
)
from grader.placeholders import placeholders

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from numpy.typing import NDArray

    from grader.exercise import Criterion, ExerciseDefinition
    from grader.reference import Reference


@dataclass(frozen=True)
class Finding:
    """What a criterion found; also what an author's `property` function may return.

    Attributes:
        facts: fill the placeholders of the message, or of the author's `failed` text.
        worst: index of the value (or row) that deviates most, when there is one.
    """

    passed: bool
    message_id: str = ""
    facts: Mapping[str, str | int | float] = field(default_factory=dict)
    worst: tuple[int, ...] | None = None


@dataclass(frozen=True)
class GradingContext:
    """Everything that one run is marked with.

    Attributes:
        answers: each declared output as a conforming array, or the problem with it; of an output
            that holds several runs, their mean.
        runs: the runs themselves, of each such output.
    """

    exercise: ExerciseDefinition
    parameters: Mapping[str, Any]
    reference: Reference
    answers: Mapping[str, NDArray[Any] | AnswerProblem]
    runs: Mapping[str, NDArray[Any]] = field(default_factory=dict)

    def expected(self, name: str) -> NDArray[Any]:
        """The reference's value of an output."""
        return self.reference.outputs[name].mean


def context_of(
    exercise: ExerciseDefinition,
    parameters: Mapping[str, Any],
    reference: Reference,
    conformed: Mapping[str, NDArray[Any] | AnswerProblem],
) -> GradingContext:
    """The context of conforming answers; runs along a first axis are averaged."""
    answers, runs = dict(conformed), {}
    for output in exercise.outputs:
        found = conformed[output.name]
        if output.runs > 1 and not isinstance(found, AnswerProblem):
            runs[output.name] = found
            answers[output.name] = found.mean(axis=0)
    return GradingContext(exercise, parameters, reference, answers, runs)


def grade_criterion(criterion: Criterion, context: GradingContext) -> Finding:
    """Apply one line of the rubric to one run.

    Raises:
        ExerciseContentError: the author's function fails or returns something else than it should.
    """
    untouched: Finding | None = None
    for name in _needed(criterion, context):
        answer = context.answers[name]
        if isinstance(answer, AnswerProblem):
            return Finding(False, answer.message_id, answer.facts)
        if criterion.kind in _COMPARED and answer.shape != context.expected(name).shape:
            shape = str(context.expected(name).shape)
            facts: Facts = {"output": name, "found": str(answer.shape), "expected": shape}
            return Finding(False, "criterion.wrong_shape", facts)
        if _untouched(context, name, answer):
            untouched = Finding(False, "criterion.untouched", {"output": name})
    # A property may hold of a placeholder (zeros are symmetric): that earns nothing.
    if untouched is not None and criterion.kind == "property":
        return untouched
    finding = KINDS[criterion.kind](criterion, context)
    return finding if finding.passed or untouched is None else untouched


def _needed(criterion: Criterion, context: GradingContext) -> list[str]:
    if criterion.kind == "property" and not criterion.output:
        return [output.name for output in context.exercise.outputs]
    return [name for name in (criterion.output, criterion.base) if name]


def _untouched(context: GradingContext, name: str, found: NDArray[Any]) -> bool:
    """Whether an array is still the starter's placeholder, and the true one is no such array."""
    filling = placeholders(context.exercise).get(name)
    if filling is None or found.size < 2 or found.dtype.kind not in "fi":  # noqa: PLR2004
        return False
    expected = context.expected(name).ravel()
    return bool((found == filling).all()) and not bool((expected == expected[:1]).all())


def _agreement(criterion: Criterion, context: GradingContext) -> Finding:
    found, expected = _pair(criterion, context)
    if rel_l1(found, expected) <= criterion.threshold or within(found, expected, criterion.floor):
        return Finding(True)
    if is_rounded(found, expected):
        return Finding(False, "criterion.rounded", {"output": criterion.output})
    is_fx = any(criterion.output == other.fx for other in context.exercise.criteria)
    message = "criterion.other_model" if is_fx else "criterion.disagrees"
    return Finding(False, message, {"output": criterion.output}, _outside(found, expected))


def _range(criterion: Criterion, context: GradingContext) -> Finding:
    found, expected = _pair(criterion, context)
    furthest = float(np.abs(found - expected).max(initial=0.0))
    if range_gap(found, expected) <= criterion.threshold or furthest <= criterion.floor:
        return Finding(True)
    facts = {"output": criterion.output}
    if is_rounded(found, expected):
        return Finding(False, "criterion.rounded", facts)
    return Finding(False, "criterion.disagrees", facts, _outside(found, expected))


def _exact(criterion: Criterion, context: GradingContext) -> Finding:
    found, expected = context.answers[criterion.output], context.expected(criterion.output)
    if expected.dtype.kind in "fi":
        gap = np.abs(_floats(found) - _floats(expected))
        wrong = ~(gap <= criterion.threshold)
    else:
        wrong = np.asarray(found != expected)
    if not wrong.any():
        return Finding(True)
    facts = {"output": criterion.output}
    return Finding(False, "criterion.disagrees", facts, _worst(wrong.astype(float)))


def _envelope(criterion: Criterion, context: GradingContext) -> Finding:
    """What is promised of a submission is shared among all envelopes that it must pass."""
    replicates = context.reference.outputs[criterion.output]
    found = _floats(context.answers[criterion.output])
    excess = envelope_excess(
        found,
        replicates.mean,
        replicates.spread,
        replicates=replicates.count,
        alpha=criterion.alpha / context.exercise.envelopes,
        mean_of=replicates.mean_of,
    )
    if bool((excess <= 1).all()):
        return Finding(True)
    facts = {"output": criterion.output}
    where = _outside(found, replicates.mean)
    return Finding(False, "criterion.outside_envelope", facts, where)


def _scatter(criterion: Criterion, context: GradingContext) -> Finding:
    """How far the learner's runs scatter, pooled over all values: one value's says too little."""
    runs = _floats(context.runs[criterion.output])
    expected = context.reference.outputs[criterion.output].run_spread
    ratio = scatter_ratio(runs.std(axis=0, ddof=1), expected)
    if 1 / (1 + criterion.threshold) <= ratio <= 1 + criterion.threshold:
        return Finding(True)
    message = "criterion.scatters_more" if ratio > 1 else "criterion.scatters_less"
    return Finding(False, message, {"output": criterion.output})


def _local_accuracy(criterion: Criterion, context: GradingContext) -> Finding:
    """Compared with the grader's own f(x): the learner's report of it proves nothing."""
    values = _floats(context.answers[criterion.output])
    base = _floats(context.answers[criterion.base]) if criterion.base else np.zeros(())
    fx = _floats(context.expected(criterion.fx))
    gaps = additivity_gap(values, base, fx)
    least = criterion.floor / (float(np.abs(fx).mean()) or 1.0)
    if bool((gaps <= max(criterion.threshold, least)).all()):
        return Finding(True)
    return Finding(False, "criterion.not_additive", {"output": criterion.output}, _worst(gaps))


def _recomputed(criterion: Criterion, context: GradingContext) -> Finding:
    """The author recomputes the output from the learner's own other answers."""
    found = context.answers[criterion.output]
    raw = _author_says(criterion, context)
    if isinstance(raw, Finding):
        return raw
    expected = np.asarray(raw)
    if isinstance(found, AnswerProblem) or expected.shape != found.shape:
        return Finding(False, "criterion.not_recomputed", {"output": criterion.output})
    if expected.dtype.kind in "UOb":
        holds = found.dtype.kind in "Ub" and bool(np.array_equal(found, expected))
    else:
        own, again = _floats(found), _floats(expected)
        holds = rel_l1(own, again) <= criterion.threshold or within(own, again, criterion.floor)
    return Finding(holds, "criterion.not_recomputed", {"output": criterion.output})


def _property(criterion: Criterion, context: GradingContext) -> Finding:
    raw = _author_says(criterion, context)
    if isinstance(raw, Finding):
        return raw if raw.passed or raw.message_id else Finding(False, _PROPERTY, raw.facts)
    if isinstance(raw, (bool, np.bool_)):
        return Finding(bool(raw), _PROPERTY)
    reason = f"returned {type(raw).__name__}; a bool or a Finding is needed"
    raise ExerciseContentError(reason, file=context.exercise.reference_file, key=criterion.function)


_PROPERTY = "criterion.property_failed"
_COMPARED = ("agreement", "envelope", "range", "exact", "scatter", "local_accuracy")


class _NotUsable(Exception):  # noqa: N818 - it never leaves this module
    """The author's code asks for an output that cannot be marked."""


class _Usable(dict[str, Any]):
    """Copies of the conforming answers: the author's code may do with them as it likes."""

    def __init__(self, context: GradingContext) -> None:
        self._declared = frozenset(context.answers)
        answers = {**context.answers, **context.runs}.items()
        super().__init__({k: v.copy() for k, v in answers if not isinstance(v, AnswerProblem)})

    def __missing__(self, name: str) -> NoReturn:
        raise _NotUsable(name) if name in self._declared else KeyError(name)


def _author_says(criterion: Criterion, context: GradingContext) -> Any:
    """What the author's function returns; a finding where it asks for what was not submitted.

    Raises:
        ExerciseContentError: the function fails.
    """
    parameters, answers = dict(context.parameters), _Usable(context)
    try:
        return call_author(context.exercise, criterion.function, parameters, answers)
    except ExerciseContentError as error:
        if isinstance(error.__cause__, _NotUsable):
            return Finding(False, "criterion.other_needed", {"output": str(error.__cause__)})
        raise


def _pair(
    criterion: Criterion, context: GradingContext
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    return _floats(context.answers[criterion.output]), _floats(context.expected(criterion.output))


def _floats(array: NDArray[Any] | AnswerProblem) -> NDArray[np.float64]:
    return np.asarray(array, dtype=np.float64)


def _outside(found: NDArray[np.float64], expected: NDArray[np.float64]) -> tuple[int, ...] | None:
    """The value furthest outside of the band that the page draws; None when none is outside.

    Not simply the largest deviation: which of two values deviates more, asked often enough, tells
    both. The band is the same for all references between its grid lines.
    """
    if not found.ndim:
        return None
    rows = expected.reshape(len(expected), -1) if expected.ndim > 1 else expected[None]
    edges = [tolerance_band(row) for row in rows]
    low = np.stack([low for low, _ in edges]).reshape(expected.shape)
    high = np.stack([high for _, high in edges]).reshape(expected.shape)
    beyond = np.maximum(low - found, found - high)
    return _worst(beyond) if bool((beyond > 0).any()) else None


def _worst(gaps: NDArray[np.float64]) -> tuple[int, ...]:
    return tuple(int(index) for index in np.unravel_index(int(np.argmax(gaps)), gaps.shape))


KINDS: Mapping[str, Callable[[Criterion, GradingContext], Finding]] = {
    "agreement": _agreement,
    "envelope": _envelope,
    "range": _range,
    "scatter": _scatter,
    "exact": _exact,
    "local_accuracy": _local_accuracy,
    "recomputed": _recomputed,
    "property": _property,
}
