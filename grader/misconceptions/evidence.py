"""What a run shows about each output: right, wrong or not comparable, by its criterion's metric.

A misconception is contradicted by an output that is right although the misconception would change
it, and by whole numbers, truth values and texts that are not what it gives.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import gammaln

from grader.criteria import grade_criterion
from grader.explanation import AnswerProblem
from grader.metrics import rel_l1

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from grader.criteria import GradingContext
    from grader.exercise import Criterion, ExerciseDefinition
    from grader.reference import Reference, Replicates

COMPARING = ("agreement", "envelope", "range", "exact")
CONSISTENT = 0.02
"""Relative L1 below which an output is what a misconception gives."""


class Evidence:
    """The outputs of one run beside what the reference and each misconception give."""

    def __init__(self, context: GradingContext) -> None:
        self.context = context
        self._comparing: dict[str, list[Criterion]] = {}
        judged: set[str] = set()
        for criterion in context.exercise.criteria:
            if criterion.kind in COMPARING:
                self._comparing.setdefault(criterion.output, []).append(criterion)
            if criterion.kind != "property":
                judged.add(criterion.output)
        by_property = {each.output for each in context.exercise.criteria if each.output}
        self._free = by_property - judged
        """Outputs that only properties judge: many are right, the reference's is no norm."""

    @cached_property
    def right(self) -> frozenset[str]:
        """The outputs that pass every comparison with the reference in the visible run."""
        return frozenset(
            name for name in self._comparing if self._holds(name, self.context.answers[name])
        )

    @cached_property
    def wrong(self) -> frozenset[str]:
        """The outputs that are comparable, and fail."""
        return frozenset(
            name
            for name in self._comparing
            if name not in self.right and self.answer(name) is not None
        )

    def answer(self, name: str) -> NDArray[np.generic] | None:
        """Return an output that has the reference's shape; None for any other."""
        found = self.context.answers[name]
        if isinstance(found, AnswerProblem) or found.shape != self.context.expected(name).shape:
            return None
        return found

    def contradicted(self, misconception: str) -> bool:
        """Whether an output is right although the misconception would change it."""
        return any(self.would_change(misconception, name) for name in self.right)

    def would_change(self, misconception: str, name: str) -> bool:
        """Whether the misconception's value of an output would fail the output's comparison."""
        changed = self.context.reference.misconceptions.get(misconception, {}).get(name)
        if changed is None or name not in self._comparing:
            return False
        key = (id(changed), name, self.context.exercise.criteria)
        known = _CHANGES.get(key)
        if known is None or known[0] is not changed:
            if len(_CHANGES) >= MAX_CHANGES:
                _CHANGES.clear()
            known = _CHANGES[key] = (changed, not self._holds(name, changed.mean))
        return known[1]

    def is_consistent(self, misconception: str, name: str, *, scatter: bool = False) -> bool:
        """Whether another output is what the misconception gives, within its scatter if asked."""
        changed = self.context.reference.misconceptions.get(misconception, {}).get(name)
        if changed is None and name in self._comparing:
            return name in self.right
        if changed is None and name in self._free:
            return True
        replicates: Replicates = changed or self.context.reference.outputs[name]
        answer, expected = self.answer(name), replicates.mean
        if answer is None or answer.shape != expected.shape:
            return False
        if expected.dtype.kind != "f":
            return bool(np.array_equal(answer, expected))
        size = max(float(np.abs(expected).sum()), 1e-300)
        chance = 2 * float(replicates.spread.sum()) / size if scatter else 0.0
        return rel_l1(answer.astype(np.float64), expected) <= CONSISTENT + chance

    def _holds(self, name: str, answer: NDArray[np.generic] | AnswerProblem) -> bool:
        context = replace(self.context, answers={**self.context.answers, name: answer})
        return all(grade_criterion(each, context).passed for each in self._comparing[name])

    def right_rows(self, name: str) -> NDArray[np.bool_] | None:
        """Return which entries of the first axis are right, by the criterion's own metric."""
        return self._right_parts(name, axis=0)

    def right_columns(self, name: str) -> NDArray[np.bool_] | None:
        """Return which entries of the last axis are right."""
        return self._right_parts(name, axis=-1)

    def _right_parts(self, name: str, *, axis: int) -> NDArray[np.bool_] | None:
        answer, expected = self.answer(name), self.context.expected(name)
        if answer is None or not expected.ndim or len(self._comparing.get(name, ())) != 1:
            return None
        parts = []
        for index in range(expected.shape[axis]):
            place = [slice(None)] * expected.ndim
            place[axis] = slice(index, index + 1)
            mixed = expected.copy()
            mixed[tuple(place)] = answer[tuple(place)]
            parts.append(self._part_holds(name, mixed, expected.shape[axis]))
        return np.array(parts)

    def _part_holds(self, name: str, mixed: NDArray[np.generic], parts: int) -> bool:
        """Whether the truth with one part replaced holds, at that part's share of the bound."""
        (criterion,) = self._comparing[name]
        if criterion.kind == "agreement":
            criterion = replace(criterion, threshold=criterion.threshold / parts)
        context = replace(self.context, answers={**self.context.answers, name: mixed})
        return grade_criterion(criterion, context).passed


MAX_CHANGES = 4096
_CHANGES: dict[tuple[int, str, tuple[Criterion, ...]], tuple[Replicates, bool]] = {}


def information_bits(
    exercise: ExerciseDefinition, reference: Reference, misconception: str, name: str
) -> float:
    """Return how many bits an exact match with the misconception is worth, against the truth.

    Only entries that it changes speak for it: by which they are, and by the value of each out of
    the different values that occur.
    """
    changed = reference.misconceptions[misconception][name].mean
    truth = reference.outputs[name].mean
    if changed.shape != truth.shape:
        return 0.0
    values = len(set(np.unique(changed).tolist()) | set(np.unique(truth).tolist()))
    if changed.dtype.kind == "i":
        both = np.concatenate([changed.ravel(), truth.ravel()])
        values = max(values, int(np.ptp(both)) + 1)
    if exercise.output(name).choices:
        values = max(values, len(exercise.output(name).choices))
    values = max(values, 2)
    moved = int(np.count_nonzero(np.asarray(changed != truth)))
    places = (gammaln(truth.size + 1) - gammaln(moved + 1) - gammaln(truth.size - moved + 1)) / LN2
    return float(max(moved * np.log2(values), places + moved * np.log2(values - 1)))


LN2 = float(np.log(2))
