"""One's classes on the dashboard, with what was announced lately and what is due next."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django import template
from django.utils import timezone

from classes.announcements import announcements_for
from classes.models import Member
from classes.records import gradebook
from courses.models import User

if TYPE_CHECKING:
    from django.template import Context

register = template.Library()

NEW_FOR = timedelta(days=14)
MOST_DUE = 3
MOST_CLASSES = 4


@register.inclusion_tag("classes/_my_classes.html", takes_context=True)
def my_classes(context: Context) -> dict[str, Any]:
    """Return the running classes of whoever is signed in; one query for who has none."""
    user = context["request"].user
    if not isinstance(user, User):
        return {"entries": []}
    mine = (
        Member.objects.present()
        .filter(user=user, klass__archived_at=None)
        .select_related("klass", "user")
        .order_by("-klass__starts_on")[:MOST_CLASSES]
    )
    return {"entries": [_entry(member) for member in mine]}


def _entry(member: Member) -> dict[str, Any]:
    entry: dict[str, Any] = {"member": member, "klass": member.klass}
    if not member.learns:
        return entry
    now = timezone.now()
    book = gradebook(member.klass, unsaved=[member])
    row = book.rows[0]
    waiting = [
        (dates.due, column)
        for column, dates, mark in zip(book.columns, row.dates, row.record.marks, strict=True)
        if dates.due is not None and dates.due >= now and mark.points is None
    ]
    entry["due"] = sorted(waiting, key=lambda one: one[0])[:MOST_DUE]
    entry["announcements"] = announcements_for(member).filter(created_at__gte=now - NEW_FOR)[:2]
    return entry
