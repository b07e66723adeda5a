"""A regrade that somebody asked for: its difference, the decision, and what was written."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from classes.models.klass import Class
from classes.models.schedule import ScheduledPart


class RegradingState(models.TextChoices):
    """Where a regrade is; a worker works on `ASKED` and `DECIDED`, a person decides on `SHOWN`."""

    ASKED = "asked", _("being computed")
    SHOWN = "shown", _("waits for your decision")
    DECIDED = "decided", _("being written")
    DONE = "done", _("written")
    DISCARDED = "discarded", _("discarded")
    FAILED = "failed", _("failed")


UNFINISHED = (RegradingState.ASKED, RegradingState.SHOWN, RegradingState.DECIDED)


class Regrading(models.Model):
    """Stored answers graded again by today's rubric: shown as a difference, then written.

    Attributes:
        submission: this one only; None: all that the class's learners have submitted for the part.
        lines: those that change or cannot be graded again; see `classes.regrading.lines.Line`.
        same: how many keep score and verdict.
        claimed_until: a worker is at it until then; later another one may take it over.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    klass = models.ForeignKey(Class, on_delete=models.CASCADE, related_name="regradings")
    part = models.ForeignKey(ScheduledPart, on_delete=models.CASCADE, related_name="regradings")
    submission = models.ForeignKey(
        "exercises.Submission", on_delete=models.CASCADE, null=True, blank=True, related_name="+"
    )
    state = models.CharField(
        _("state"), max_length=9, choices=RegradingState, default=RegradingState.ASKED
    )
    lines = models.JSONField(default=list)
    same = models.PositiveIntegerField(default=0)
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    asked_at = models.DateTimeField(_("asked at"), auto_now_add=True)
    shown_at = models.DateTimeField(null=True, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    decided_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    claimed_until = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("regrade")
        verbose_name_plural = _("regrades")
        ordering: ClassVar[list[str]] = ["-asked_at"]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(
                fields=["asked_at"],
                condition=Q(state__in=["asked", "decided"]),
                name="regrading_for_a_worker",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.part_id}: {self.state}"

    @property
    def working(self) -> bool:
        """Say whether a worker has to do something."""
        return self.state in {RegradingState.ASKED, RegradingState.DECIDED}
