"""Reviews: a person reviews a project that passed its automatic checks.

The exercise is completed by the review, not by the checks. A review may be changed; a completion
once earned stays.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils import timezone

from courses.learners.progress import record_completion
from exercises.catalogue.rubric import ReviewRubric
from exercises.models import Review
from exercises.submissions import emails, lifecycle

if TYPE_CHECKING:
    from collections.abc import Mapping

    from courses.models import User
    from exercises.catalogue.rubric import Level, ReviewCriterion
    from exercises.models import Submission


class ReviewRefused(Exception):  # noqa: N818  # named after what happened, as in grader.errors
    """There is nothing to review; the text is for the reviewer."""


@dataclass(frozen=True)
class ReviewLine:
    """A criterion with the level that a review gave; None when the rubric has changed since."""

    criterion: ReviewCriterion
    points: float
    level: Level | None


def rubric_of(submission: Submission) -> ReviewRubric | None:
    """Return the review rubric of this submission; None when it has none."""
    facts = submission.exercise.description.get("review")
    return ReviewRubric.from_json(facts) if facts else None


def review_lines(submission: Submission) -> list[ReviewLine]:
    """Return what the review says, criterion by criterion; nothing when there is none."""
    review: Review | None = getattr(submission, "review", None)
    rubric = rubric_of(submission)
    if review is None or rubric is None:
        return []
    return [
        ReviewLine(one, points, one.level(points))
        for one in rubric.criteria
        for points in [review.points.get(one.id, 0)]
    ]


@transaction.atomic
def record_review(
    *, submission: Submission, reviewer: User, points: Mapping[str, float], comment: str
) -> Review:
    """Write a review and what follows from it.

    Args:
        submission: graded, its checks passed, of an exercise with a rubric.
        reviewer: a member of staff.
        points: criterion id -> the points of one of its levels, for each criterion.
        comment: for the learner.

    Raises:
        ReviewRefused: nothing can be reviewed here, or the points do not fit the rubric.
    """
    rubric = rubric_of(submission)
    if rubric is None or not submission.passed:
        raise ReviewRefused("Only projects that passed the automatic checks can be reviewed.")
    fits = set(points) == {criterion.id for criterion in rubric.criteria} and all(
        criterion.level(points[criterion.id]) for criterion in rubric.criteria
    )
    if not fits:
        raise ReviewRefused("Each criterion needs the points of one of its levels.")
    score = sum(points.values())
    review, _created = Review.objects.update_or_create(
        submission=submission,
        defaults={
            "reviewer": reviewer,
            "points": dict(points),
            "score": score,
            "max_score": rubric.max_score,
            "passed": rubric.accepts(points),
            "comment": comment,
            "created_at": timezone.now(),
            "mail_due": True,
        },
    )
    lifecycle.update_review_due(user=submission.user, exercise=submission.exercise)
    emails.mail_reviewed(submission.pk)
    if review.passed:
        record_completion(user=submission.user, exercise_slug=submission.exercise.slug)
    return review
