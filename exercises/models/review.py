"""What reviewers say about projects."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from exercises.models.submission import Submission


class Review(models.Model):
    """What a reviewer says about a project; `points` by criterion id."""

    submission = models.OneToOneField(
        Submission, on_delete=models.CASCADE, primary_key=True, related_name="review"
    )
    reviewer = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    points = models.JSONField(_("points by criterion"))
    score = models.FloatField(_("score"))
    max_score = models.FloatField(_("maximum score"))
    passed = models.BooleanField(_("passed"))
    comment = models.TextField(_("comment"), blank=True)
    created_at = models.DateTimeField(_("reviewed at"))
    mail_due = models.BooleanField(_("email due"), default=False)

    class Meta:
        verbose_name = _("review")
        verbose_name_plural = _("reviews")
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["-created_at"], name="review_latest"),
        ]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(
                condition=Q(score__gte=0, score__lte=F("max_score")), name="review_score_in_range"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.submission}: {self.score:g}"

    def get_additional_data(self) -> dict[str, int]:
        """Return whom a line of the audit log about this review is about."""
        return {"about": self.submission.user_id}
