"""The transcript: everything that a learner has passed, course by course."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from courses.catalogue.models import Course
from courses.certificates.achievements import achieved_by
from courses.certificates.models import Certificate
from courses.learners.models import Completion, CompletionKind

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Mapping

    from courses.accounts.models import User
    from courses.catalogue.models import Part
    from courses.certificates.achievements import Achieved


@dataclass(frozen=True)
class Entry:
    """A part that was passed.

    Attributes:
        kind: what it is, in words.
        score: of an exercise: a percentage; empty for anything else.
    """

    title: str
    kind: str
    passed_at: dt.datetime
    score: str


@dataclass(frozen=True)
class CourseRecord:
    """What was passed of one course.

    Attributes:
        certificate: the valid one; None without one.
    """

    title: str
    language: str
    certificate: Certificate | None
    entries: tuple[Entry, ...]


def transcript_of(user: User) -> list[CourseRecord]:
    """Return what a learner has passed, in the catalogue's order: five queries."""
    lessons: dict[tuple[str, int], dt.datetime] = {}
    exercises: dict[str, dt.datetime] = {}
    for one in Completion.objects.filter(user=user):
        if one.lesson_id is None:
            exercises[one.exercise_slug] = one.created_at
        else:
            lessons[one.kind, one.lesson_id] = one.created_at
    holding = Certificate.objects.filter(user=user, revoked_at=None, course__isnull=False)
    certificates = {one.course_id: one for one in holding}
    achieved = achieved_by(user, list(exercises))
    found = []
    for course in Course.objects.order_by("position", "slug").with_parts():
        entries = [
            entry
            for part in course.parts.all()
            for entry in _entries(part, lessons, exercises, achieved)
        ]
        if entries:
            certificate = certificates.get(course.pk)
            found.append(CourseRecord(course.title, course.language, certificate, tuple(entries)))
    return found


def _entries(
    part: Part,
    lessons: Mapping[tuple[str, int], dt.datetime],
    exercises: Mapping[str, dt.datetime],
    achieved: Mapping[str, Achieved],
) -> list[Entry]:
    if part.lesson_id is None:
        moment = exercises.get(part.exercise_slug)
        if moment is None:
            return []
        result = achieved.get(part.exercise_slug)
        kind = _("Project") if result is not None and result.reviewed else _("Exercise")
        score = f"{result.score:g}/{result.most:g}" if result is not None else ""
        return [Entry(part.title, kind, moment, score)]
    words = ((CompletionKind.LESSON, _("Lesson read")), (CompletionKind.QUIZ, _("Quiz passed")))
    return [
        Entry(part.title, word, lessons[kind, part.lesson_id], "")
        for kind, word in words
        if (kind, part.lesson_id) in lessons
    ]
