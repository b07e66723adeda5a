"""The search index, rebuilt from the rows after a load; `courses.catalogue.search` queries it.

An app above this one adds rows of its own with `register`: exercises do.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

from django.db import connection, transaction
from django.utils.html import strip_tags

from courses.authoring.search_terms import terms
from courses.catalogue.search import SHORTEST_CORRECTED
from courses.models import Course, Lesson, Translation

LONGEST_WORD: Final = 40  # characters; what is longer is an address or data


@dataclass(frozen=True)
class Entry:
    """A page that can be found.

    Attributes:
        subject: its key, as translations use it.
    """

    subject: str
    language: str
    title: str
    body: str


Source = Callable[[], Iterable[Entry]]
_sources: dict[str, Source] = {}


def register(kind: str, source: Source) -> None:
    """Add the rows of another app, by the kind of their subjects; once, when the app is ready."""
    _sources[kind] = source


def is_complete() -> bool:
    """Say whether the index has its words: a site from before they were kept has none."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM courses_search_words LIMIT 1")
        return cursor.fetchone() is not None


@transaction.atomic
def rebuild() -> None:
    """Rebuild the search index, and the words by which a typo is corrected, from the rows."""
    entries = [*_courses(), *_lessons()]
    for source in _sources.values():
        entries += source()
    entries += _translations({entry.subject for entry in entries})
    words = Counter(
        word.lower()
        for entry in entries
        for word in re.findall(r"[^\W\d_]+", f"{entry.title} {entry.body}")
        if SHORTEST_CORRECTED <= len(word) <= LONGEST_WORD
    )
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM courses_search")
        cursor.executemany(
            "INSERT INTO courses_search (subject, language, title, body) VALUES (%s, %s, %s, %s)",
            [(entry.subject, entry.language, entry.title, entry.body) for entry in entries],
        )
        cursor.execute("DELETE FROM courses_search_words")
        cursor.executemany(
            "INSERT INTO courses_search_words (word, uses) VALUES (%s, %s)", list(words.items())
        )


def _courses() -> Iterable[Entry]:
    for course in Course.objects.filter(withdrawn=False):
        skills = " ".join(course.skills)
        body = f"{course.summary} {strip_tags(course.description_html)} {skills}"
        yield Entry(course.subject, course.language, course.title, body)


def _lessons() -> Iterable[Entry]:
    lessons = Lesson.objects.filter(part__isnull=False, course__withdrawn=False)
    for lesson in lessons.select_related("course"):
        body = f"{lesson.summary} {lesson.text}"
        yield Entry(lesson.subject, lesson.course.language, lesson.title, body)
        yield from _terms(lesson.subject, lesson.course.language, lesson.html)


def _terms(subject: str, language: str, html: str) -> Iterable[Entry]:
    """Return the terms that a lesson explains; a translation has them in the same order."""
    place = subject.removeprefix("lesson:")
    for number, term in enumerate(terms(html), start=1):
        yield Entry(f"term:{place}/{number}/{term.anchor}", language, term.name, term.text)


def _translations(known: set[str]) -> Iterable[Entry]:
    for row in Translation.objects.filter(subject__in=known):
        fields = row.fields
        if "title" in fields:
            body = " ".join(fields.get(key, "") for key in ("summary", "text"))
            yield Entry(row.subject, row.language, fields["title"], body)
        if "html" in fields and row.subject.startswith("lesson:"):
            yield from _terms(row.subject, row.language, fields["html"])
