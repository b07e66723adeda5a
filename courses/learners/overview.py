"""Courses as one visitor sees them: in the visitor's language, with the visitor's progress."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from courses.accounts.models import User
from courses.catalogue.translations import apply_translations
from courses.learners.models import Enrolment
from courses.learners.progress import CourseProgress, Done, done_by, progress_in

if TYPE_CHECKING:
    from collections.abc import Iterable

    from django.contrib.auth.models import AnonymousUser

    from courses.catalogue.models import Course
    from courses.catalogue.translations import TranslatableRow


@dataclass(frozen=True)
class CourseCard:
    """A course as lists show it.

    Attributes:
        progress: of the visitor, or of somebody who has not begun.
        enrolled: the visitor takes the course.
    """

    course: Course
    progress: CourseProgress
    enrolled: bool

    @property
    def lessons(self) -> int:
        """Return the number of lessons."""
        return sum(state.part.lesson_id is not None for state in self.progress.states)

    @property
    def exercises(self) -> int:
        """Return the number of exercises."""
        return len(self.progress.states) - self.lessons


def cards(courses: Iterable[Course], user: User | AnonymousUser) -> list[CourseCard]:
    """Return courses that came from `with_parts()` as lists show them: four queries at most."""
    courses = list(courses)
    apply_translations(courses)
    done, enrolled = Done(), set[int]()
    if isinstance(user, User):
        done = done_by(user)
        enrolled = set(Enrolment.objects.filter(user=user).values_list("course_id", flat=True))
    return [
        CourseCard(course, progress_in(course.parts.all(), done), course.pk in enrolled)
        for course in courses
    ]


def outline(
    course: Course, user: User | AnonymousUser, rows: Iterable[TranslatableRow] = ()
) -> CourseProgress:
    """Return a course's parts in the visitor's language with what the visitor has done.

    Args:
        course: whose parts.
        user: the visitor.
        rows: what else the page shows, put into the visitor's language by the same query.
    """
    parts = list(course.parts.for_outlines())
    apply_translations(rows, parts)
    return progress_in(parts, done_by(user) if isinstance(user, User) else Done())
