"""What instructors tell a class, and which reminders were sent."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from classes.models.klass import Class
from classes.models.member import Member
from classes.models.schedule import ScheduledPart


class Announcement(models.Model):
    """A message to a class, a section, or chosen members; on their dashboards, by mail if wished.

    Attributes:
        html: the body, rendered and sanitised when it was written.
        section: only for this section; empty: for all.
        recipients: only for these members; none: for all (of the section).
    """

    klass = models.ForeignKey(Class, on_delete=models.CASCADE, related_name="announcements")
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    title = models.CharField(_("title"), max_length=200)
    body = models.TextField(_("message"), max_length=10_000)
    html = models.TextField()
    section = models.CharField(_("only for section"), max_length=80, blank=True)
    recipients: models.ManyToManyField[Member, models.Model] = models.ManyToManyField(
        Member, related_name="announcements", blank=True
    )
    chosen = models.BooleanField(default=False)
    mailed = models.PositiveIntegerField(_("sent by email to"), default=0)
    created_at = models.DateTimeField(_("written at"), auto_now_add=True)

    class Meta:
        verbose_name = _("announcement")
        verbose_name_plural = _("announcements")
        ordering: ClassVar[list[str]] = ["-created_at", "-pk"]

    def __str__(self) -> str:
        return self.title


class Reminder(models.Model):
    """An email that reminded a learner of a due date; once for each date that held."""

    member = models.ForeignKey(Member, on_delete=models.CASCADE, related_name="reminders")
    part = models.ForeignKey(ScheduledPart, on_delete=models.CASCADE, related_name="+")
    due_at = models.DateTimeField()
    sent_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = _("reminder")
        verbose_name_plural = _("reminders")
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["member", "part", "due_at"], name="reminder_once_a_due_date"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.member_id}/{self.part_id}"
