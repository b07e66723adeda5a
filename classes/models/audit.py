"""The audit: who changed which date, policy, mark or membership of a class, and when."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from classes.models.klass import Class
from classes.models.member import Member
from classes.models.schedule import ScheduledPart


class AuditEntry(models.Model):
    """One change; nothing edits or deletes an entry.

    Attributes:
        action: what happened, e.g. ``schedule.changed``; `classes.audit.ACTIONS` has the words.
        member, part: whom and what it is about, where it is about one.
        facts: old and new values by field; no names, so that an account can be deleted.
    """

    klass = models.ForeignKey(Class, on_delete=models.CASCADE, related_name="audit")
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    action = models.CharField(_("action"), max_length=40)
    member = models.ForeignKey(
        Member, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    part = models.ForeignKey(
        ScheduledPart, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    facts = models.JSONField(default=dict)
    at = models.DateTimeField(_("at"), auto_now_add=True)

    class Meta:
        verbose_name = _("audit entry")
        verbose_name_plural = _("audit entries")
        ordering: ClassVar[list[str]] = ["-at", "-pk"]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["klass", "-at"], name="audit_latest"),
        ]

    def __str__(self) -> str:
        return self.action
