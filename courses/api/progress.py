"""A learner's progress in a course, as every answer of the API shows it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from rest_framework import serializers

from courses.learners.progress import done_by, progress_in
from courses.models import Certificate, Course, User

if TYPE_CHECKING:
    from courses.learners.progress import CourseProgress


class ProgressSerializer(serializers.Serializer[Any]):
    """One's own progress in a course."""

    done = serializers.IntegerField(source="progress.done")
    total = serializers.IntegerField(source="progress.total")
    percent = serializers.IntegerField(source="progress.percent")
    minutes_left = serializers.IntegerField(source="progress.minutes_left")
    complete = serializers.BooleanField(source="progress.complete")
    certificate = serializers.UUIDField(source="certificate.pk", allow_null=True)


@dataclass(frozen=True)
class Standing:
    """How far a learner is in a course, and the certificate if there is one."""

    progress: CourseProgress
    certificate: Certificate | None


def certificate_for(user: User | None, course: Course) -> Certificate | None:
    """Return the learner's certificate of a course."""
    if user is None:
        return None
    return Certificate.objects.current().filter(user=user, course=course).first()


def standing(user: User, course: Course) -> Standing:
    """Return how far a learner is in a course."""
    progress = progress_in(course.parts.for_outlines(), done_by(user))
    return Standing(progress, certificate_for(user, course))
