"""Counts, over simulated learners, what the grader gets right and wrong."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from bench.simulated_learners.learner import SAME
from bench.simulated_learners.learners import (
    LEARNER_SEED,
    array_mistakes,
    main_output,
    misconception_outputs,
)
from grader.check import grade_computed_answers
from grader.metrics import rel_l1, symmetric_l1
from grader.misconceptions.library import library
from grader.reference import reference_arrays

if TYPE_CHECKING:
    from bench.simulated_learners.learner import Learner
    from grader.exercise import ExerciseDefinition
    from grader.reference import ReferenceStore
    from grader.variants import Variant

EXACTLY = 0.001
NEARLY = 0.05
"""How far the means of two dozen noisy runs may lie apart though they are one thing."""
STRUCTURAL = {
    "scaled", "scaled_rows", "percent", "row_order", "feature_order", "other_rows", "background",
    "other_output", "predicted_class",
}  # fmt: skip


class Tally:
    """What happened, by question."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self.wrong: Counter[str] = Counter()

    def share(self, part: str, whole: str) -> str:
        """A count and its share in words."""
        total = self.counts[whole]
        percent = 100 * self.counts[part] / total if total else 0.0
        return f"{self.counts[part]} of {total} ({percent:.2f} %)"

    def add(
        self, exercise: ExerciseDefinition, store: ReferenceStore, world: Variant, learner: Learner
    ) -> None:
        """Grade one learner and count what the grader said."""
        reference = store.get(exercise, world, misconceptions=True)
        marks = grade_computed_answers(exercise, store, learner.outputs, world)
        full = marks.score == exercise.max_score
        if learner.correct:
            self.counts["correct"] += 1
            self.counts["false rejections"] += not full
            self.wrong[f"failed: {learner.name} ({exercise.slug})"] += not full
            return
        self.counts["wrong"] += 1
        if full:
            close = all(
                rel_l1(np.asarray(learner.outputs[name], float), replicates.mean) <= SAME
                for name, replicates in reference.outputs.items()
                if replicates.samples.dtype.kind == "f" and replicates.count == 1
            )
            # An order of rows that changes nothing, say, is no wrong answer. And who passes with
            # the drawn parameters still has to pass with those that everybody sees.
            same = (close and exercise.seeds == 1) or self._caught_when_visible(
                exercise, store, learner
            )
            self.counts["wrong"] -= same
            self.counts["false acceptances"] += not same
            self.wrong[f"passed: {learner.name} ({exercise.slug})"] += not same
            return
        self._statement(exercise, store, world, learner, prefix="")
        families = learner.true | {learner.name}
        kept = tuple(m for m in exercise.misconceptions if m.id not in families)
        criteria = tuple(replace(c, misconception="") for c in exercise.criteria)
        without = replace(exercise, misconceptions=kept, criteria=criteria)
        self._statement(without, store, world, learner, prefix="left out: ", full_exercise=exercise)

    def _statement(
        self,
        exercise: ExerciseDefinition,
        store: ReferenceStore,
        world: Variant,
        learner: Learner,
        *,
        prefix: str,
        full_exercise: ExerciseDefinition | None = None,
    ) -> None:
        marks = grade_computed_answers(exercise, store, learner.outputs, world)
        diagnosis = marks.misconception
        in_library = bool(learner.true & _known(full_exercise or exercise))
        self.counts[f"{prefix}in library"] += in_library
        if diagnosis is None or diagnosis.certainty != "match":
            self.counts[f"{prefix}unnamed"] += 1
            self.wrong[f"{prefix}unnamed: {learner.name}"] += in_library
            return
        self.counts[f"{prefix}plain"] += 1
        true = any(each in learner.true | learner.may for each in diagnosis.ids) or self._coincides(
            exercise, store, world, learner, diagnosis.ids
        )
        self.counts[f"{prefix}named"] += in_library and true
        self.counts[f"{prefix}plain wrong"] += not true
        key = f"{prefix}{learner.name} called {' or '.join(diagnosis.ids)} ({exercise.slug})"
        self.wrong[key] += not true

    @staticmethod
    def _caught_when_visible(
        exercise: ExerciseDefinition, store: ReferenceStore, learner: Learner
    ) -> bool:
        """Whether the same learner fails with the parameters that everybody sees."""
        parameters, seed = exercise.visible_parameters, LEARNER_SEED
        misconception, name = exercise.misconception(learner.name), main_output(exercise)
        if misconception is not None:
            wrong = misconception_outputs(exercise, misconception, parameters, seed)
            again = [] if wrong is None else [wrong]
        else:
            right = reference_arrays(exercise, "reference", parameters, seed, {})
            mistakes = array_mistakes(right, name, np.random.default_rng(seed)) if name else ()
            again = [each.outputs for each in mistakes if each.name == learner.name]
        return any(not grade_computed_answers(exercise, store, each).passed for each in again)

    @staticmethod
    def _coincides(
        exercise: ExerciseDefinition,
        store: ReferenceStore,
        world: Variant,
        learner: Learner,
        ids: tuple[str, ...],
    ) -> bool:
        """Whether the named mistake would have produced the very same numbers.

        A logarithm to another base *is* the right values times a factor, whatever led to it.
        """
        reference = store.get(exercise, world, misconceptions=True)
        name = main_output(exercise)
        if name and "scaled" in ids:
            true = reference.outputs[name].mean
            found, nearly = np.asarray(learner.outputs[name], float), EXACTLY
            mistake = reference.misconceptions.get(learner.name, {}).get(name)
            if exercise.seeds > 1 and mistake is not None:
                found, nearly = mistake.mean, NEARLY
            factor = float((found * true).sum()) / float((true**2).sum())
            if rel_l1(found, factor * true) <= nearly * abs(factor):
                return True
        return any(
            candidate.id in ids and symmetric_l1(np.asarray(found, float), candidate.mean) <= SAME
            for name, found in learner.outputs.items()
            if np.asarray(found).dtype.kind == "f"
            and rel_l1(np.asarray(found, float), reference.outputs[name].mean) > SAME
            for candidate in library(exercise, reference, name)
        )


def _known(exercise: ExerciseDefinition) -> set[str]:
    structural = set(STRUCTURAL)
    if exercise.seeds > 1:
        structural -= {"background", "other_output"}
    return {misconception.id for misconception in exercise.misconceptions} | structural
