"""Who reviews whose project."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from classes.models.member import Member
from classes.models.schedule import ScheduledPart


class ReviewAssignment(models.Model):
    """A learner's project is one reviewer's to read, whichever attempt is due.

    Attributes:
        member: the learner.
        reviewer: of the same class; who is no reviewer any more holds nothing.
    """

    member = models.ForeignKey(Member, on_delete=models.CASCADE, related_name="review_assignments")
    part = models.ForeignKey(
        ScheduledPart, on_delete=models.CASCADE, related_name="review_assignments"
    )
    reviewer = models.ForeignKey(Member, on_delete=models.CASCADE, related_name="to_review")
    assigned_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    assigned_at = models.DateTimeField(_("assigned at"), auto_now=True)

    class Meta:
        verbose_name = _("reviewer of a project")
        verbose_name_plural = _("reviewers of projects")
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["member", "part"], name="review_assigned_once"),
        ]

    def __str__(self) -> str:
        return f"{self.member_id}/{self.part_id}: {self.reviewer_id}"
