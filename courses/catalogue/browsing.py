"""What the catalogue shows: courses with numbers computed from their parts, filtered."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from django.utils.translation import gettext_lazy as _

from courses.catalogue.languages import lay_over, lay_over_parts
from courses.catalogue.models import Career, Level
from courses.models import Course, Enrolment, User
from courses.progress import Done, done_by, progress_in
from courses.templatetags.course_words import topic_title

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from django.contrib.auth.models import AnonymousUser
    from django.utils.functional import _StrPromise

    from courses.progress import CourseProgress

LENGTHS: Final[dict[str, tuple[_StrPromise, int, int]]] = {
    "short": (_("under 2 hours"), 0, 119),
    "medium": (_("2 to 5 hours"), 120, 300),
    "long": (_("over 5 hours"), 301, 1_000_000),
}
"""Lengths to filter by: name, least and most minutes."""


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


@dataclass(frozen=True)
class Option:
    """A value to filter by, with the number of courses that have it."""

    value: str
    title: str
    count: int


@dataclass(frozen=True)
class Filters:
    """What the visitor asked for; an empty text asks for nothing."""

    topic: str = ""
    level: str = ""
    length: str = ""
    career: str = ""

    @classmethod
    def read(cls, query: Mapping[str, str]) -> Filters:
        """Return the filters that a query string names."""
        return cls(**{name: query.get(name, "") for name in cls.__dataclass_fields__})

    @property
    def any(self) -> bool:
        """Say whether there is a filter at all."""
        return any((self.topic, self.level, self.length, self.career))

    def let_through(self, course: Course) -> bool:
        """Say whether a course has everything that was asked for."""
        return (
            self.topic in {"", *course.topics}
            and self.level in {"", course.level}
            and self.career in {"", *course.careers}
            and (not self.length or self.length in _lengths(course))
        )


def cards(courses: Iterable[Course], user: User | AnonymousUser) -> list[CourseCard]:
    """Return courses that came from `with_parts()` as lists show them: four queries at most."""
    courses = list(courses)
    lay_over(courses)
    done, enrolled = Done(), set[int]()
    if isinstance(user, User):
        done = done_by(user)
        enrolled = set(Enrolment.objects.filter(user=user).values_list("course_id", flat=True))
    return [
        CourseCard(course, progress_in(course.parts.all(), done), course.pk in enrolled)
        for course in courses
    ]


def outline(course: Course, user: User | AnonymousUser) -> CourseProgress:
    """Return a course's parts in the visitor's language with what the visitor has done."""
    parts = list(course.parts.for_outlines().select_related("course"))
    lay_over_parts(parts)
    return progress_in(parts, done_by(user) if isinstance(user, User) else Done())


def options(courses: Iterable[Course]) -> dict[str, list[Option]]:
    """Return what can be filtered by, with the number of courses for each value."""
    courses = list(courses)

    def counted(values: Callable[[Course], Iterable[str]]) -> Counter[str]:
        return Counter(value for course in courses for value in values(course))

    topics = counted(lambda course: course.topics)
    levels = counted(lambda course: [course.level])
    lengths = counted(_lengths)
    careers = counted(lambda course: course.careers)
    return {
        "topic": sorted(
            (Option(slug, topic_title(slug), count) for slug, count in topics.items()),
            key=lambda option: option.title,
        ),
        "level": [Option(one.value, str(one.label), levels[one.value]) for one in Level],
        "length": [Option(key, str(facts[0]), lengths[key]) for key, facts in LENGTHS.items()],
        "career": [Option(one.value, str(one.label), careers[one.value]) for one in Career],
    }


def _lengths(course: Course) -> list[str]:
    return [key for key, (_title, low, high) in LENGTHS.items() if low <= course.minutes <= high]
