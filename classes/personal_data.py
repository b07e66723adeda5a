"""What the copy of a person's data holds of classes: the marks, which no table holds."""

from __future__ import annotations

import json
from functools import partial
from typing import TYPE_CHECKING, Any

from django.core.serializers.json import DjangoJSONEncoder

from classes.models import Member
from classes.records import gradebook
from courses.privacy.files import PersonalFile

if TYPE_CHECKING:
    from collections.abc import Iterator

    from courses.models import User


def personal_files(user: User) -> Iterator[PersonalFile]:
    """Yield one file for each class in which the person learns: every part with dates and mark."""
    memberships = Member.objects.filter(user=user).select_related("klass", "user")
    for member in memberships.order_by("pk"):
        if member.learns:
            yield PersonalFile(f"classes/marks-{member.klass_id}.json", partial(_marks, member))


def _marks(member: Member) -> bytes:
    """Return the marks as the person's own page shows them."""
    me = Member.objects.filter(pk=member.pk).select_related("user")
    book = gradebook(member.klass, me)
    row = book.rows[0]
    parts: list[dict[str, Any]] = [
        {
            "part": column.title,
            "subject": column.scheduled.subject,
            "dates": dates._asdict(),
            "mark": mark._asdict(),
        }
        for column, dates, mark in zip(book.columns, row.dates, row.record.marks, strict=True)
    ]
    facts = {
        "class": member.klass.title,
        "earned": row.record.earned,
        "possible": row.record.possible,
        "percent": row.record.percent,
        "parts": parts,
    }
    text = json.dumps(facts, cls=DjangoJSONEncoder, ensure_ascii=False, indent=1)
    return text.encode()
