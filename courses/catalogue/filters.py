"""The filters of the catalogue: topic, level, length and career."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from django.utils.translation import gettext_lazy as _

from courses.catalogue.labels import topic_title
from courses.catalogue.models import Career, Level

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from django.utils.functional import _StrPromise

    from courses.catalogue.models import Course

LENGTHS: Final[dict[str, tuple[_StrPromise, int, int]]] = {
    "short": (_("under 2 hours"), 0, 119),
    "medium": (_("2 to 5 hours"), 120, 300),
    "long": (_("over 5 hours"), 301, 1_000_000),
}
"""Lengths to filter by: name, least and most minutes."""


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
