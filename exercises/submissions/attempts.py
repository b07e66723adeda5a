"""The attempt rules: a learner's standing in an exercise, and why a submission is refused."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from django.db.models import Count, Max, Q, Window

from exercises.models import State, Submission

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from courses.models import User
    from exercises.models import Exercise, SubmissionQuerySet


COUNTS: Final[dict[str, Any]] = {
    "tries": Count("pk"),
    "graded": Count("pk", filter=Q(state=State.GRADED)),
    "best": Max("score"),
    "passes": Count("pk", filter=Q(passed=True)),
}


class SubmissionRefused(Exception):  # noqa: N818  # named after what happened, as in grader.errors
    """The attempt rules do not allow it; the text is for the learner.

    Attributes:
        reason: ``inactive``, ``unfinished``, ``no_attempts_left`` or ``set_aside``.
    """

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason


@dataclass(frozen=True)
class Standing:
    """The standing of one learner in one exercise.

    Attributes:
        graded: submissions that got a grade.
        attempts: submissions that cost an attempt, unfinished ones included.
        attempts_left: None where there is no limit.
        best: the best score so far; the best attempt counts.
    """

    graded: int
    attempts: int
    attempts_left: int | None
    best: float | None
    passed: bool


def standing(*, user: User, exercise: Exercise) -> Standing:
    """Return the standing of `user` in `exercise`: one query."""
    mine = Submission.objects.counted().filter(user=user, exercise=exercise)
    return _standing(mine.aggregate(**COUNTS), limit=exercise.max_attempts)


def standings(*, user: User) -> dict[int, Standing]:
    """Return the standing in each exercise that `user` has tried, by its key: one query."""
    mine = Submission.objects.counted().filter(user=user).order_by()
    rows = mine.values("exercise_id", "exercise__max_attempts").annotate(**COUNTS)
    return {row["exercise_id"]: _standing(row, limit=row["exercise__max_attempts"]) for row in rows}


def with_standing(mine: SubmissionQuerySet) -> SubmissionQuerySet:
    """Return one learner's submissions for one exercise with what `standing_in` reads.

    It counts all of them, also where only the first ones are fetched.
    """
    counted = ~Q(state=State.FAILED)
    return mine.annotate(
        all_tries=Window(Count("pk", filter=counted)),
        all_graded=Window(Count("pk", filter=Q(state=State.GRADED))),
        all_best=Window(Max("score", filter=counted)),
        all_passes=Window(Count("pk", filter=counted & Q(passed=True))),
    )


def standing_in(rows: Sequence[Submission], exercise: Exercise) -> Standing:
    """Return the standing that the rows of `with_standing` bring: no query."""
    none = {"tries": 0, "graded": 0, "best": None, "passes": 0}
    facts = {name: getattr(rows[0], f"all_{name}") for name in none} if rows else none
    return _standing(facts, limit=exercise.max_attempts)


def _standing(facts: Mapping[str, Any], *, limit: int | None) -> Standing:
    return Standing(
        graded=facts["graded"],
        attempts=facts["tries"],
        attempts_left=None if limit is None else max(0, limit - facts["tries"]),
        best=facts["best"],
        passed=facts["passes"] > 0,
    )
