"""Emails that remind learners of due dates, as long before as each one wishes.

Nothing is decided here: whether work is late, two instants say. A reminder that is lost costs an
email, one that is sent twice is prevented by a constraint.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from django.conf import settings
from django.core.mail import EmailMessage
from django.db import IntegrityError, transaction
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import override

from classes.models import LEARNING_ROLES, Class, Member, Reminder
from classes.records import gradebook
from courses.accounts.time_zone import zone_of

if TYPE_CHECKING:
    from datetime import datetime

    from classes.records import Column, Row

CHOICES = (0, 12, 24, 48, 72, 168)
"""Hours before a due date that a learner may choose; 0 for none."""


def send_due_reminders(*, now: datetime | None = None) -> int:
    """Write the reminders that are due now; return how many."""
    moment = now or timezone.now()
    wanting = Member.objects.present().filter(remind_hours__gt=0, user__isnull=False)
    running = Class.objects.filter(archived_at=None, pk__in=wanting.values("klass"))
    sent = 0
    for klass in running:
        of_class = wanting.filter(klass=klass, role__in=LEARNING_ROLES).in_order()
        book = gradebook(klass, of_class, now=moment)
        for row in book.rows:
            until = moment + timedelta(hours=row.member.remind_hours)
            for column, dates, mark in zip(book.columns, row.dates, row.record.marks, strict=True):
                waiting = mark.points is None and not mark.pending and not mark.excused
                if waiting and dates.due is not None and moment < dates.due <= until:
                    sent += _remind(klass, row, column, dates.due)
    return sent


def _remind(klass: Class, row: Row, column: Column, due: datetime) -> bool:
    user = row.member.user
    if user is None:
        return False
    try:
        with transaction.atomic():
            Reminder.objects.create(member=row.member, part=column.scheduled, due_at=due)
            with override(user.locale or settings.LANGUAGE_CODE):
                own, of_class = zone_of(user.time_zone), klass.zone
                facts = {
                    "klass": klass,
                    "title": column.title,
                    "due": date_format(due.astimezone(own), "DATETIME_FORMAT"),
                    "zone": own.key,
                    "class_due": date_format(due.astimezone(of_class), "DATETIME_FORMAT"),
                    "class_zone": of_class.key,
                    "address": settings.SITE_URL + column.address,
                    "settings": settings.SITE_URL + reverse("classes:home", args=[klass.pk]),
                }
                EmailMessage(
                    subject=_("Due soon: %(title)s") % {"title": column.title},
                    body=render_to_string("classes/mail_reminder.txt", facts),
                    to=[user.email],
                ).send()
    except IntegrityError:  # another process was faster
        return False
    return True
