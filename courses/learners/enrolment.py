"""Enrolling in a course, leaving it, and resuming it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction
from django.utils import timezone

from courses.learners.models import Enrolment
from courses.learners.progress import issue_what_is_earned

if TYPE_CHECKING:
    from courses.accounts.models import User
    from courses.catalogue.models import Course, Part


@transaction.atomic
def enrol(*, user: User, course: Course) -> tuple[Enrolment, bool]:
    """Enrol a learner in a course; the second value is true for a new enrolment.

    Whoever did all its exercises elsewhere and read its lessons gets the certificate now.
    """
    enrolment, created = Enrolment.objects.get_or_create(user=user, course=course)
    if created:
        issue_what_is_earned(user=user, courses=[course])
    return enrolment, created


@transaction.atomic
def leave(*, user: User, course: Course) -> None:
    """Leave a course; what was completed stays and counts again when the learner returns."""
    Enrolment.objects.filter(user=user, course=course).delete()


def remember_place(*, user: User, part: Part) -> None:
    """Note where a learner of the course is, to resume there."""
    Enrolment.objects.filter(user=user, course=part.course).update(
        last_part=part, last_seen_at=timezone.now()
    )
