"""Bookmarks and private notes on lessons."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from courses.learners.models import Bookmark, Note

if TYPE_CHECKING:
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
