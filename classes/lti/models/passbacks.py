"""The outbox of scores."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from classes.lti.models.launches import LmsAccount
from classes.lti.models.platforms import ResourceLink

if TYPE_CHECKING:
    from classes.models import Class


class Progress(models.TextChoices):
    """How far a piece of work is, in the words of the Assignment and Grade Services."""

    STARTED = "started", _("in progress")
    COMPLETED = "completed", _("completed")
    REVIEW = "review", _("waiting for a review")


class PassbackQuerySet(models.QuerySet["Passback"]):
    """Named ways to read the outbox."""

    def due(self) -> PassbackQuerySet:
        """Return what may be sent now, by a partial index; the longest overdue first."""
        return self.filter(next_attempt_at__lte=Now()).order_by("next_attempt_at", "pk")

    def failing(self) -> PassbackQuerySet:
        """Return what could not be sent: to be tried again, or given up."""
        return self.exclude(last_error="").select_related(
            "account__user", "account__platform", "link__context"
        )

    def failing_in(self, klass: Class) -> PassbackQuerySet:
        """Return those of a class's courses."""
        return self.failing().filter(link__context__klass=klass)

    def given_up(self) -> PassbackQuerySet:
        """Return what has failed too often to be tried again by itself."""
        return self.filter(next_attempt_at__isnull=True).exclude(last_error="")


class Passback(models.Model):
    """The score of one person for one link: what it is, and what the platform has got.

    Attributes:
        percent: the mark as last derived; null until there is one, since opening earns no 0.
        sent_percent: what the platform has accepted last.
        next_attempt_at: null when nothing is to be sent.
    """

    link = models.ForeignKey(ResourceLink, on_delete=models.CASCADE, related_name="passbacks")
    account = models.ForeignKey(LmsAccount, on_delete=models.CASCADE, related_name="passbacks")
    percent = models.FloatField(_("score in per cent"), null=True, blank=True)
    progress = models.CharField(_("progress"), max_length=9, choices=Progress, blank=True)
    sent_percent = models.FloatField(_("score sent"), null=True, blank=True)
    sent_progress = models.CharField(max_length=9, choices=Progress, blank=True)
    sent_at = models.DateTimeField(_("sent at"), null=True, blank=True)
    next_attempt_at = models.DateTimeField(_("next attempt at"), null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    last_error = models.CharField(_("last error"), max_length=300, blank=True)

    objects = PassbackQuerySet.as_manager()

    class Meta:
        verbose_name = _("score to send")
        verbose_name_plural = _("scores to send")
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["link", "account"], name="lti_passback_once"),
            models.CheckConstraint(
                condition=Q(percent__isnull=True) | Q(percent__gte=0, percent__lte=100),
                name="lti_passback_per_cent",
            ),
            models.CheckConstraint(
                condition=Q(next_attempt_at__isnull=True) | Q(percent__isnull=False),
                name="lti_passback_due_has_a_score",
            ),
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(
                fields=["next_attempt_at"],
                condition=Q(next_attempt_at__isnull=False),
                name="lti_passback_due",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.link_id}/{self.account_id}: {self.percent}"
