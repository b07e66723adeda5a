"""Translations applied to rows in memory; a row without one keeps its language and says so."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any, Final, Protocol

from django.db.models import Case, CharField, OuterRef, Subquery, Value, When
from django.db.models.fields.json import KT
from django.db.models.functions import Concat
from django.db.models.lookups import Exact
from django.utils.translation import get_language

from courses.catalogue.models import Translation

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from django.db.models import F, QuerySet
    from django.db.models.expressions import Combinable

    from courses.catalogue.models import Part

NO_SUBJECT: Final = ""
"""Names no translation."""


class TranslatableRow(Protocol):
    """A course, a lesson or a path."""

    shown_language: str

    @property
    def subject(self) -> str:
        """The key under which translations are stored."""

    @property
    def original_language(self) -> str:
        """The language that the row was written in."""


def language_shown() -> str:
    """Return the language that the visitor reads the site in, such as ``fr``."""
    return (get_language() or "en").partition("-")[0]


def apply_translations(rows: Iterable[TranslatableRow], parts: Iterable[Part] = ()) -> None:
    """Put the visitor's language into rows, in memory only: one query, none for the original.

    Each row's `shown_language` says afterwards what its text is in.

    Args:
        rows: courses, lessons, paths.
        parts: of a course; only their titles and summaries are read.
    """
    language = language_shown()
    foreign = {row.subject: row for row in rows if row.original_language != language}
    for row in foreign.values():
        row.shown_language = row.original_language
    outlined: defaultdict[str, list[Part]] = defaultdict(list)
    for part in parts:
        part.shown_language = part.course.language
        if part.course.language != language:
            outlined[part.subject].append(part)
    if not foreign and not outlined:
        return
    found = Translation.objects.filter(language=language, subject__in={*foreign, *outlined})
    whole = Case(When(subject__in=[*foreign, NO_SUBJECT], then="fields"))
    for subject, fields, title, summary in found.values_list(
        "subject", whole, "fields__title", "fields__summary"
    ):
        if subject in foreign:
            _lay_over(foreign[subject], fields, language)
        for part in outlined[subject]:
            part.title = title or part.title
            part.summary = summary or part.summary
            part.shown_language = language


def apply_part_translations(parts: Iterable[Part]) -> None:
    """Put the visitor's language into the titles of parts: one query, whatever their number."""
    apply_translations((), parts)


def with_titles(parts: QuerySet[Part]) -> list[Part]:
    """Return parts with their titles in the visitor's language: one query, that of the parts."""
    language = language_shown()
    place = (Value("lesson:"), OuterRef("course__slug"), Value("/"), OuterRef("lesson__slug"))
    subject = Case(
        When(
            Exact(OuterRef("exercise_slug"), Value("")),
            then=Concat(*place, output_field=CharField()),
        ),
        default=Concat(Value("exercise:"), OuterRef("exercise_slug"), output_field=CharField()),
        output_field=CharField(),
    )
    found = Translation.objects.filter(language=language, subject=subject)
    title = Subquery(found.annotate(title=KT("fields__title")).values("title")[:1])
    rows = list(parts.annotate(translated_title=title))
    for row in rows:
        row.shown_language = row.course.language
        if row.course.language != language and row.translated_title:
            row.title, row.shown_language = row.translated_title, language
    return [*rows]


def translation_of_lesson(course_slug: F | Combinable, slug: F | Combinable) -> Subquery:
    """Return what a query of other rows is annotated with, to bring their lessons' translations.

    Args:
        course_slug: an `OuterRef` to the slug of the lesson's course.
        slug: an `OuterRef` to the lesson's own.
    """
    subject = Concat(Value("lesson:"), course_slug, Value("/"), slug, output_field=CharField())
    found = Translation.objects.filter(language=language_shown(), subject=subject)
    return Subquery(found.values("fields")[:1])


def apply_translation(row: TranslatableRow, fields: Mapping[str, Any] | None) -> None:
    """Put a translation that `translation_of_lesson` has brought into a row: no query."""
    language = language_shown()
    if row.original_language == language:
        return
    row.shown_language = row.original_language
    if fields is not None:
        _lay_over(row, fields, language)


def _lay_over(row: TranslatableRow, fields: Mapping[str, Any], language: str) -> None:
    for name, value in fields.items():
        setattr(row, name, value)
    row.shown_language = language
