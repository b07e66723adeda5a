"""What an entry of a class's audit says, in the words and dates of the class's pages."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from django.core.exceptions import FieldDoesNotExist
from django.db.models import Field
from django.utils.formats import date_format
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from classes.models import Class, Extension, Member, ScheduledPart
from classes.scheduling import NAMES

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from classes.models import AuditEntry

WITH_BEFORE = {
    "class.changed",
    "member.changed",
    "override.made",
    "review.assigned",
    "schedule.changed",
}
"""The actions that record what a field was before, as a list of old and new."""
NOTHING = "–"  # noqa: RUF001  # a dash for none, as in the tables


def details(entry: AuditEntry, zone: ZoneInfo) -> list[tuple[str, str]]:
    """Return each fact of an entry: its name, and its value or how the value changed."""
    found = []
    for name, value in entry.facts.items():
        field = _field(entry.action, name)
        match value:
            case [before, after] if entry.action in WITH_BEFORE:
                said = f"{_said(before, field, zone)} → {_said(after, field, zone)}"
            case _:
                said = _said(value, field, zone)
        found.append((_named(name, field), said))
    return found


def _field(action: str, name: str) -> Field[Any, Any] | None:
    kinds = {"class": Class, "member": Member, "schedule": ScheduledPart, "extension": Extension}
    model = kinds.get(action.partition(".")[0])
    if model is None:
        return None
    try:
        field = model._meta.get_field(name)  # noqa: SLF001  # documented
    except FieldDoesNotExist:
        return None
    return field if isinstance(field, Field) else None


def _named(name: str, field: Field[Any, Any] | None) -> str:
    known = NAMES.get(name) or (field.verbose_name if field is not None else "")
    return capfirst(str(known or name.replace("_", " ")))


def _said(value: Any, field: Field[Any, Any] | None, zone: ZoneInfo) -> str:
    if value is None or value in ("", []):
        return NOTHING
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, list):
        return ", ".join(_said(one, field, zone) for one in value)
    if isinstance(value, float):
        return f"{value:g}"
    chosen = dict(field.flatchoices).get(value) if field is not None and field.choices else None
    return str(chosen) if chosen is not None else _dated(str(value), zone)


def _dated(text: str, zone: ZoneInfo) -> str:
    """Return a moment or a day as the pages write it; any other text as it is."""
    try:
        if "T" in text:
            moment = datetime.fromisoformat(text)
            return date_format(moment.astimezone(zone), "SHORT_DATETIME_FORMAT")
        return date_format(date.fromisoformat(text), "SHORT_DATE_FORMAT")
    except ValueError:
        return text
