"""Reviews: a person marks a project whose automatic checks have passed.

The exercise is completed by the review, not by the checks. A review may be changed; a completion
once earned stays.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction
from django.utils import timezone

from courses.progress import record_completion
from exercises.models import Review
from exercises.rubric import ReviewRubric

if TYPE_CHECKING:
    from collections.abc import Mapping

    from courses.models import User
    from exercises.models import Submission


class ReviewRefused(Exception):  # noqa: N818  # named after what happened, as in grader.errors
    """There is nothing to review; the text is for the reviewer."""


def rubric_of(submission: Submission) -> ReviewRubric | None:
    """Return what a reviewer marks of this submission; None when nothing."""
    facts = submission.exercise.description.get("review")
    return ReviewRubric.from_json(facts) if facts else None


@transaction.atomic
def record_review(
    *, submission: Submission, reviewer: User, points: Mapping[str, float], comment: str
) -> Review:
    """Write a review and what follows from it.

    Args:
        submission: graded, its checks passed, of an exercise with a rubric.
        reviewer: a member of staff.
        points: criterion id -> points from 0 to its maximum, one for each criterion.
        comment: for the learner.

    Raises:
        ReviewRefused: nothing can be reviewed here, or the points do not fit the rubric.
    """
    rubric = rubric_of(submission)
    if rubric is None or not submission.passed:
        raise ReviewRefused("Only a project whose checks have passed is reviewed.")
    fits = set(points) == {criterion.id for criterion in rubric.criteria} and all(
        0 <= points[criterion.id] <= criterion.points for criterion in rubric.criteria
    )
    if not fits:
        raise ReviewRefused("Each criterion gets points from 0 to its maximum.")
    score = sum(points.values())
    review, _created = Review.objects.update_or_create(
        submission=submission,
        defaults={
            "reviewer": reviewer,
            "points": dict(points),
            "score": score,
            "max_score": rubric.max_score,
            "passed": score >= rubric.pass_score,
            "comment": comment,
            "created_at": timezone.now(),
        },
    )
    if review.passed:
        record_completion(user=submission.user, exercise_slug=submission.exercise.slug)
    return review
