"""A learner's due dates as a calendar that others' software subscribes to (RFC 5545)."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _

from classes.models import Member
from classes.records import gradebook

if TYPE_CHECKING:
    from datetime import datetime

CONTENT_TYPE = "text/calendar; charset=utf-8"


def calendar_of(member: Member) -> bytes:
    """Return the due dates of one member, extensions included, in the class's zone."""
    from icalendar import Calendar, Event  # noqa: PLC0415  # only where a calendar is asked for

    klass = member.klass
    only = Member.objects.filter(pk=member.pk).select_related("user")
    book = gradebook(klass, only)
    row = book.rows[0]
    calendar = Calendar()
    calendar.add("prodid", "-//Whybox//classes//EN")
    calendar.add("version", "2.0")
    calendar.add("x-wr-calname", str(klass))
    calendar.add("x-wr-timezone", klass.zone.key)
    calendar.add("refresh-interval;value=duration", "PT6H")
    now = timezone.now()
    for column, dates in zip(book.columns, row.dates, strict=True):
        due: datetime | None = dates.due
        if due is None:
            continue
        event = Event()
        event.add("uid", f"{member.pk}-{column.scheduled.pk}@whybox")
        event.add("dtstamp", now)
        local = due.astimezone(klass.zone)
        event.add("dtstart", local)
        event.add("dtend", local + timedelta(minutes=1))
        event.add("summary", _("Due: %(title)s") % {"title": column.title})
        event.add("description", str(klass))
        if column.address:
            event.add("url", settings.SITE_URL + column.address)
        calendar.add_component(event)
    calendar.add_missing_timezones()
    return bytes(calendar.to_ical())
