"""Worker processes as they last reported themselves."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from datetime import timedelta


class WorkerQuerySet(models.QuerySet["Worker"]):
    """Named ways to read workers."""

    def seen_within(self, time: timedelta) -> WorkerQuerySet:
        """Return those that have reported themselves within `time`, by the database's clock."""
        return self.filter(seen_at__gte=Now() - time)

    def slots(self) -> int:
        """Count how many runs these workers do at once; without a sandbox or draining: none."""
        total = next(iter(self.open_slots()), None)
        return int(total["slots"]) if total else 0

    def open_slots(self) -> models.QuerySet[Worker, Any]:
        """Return `slots` as a query of one row, or of none, to be a part of another query."""
        working = self.filter(sandbox_open=True, draining=False).order_by()
        return (
            working.values("sandbox_open").annotate(slots=models.Sum("concurrency")).values("slots")
        )


class Worker(models.Model):
    """A worker process as it last reported itself; `/status/` reads these rows.

    Attributes:
        draining: staff asked it to accept no further jobs; it finishes what it has begun.
    """

    name = models.CharField(_("name"), max_length=120, primary_key=True)
    concurrency = models.PositiveSmallIntegerField(_("concurrent runs"))
    started_at = models.DateTimeField(_("started at"))
    seen_at = models.DateTimeField(_("last seen at"))
    sandbox_open = models.BooleanField(_("sandbox available"), default=False)
    reason = models.TextField(_("reason for accepting no jobs"), blank=True)
    fix = models.TextField(_("fix"), blank=True)
    draining = models.BooleanField(_("draining"), default=False, db_default=False)

    objects = WorkerQuerySet.as_manager()

    class Meta:
        verbose_name = _("worker")
        verbose_name_plural = _("workers")
        ordering: ClassVar[list[str]] = ["name"]

    def __str__(self) -> str:
        return self.name
