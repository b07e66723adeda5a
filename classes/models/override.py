"""A person's decision about a mark, beside the platform's score."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from classes.models.member import Member
from classes.models.schedule import MAX_POINTS, ScheduledPart


class Override(models.Model):
    """The points that count instead of the platform's score; the rows are the history.

    Attributes:
        points: None: excused, the part does not count for this learner.
        withdrawn_at: replaced by a newer one, or taken back.
    """

    member = models.ForeignKey(Member, on_delete=models.CASCADE, related_name="overrides")
    part = models.ForeignKey(ScheduledPart, on_delete=models.CASCADE, related_name="overrides")
    points = models.FloatField(_("points"), null=True, blank=True)
    reason = models.CharField(_("reason"), max_length=500)
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    made_at = models.DateTimeField(_("made at"), auto_now_add=True)
    withdrawn_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    withdrawn_at = models.DateTimeField(_("withdrawn at"), null=True, blank=True)

    class Meta:
        verbose_name = _("override")
        verbose_name_plural = _("overrides")
        ordering: ClassVar[list[str]] = ["-made_at", "-pk"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["member", "part"],
                condition=Q(withdrawn_at__isnull=True),
                name="override_one_in_force",
            ),
            models.CheckConstraint(
                condition=Q(points__isnull=True) | Q(points__gte=0, points__lte=MAX_POINTS),
                name="override_points_in_range",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.member_id}/{self.part_id}: {self.points}"
