"""Translations applied to rows in memory; a row without one keeps its language and says so."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from django.utils.translation import get_language

from courses.catalogue.models import Translation

if TYPE_CHECKING:
    from collections.abc import Iterable

    from courses.catalogue.models import Part


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


def apply_translations(rows: Iterable[TranslatableRow]) -> None:
    """Put the visitor's language into rows, in memory only: one query, none for the original.

    Each row's `shown_language` says afterwards what its text is in.
    """
    language = language_shown()
    foreign = {row.subject: row for row in rows if row.original_language != language}
    for row in foreign.values():
        row.shown_language = row.original_language
    if not foreign:
        return
    found = Translation.objects.filter(language=language, subject__in=foreign)
    for subject, fields in found.values_list("subject", "fields"):
        row = foreign[subject]
        for name, value in fields.items():
            setattr(row, name, value)
        row.shown_language = language


def apply_part_translations(parts: Iterable[Part]) -> None:
    """Put the visitor's language into the titles of parts: one query, whatever their number."""
    language = language_shown()
    foreign: dict[str, list[Part]] = {}
    for part in parts:
        part.shown_language = part.course.language
        if part.course.language != language:
            foreign.setdefault(part.subject, []).append(part)
    if not foreign:
        return
    found = Translation.objects.filter(language=language, subject__in=foreign)
    for subject, title, summary in found.values_list("subject", "fields__title", "fields__summary"):
        for part in foreign[subject]:
            part.title = title or part.title
            part.summary = summary or part.summary
            part.shown_language = language
