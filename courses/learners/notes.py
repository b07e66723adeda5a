"""Bookmarks and private notes on lessons."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import OuterRef, Q, Subquery
from django.utils.translation import gettext as _

from courses.catalogue.models import COURSE_TEXTS, Part, below
from courses.learners.models import Bookmark, Note

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from courses.accounts.models import User
    from courses.lessons.models import Lesson

LONGEST_NOTE: Final = 10_000  # characters: a few pages


@transaction.atomic
def keep(*, user: User, lesson: Lesson, kept: bool) -> None:
    """Add or remove a bookmark on a lesson."""
    if kept:
        Bookmark.objects.get_or_create(user=user, lesson=lesson)
    else:
        Bookmark.objects.filter(user=user, lesson=lesson).delete()


@transaction.atomic
def write_note(*, user: User, lesson: Lesson, text: str) -> None:
    """Save a learner's note on a lesson; an empty text deletes it.

    Raises:
        ValidationError: it is too long.
    """
    # Browsers send two characters for the end of a line, and count one.
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


def latest_kept(user: User, most: int) -> tuple[list[Bookmark], list[Note]]:
    """Return the latest bookmarks and notes on lessons that are taught: one query.

    They are what `with_parts()` returns of each, at most so many, with one lesson where both are on
    the same.
    """
    bookmarks, notes = Bookmark.objects.filter(user=user), Note.objects.filter(user=user)
    latest = [
        rows.filter(lesson__part__isnull=False).values("lesson")[:most]
        for rows in (bookmarks, notes)
    ]
    on_it = {"lesson": OuterRef("lesson")}
    parts: QuerySet[Any] = (
        Part.objects.for_outlines()
        .filter(Q(lesson__in=latest[0]) | Q(lesson__in=latest[1]))
        .select_related("course")
        .defer(*below("course", COURSE_TEXTS))
        .annotate(
            bookmarked_at=Subquery(bookmarks.filter(**on_it).values("created_at")[:1]),
            noted_at=Subquery(notes.filter(**on_it).values("updated_at")[:1]),
            note_text=Subquery(notes.filter(**on_it).values("text")[:1]),
        )
    )
    kept = [
        Bookmark(user=user, lesson=part.lesson, created_at=part.bookmarked_at)
        for part in parts
        if part.bookmarked_at is not None
    ]
    written = [
        Note(user=user, lesson=part.lesson, text=part.note_text, updated_at=part.noted_at)
        for part in parts
        if part.noted_at is not None
    ]
    kept.sort(key=lambda one: one.created_at, reverse=True)
    written.sort(key=lambda one: one.updated_at, reverse=True)
    return kept[:most], written[:most]
