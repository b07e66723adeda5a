"""The outbox."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Count, Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _


class OutgoingMailQuerySet(models.QuerySet["OutgoingMail"]):
    """Named ways to read the outbox."""

    def due(self) -> OutgoingMailQuerySet:
        """Return what may be sent now, by a partial index; the longest overdue first."""
        return self.filter(next_attempt_at__lte=Now()).order_by("next_attempt_at")

    def backlog(self) -> tuple[int, int]:
        """Count what is still to be sent, and what of it has failed before."""
        failed = Count("pk", filter=~Q(last_error=""))
        found = self.filter(next_attempt_at__isnull=False).aggregate(all=Count("pk"), failed=failed)
        return found["all"], found["failed"]

    def delayed(self) -> OutgoingMailQuerySet:
        """Return what has failed and will be tried again."""
        return self.filter(next_attempt_at__isnull=False).exclude(last_error="")

    def given_up(self) -> OutgoingMailQuerySet:
        """Return what has failed too often to be tried again by itself."""
        return self.filter(next_attempt_at__isnull=True)


class OutgoingMail(models.Model):
    """An email that has not been sent yet; the row is deleted once it has been.

    `attempts` counts every try, `handovers` those in which the mail server got the email and may
    have delivered it, whatever it answered.
    """

    message = models.JSONField(_("content"))
    created_at = models.DateTimeField(_("written at"), db_default=Now(), editable=False)
    next_attempt_at = models.DateTimeField(_("next attempt at"), null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    handovers = models.PositiveSmallIntegerField(_("handovers to the mail server"), default=0)
    last_error = models.TextField(_("last error"), blank=True)

    objects = OutgoingMailQuerySet.as_manager()

    class Meta:
        verbose_name = _("outgoing email")
        verbose_name_plural = _("outgoing emails")
        indexes: ClassVar[list[models.Index]] = [
            models.Index(
                fields=["next_attempt_at"],
                condition=Q(next_attempt_at__isnull=False),
                name="outgoing_mail_due",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.message['subject']} ({', '.join(self.message['to'])})"
