"""Ratings of courses by learners who did at least half of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Avg, Count
from django.utils.translation import gettext as _

from courses.learners.models import Rating
from courses.learners.progress import done_by, progress_in

if TYPE_CHECKING:
    from courses.accounts.models import User
    from courses.catalogue.models import Course

LEAST_PERCENT: Final = 50
"""Progress in a course from which on a learner may rate it."""
MOST_STARS: Final = 5


def may_rate(*, user: User, course: Course) -> bool:
    """Say whether a learner has done at least half of a course."""
    return progress_in(course.parts.for_outlines(), done_by(user)).percent >= LEAST_PERCENT


@transaction.atomic
def rate(*, user: User, course: Course, stars: int) -> Rating:
    """Rate a course with one to five stars; a second rating replaces the first.

    Raises:
        ValidationError: the learner has done less than half of it, or these are no stars.
    """
    if not 1 <= stars <= MOST_STARS:
        raise ValidationError(_("Choose one to five stars."))
    if not may_rate(user=user, course=course):
        raise ValidationError(_("Complete at least half of a course to rate it."))
    rating, _created = Rating.objects.update_or_create(
        user=user, course=course, defaults={"stars": stars}
    )
    update_mean_rating(course)
    return rating


def update_mean_rating(course: Course) -> None:
    """Recompute a course's mean rating."""
    found = Rating.objects.filter(course=course).aggregate(mean=Avg("stars"), count=Count("pk"))
    course.rating_mean, course.rating_count = found["mean"] or 0.0, found["count"]
    course.save(update_fields=["rating_mean", "rating_count"])
