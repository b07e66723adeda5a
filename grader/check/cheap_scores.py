"""What a submission earns without what matters: no rubric may pass on its cheap parts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from grader.exercise.worlds import world_size

if TYPE_CHECKING:
    from collections.abc import Collection

    from grader.check.report import ExerciseCheck
    from grader.exercise import Criterion, ExerciseDefinition

COMPARING = ("agreement", "envelope", "range", "exact")
"""Kinds that no wrong answer meets; a wrong table may still add up or be symmetric."""
LEAST_WORLD = 100
"""Drawings below which a table of all answers is worth passing on, where no person reviews."""


def main_criteria(exercise: ExerciseDefinition) -> tuple[Criterion, ...]:
    """The criteria that a wrong main output fails for sure.

    The main output is the one with the most points that are earned by comparison with the
    reference. Where nothing is compared it is the criterion with the most points.
    """
    points: dict[str, float] = {}
    for each in exercise.criteria:
        if each.kind in COMPARING:
            points[each.output] = points.get(each.output, 0.0) + each.points
    compared = max(points.values(), default=0.0)
    most = max(exercise.criteria, key=lambda each: each.points)
    if most.kind == "property" and most.points > compared:
        return (most,)
    main = max(points, key=lambda name: points[name], default="")
    return tuple(each for each in exercise.criteria if _compares(each, main)) or (most,)


def best_score_without(exercise: ExerciseDefinition, lost: Collection[Criterion]) -> float:
    """The most that can be earned when these criteria fail, and what requires them."""
    failed = {each.id for each in lost}
    score = 0.0
    for each in exercise.criteria:
        if each.id in failed or failed & set(each.requires):
            failed.add(each.id)
        else:
            score += each.points
    return score


def score_without_main(exercise: ExerciseDefinition) -> float:
    """The best score of a submission whose main output is wrong."""
    return best_score_without(exercise, main_criteria(exercise))


def score_with_wrong_fx(exercise: ExerciseDefinition) -> float | None:
    """The best score with another model's output in `fx`; None where no output is that."""
    names = {each.fx for each in exercise.criteria if each.fx}
    names |= {output.name for output in exercise.outputs if output.name == "fx"}
    lost = [each for each in exercise.criteria if each.output in names]
    return best_score_without(exercise, lost) if lost else None


def check_cheap_scores(exercise: ExerciseDefinition, found: ExerciseCheck) -> None:
    """Refuse a rubric that passes without the main output or with a wrong `fx`."""
    found.cheap_score = score_without_main(exercise)
    found.wrong_fx_score = score_with_wrong_fx(exercise)
    main = main_criteria(exercise)[0].output or main_criteria(exercise)[0].id
    needed = f"pass_score is {exercise.pass_score:g}"
    found.need(
        found.cheap_score < exercise.pass_score,
        f"{found.cheap_score:g} points are to be had without {main} being right; {needed}",
    )
    if found.wrong_fx_score is not None:
        found.need(
            found.wrong_fx_score < exercise.pass_score,
            f"{found.wrong_fx_score:g} points are to be had with a wrong fx; {needed}",
        )


def check_world(exercise: ExerciseDefinition, found: ExerciseCheck) -> None:
    """Refuse a world so small that a table of answers pays, unless a person reviews the work."""
    found.world = world_size(exercise)
    reviewed = (exercise.folder / "review.yaml").is_file()
    found.need(
        not exercise.variants or reviewed or found.world >= LEAST_WORLD,
        f"only {found.world:g} drawings differ from the visible one; {LEAST_WORLD} are needed",
    )


def _compares(criterion: Criterion, output: str) -> bool:
    return criterion.kind in COMPARING and criterion.output == output
