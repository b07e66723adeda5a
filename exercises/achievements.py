"""What a learner has reached in exercises, for the certificate."""

from __future__ import annotations

from typing import TYPE_CHECKING

from courses.certificates.achievements import Achieved
from exercises.models import Submission

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from courses.accounts.models import User


def achieved(user: User, slugs: Sequence[str]) -> Mapping[str, Achieved]:
    """Return the best passed submission of each of these exercises: one query."""
    rows = (
        Submission.objects.filter(user=user, exercise__slug__in=slugs, passed=True)
        .select_related("exercise", "review")
        .defer("report")
        .order_by("score", "created_at")
    )
    found = {}
    for one in rows:  # the best comes last
        exercise = one.exercise
        if exercise.reviewed and not (hasattr(one, "review") and one.review.passed):
            continue
        found[exercise.slug] = Achieved(
            score=one.score or 0.0,
            most=exercise.max_score,
            least=exercise.pass_score,
            reviewed=exercise.reviewed,
            evidence=str(one.pk),
        )
    return found
