"""Bookmarks, private notes and ratings."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Avg, Count
from django.utils.translation import gettext as _

from courses.learners.models import Bookmark, Note, Rating
from courses.progress import done_by, progress_in

if TYPE_CHECKING:
    from courses.models import Course, Lesson, User

LONGEST_NOTE: Final = 10_000  # characters: a page or four
HALF: Final = 50  # per cent
MOST_STARS: Final = 5


@transaction.atomic
def keep(*, user: User, lesson: Lesson, kept: bool) -> None:
    """Put a bookmark on a lesson, or take it away."""
    if kept:
        Bookmark.objects.get_or_create(user=user, lesson=lesson)
    else:
        Bookmark.objects.filter(user=user, lesson=lesson).delete()


@transaction.atomic
def write_note(*, user: User, lesson: Lesson, text: str) -> None:
    """Write a learner's note on a lesson; an empty one takes it away.

    Raises:
        ValidationError: it is too long.
    """
    # Browsers send two signs for the end of a line, and count one.
    text = text.replace("\x00", "").replace("\r\n", "\n").strip()
    if len(text) > LONGEST_NOTE:
        raise ValidationError(
            _("A note has at most %(most)d characters; this one has %(length)d."),
            params={"most": LONGEST_NOTE, "length": len(text)},
        )
    if text:
        Note.objects.update_or_create(user=user, lesson=lesson, defaults={"text": text})
    else:
        Note.objects.filter(user=user, lesson=lesson).delete()


def may_rate(*, user: User, course: Course) -> bool:
    """Say whether a learner has done at least half of a course."""
    return progress_in(course.parts.for_outlines(), done_by(user)).percent >= HALF


@transaction.atomic
def rate(*, user: User, course: Course, stars: int) -> Rating:
    """Rate a course with one to five stars; a second rating replaces the first.

    Raises:
        ValidationError: the learner has done less than half of it, or these are no stars.
    """
    if not 1 <= stars <= MOST_STARS:
        raise ValidationError(_("Choose one to five stars."))
    if not may_rate(user=user, course=course):
        raise ValidationError(_("Who has done at least half of a course may rate it."))
    rating, _created = Rating.objects.update_or_create(
        user=user, course=course, defaults={"stars": stars}
    )
    count_ratings(course)
    return rating


def count_ratings(course: Course) -> None:
    """Write a course's mean rating anew."""
    found = Rating.objects.filter(course=course).aggregate(mean=Avg("stars"), count=Count("pk"))
    course.rating_mean, course.rating_count = found["mean"] or 0.0, found["count"]
    course.save(update_fields=["rating_mean", "rating_count"])
