"""Checks that each declared misconception is detected and named."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING

from grader.check.report import DetectionRate, ExerciseCheck
from grader.check.simulation import (
    FRESH_SEED,
    computed_misconceptions,
    grade_computed_answers,
    timed,
)
from grader.misconceptions.diagnosis import PLAIN_BITS
from grader.misconceptions.evidence import information_bits
from grader.variants import visible_variant

if TYPE_CHECKING:
    from grader.exercise import ExerciseDefinition
    from grader.reference import ReferenceStore


def check_misconceptions(
    exercise: ExerciseDefinition, store: ReferenceStore, repeats: int, found: ExerciseCheck
) -> None:
    """Check that each misconception, computed with fresh seeds, loses points and is named."""
    found.detection = {
        misconception.id: DetectionRate() for misconception in exercise.misconceptions
    }
    taken: dict[tuple[str, str], None] = {}
    for seed in range(FRESH_SEED, FRESH_SEED + (repeats if exercise.seeds > 1 else 1)):
        for misconception, outputs in computed_misconceptions(exercise, store, seed):
            rate = found.detection[misconception.id]
            with timed(found):
                marks = grade_computed_answers(exercise, store, outputs)
            rate.tried += 1
            rate.caught += marks.score < exercise.max_score
            diagnosis = marks.misconception
            if diagnosis is None:
                # What the scatter of runs alone shows is said in that criterion's own words.
                lost = {result.id for result in marks.criteria if not result.passed}
                kinds = {each.kind for each in exercise.criteria if each.id in lost}
                rate.similar += kinds == {"scatter"}
                continue
            if diagnosis.certainty != "match":
                rate.similar += misconception.id in diagnosis.ids
                continue
            if misconception.id in diagnosis.ids:
                rate.named += 1
                if len(diagnosis.ids) > 1:
                    found.groups.add(diagnosis.ids)
            else:
                taken[misconception.id, " or ".join(diagnosis.ids)] = None
    for name, rate in found.detection.items():
        of = f"of {rate.tried} times"
        found.need(rate.tried > 0, f"misconception {name} changes nothing here")
        declared = exercise.misconception(name)
        if declared is not None and declared.passes:
            continue
        found.need(rate.caught == rate.tried, f"misconception {name} is caught {rate.caught} {of}")
        # A misconception that only adds scatter, or changes a single choice, can at best be
        # recognised as similar.
        hedged = exercise.seeds > 1 or _says_little(exercise, store, name)
        named = rate.named + (rate.similar if hedged else 0)
        often = 2 * named > rate.tried or not rate.tried
        found.need(often, f"misconception {name} is named {named} {of}")
    found.problems += [f"misconception {name} is taken for {other}" for name, other in taken]
    _check_groups(exercise, found)


def _says_little(exercise: ExerciseDefinition, store: ReferenceStore, misconception: str) -> bool:
    """Whether all that it changes is worth too few bits to be said plainly."""
    reference = store.get(exercise, visible_variant(exercise), misconceptions=True)
    changed = reference.misconceptions.get(misconception, {})
    return bool(changed) and all(
        each.samples.dtype.kind != "f"
        and information_bits(exercise, reference, misconception, name) < PLAIN_BITS
        for name, each in changed.items()
    )


def _check_groups(exercise: ExerciseDefinition, found: ExerciseCheck) -> None:
    """Check that ambiguous misconceptions are exactly those that the author declared."""
    declared = {
        frozenset((each.id, other)) for each in exercise.misconceptions for other in each.resembles
    }
    seen = {frozenset(pair) for group in found.groups for pair in combinations(group, 2)}
    for pair in sorted(map(sorted, seen - declared)):
        words = " and ".join(pair)
        found.problems.append(f"no answer tells {words} apart, which `resembles` does not declare")
    # With stochastic answers a pair may be told apart by one answer but not by another.
    for pair in sorted(map(sorted, declared - seen)) if exercise.seeds == 1 else ():
        words = " and ".join(pair)
        found.problems.append(f"{words} are told apart, though `resembles` says otherwise")
