"""What a learner writes in the browser: one draft per notebook, its history, and its runs."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, ClassVar

from django.conf import settings
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from datetime import timedelta


class Reason(models.TextChoices):
    """Why a version of a draft was saved."""

    TYPED = "typed", _("Typed")
    RESET = "reset", _("Reset to the starter")
    KEPT_MINE = "kept_mine", _("Kept instead of another version")
    SET_ASIDE = "set_aside", _("Set aside for another version")
    RESTORED = "restored", _("Restored from the history")
    UPLOADED = "uploaded", _("Uploaded")
    SUBMITTED = "submitted", _("Submitted")


class RunState(models.TextChoices):
    """How far a run is; all but the first two are ends."""

    QUEUED = "queued", _("queued")
    RUNNING = "running", _("running")
    DONE = "done", _("done")
    ERROR = "error", _("stopped at an error")
    INTERRUPTED = "interrupted", _("interrupted")
    LIMIT = "limit", _("stopped at a limit")
    REPLACED = "replaced", _("replaced by a newer run")
    LOST = "lost", _("lost with its worker")


GOING_ON = (RunState.QUEUED, RunState.RUNNING)


class Draft(models.Model):
    """One learner's notebook, as it stands now.

    Attributes:
        scope: what is worked on, such as ``exercise:<slug>`` or ``lesson:<course>/<lesson>``.
        version: 0 while nothing differs from the starter; a write names the version it replaces.
        last_version: the largest number given so far, to versions that were set aside too.
        held_by: the worker that took its last run: it may have the states after the cells.
        key: under which a worker keeps those states: ids come again after a restore, this does not.
        document: cells with their metadata and attachments, JSON compressed by zlib.
    """

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="drafts"
    )
    scope = models.CharField(max_length=250)
    version = models.PositiveIntegerField(default=0)
    last_version = models.PositiveIntegerField(default=0)
    saved_at = models.DateTimeField(null=True, blank=True)
    held_by = models.CharField(max_length=120, blank=True)
    key = models.UUIDField(default=uuid.uuid4, editable=False)
    document = models.BinaryField(default=b"")

    class Meta:
        verbose_name = _("draft")
        verbose_name_plural = _("drafts")
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["user", "scope"], name="draft_one_per_scope"),
            models.CheckConstraint(
                condition=models.Q(version__lte=models.F("last_version")),
                name="draft_version_was_given",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.scope} {self.version}"


class DraftVersion(models.Model):
    """An earlier version of a draft, the current one included."""

    draft = models.ForeignKey(Draft, on_delete=models.CASCADE, related_name="versions")
    version = models.PositiveIntegerField()
    saved_at = models.DateTimeField()
    reason = models.CharField(max_length=10, choices=Reason)
    attempt = models.PositiveIntegerField(null=True, blank=True)
    document = models.BinaryField()

    class Meta:
        verbose_name = _("version of a draft")
        verbose_name_plural = _("versions of drafts")
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["draft", "version"], name="draft_version_once"),
        ]

    def __str__(self) -> str:
        return f"{self.draft_id}/{self.version} {self.reason}"


class DraftRunQuerySet(models.QuerySet["DraftRun"]):
    """Named ways to read runs."""

    def going_on(self) -> DraftRunQuerySet:
        """Return those that have not ended."""
        return self.filter(state__in=GOING_ON)


class DraftRun(models.Model):
    """One execution of a draft's cells, from the first to `until`.

    Attributes:
        cells: ids and sources of the code cells that run, JSON compressed by zlib.
        until: the id of the last cell; empty for all of them.
        seen_at: when its worker last reported; one that stops reporting is lost.
        interrupted: whether its end was asked for.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    draft = models.ForeignKey(Draft, on_delete=models.CASCADE, related_name="runs")
    version = models.PositiveIntegerField()
    until = models.CharField(max_length=64, blank=True)
    cells = models.BinaryField()
    state = models.CharField(max_length=11, choices=RunState, default=RunState.QUEUED)
    detail = models.TextField(blank=True)
    interrupted = models.BooleanField(default=False)
    created_at = models.DateTimeField()
    seen_at = models.DateTimeField()

    objects = DraftRunQuerySet.as_manager()

    class Meta:
        verbose_name = _("run of a draft")
        verbose_name_plural = _("runs of drafts")
        indexes: ClassVar[list[models.Index]] = [
            models.Index(
                fields=["created_at"],
                condition=models.Q(state="queued"),
                name="draft_run_queue",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.draft_id} {self.state}"

    @property
    def ended(self) -> bool:
        """Whether nothing will change any more."""
        return self.state not in GOING_ON


class RunEvents(models.Model):
    """Some of a run's events, one after the other: JSON objects separated by commas."""

    run = models.ForeignKey(DraftRun, on_delete=models.CASCADE, related_name="events")
    number = models.PositiveIntegerField()
    body = models.TextField()

    class Meta:
        verbose_name = _("events of a run")
        verbose_name_plural = _("events of runs")
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["run", "number"], name="run_events_once"),
        ]

    def __str__(self) -> str:
        return f"{self.run_id}/{self.number}"


class EditorQuestion(models.Model):
    """A completion or signature that is being looked up; gone as soon as it is answered.

    Attributes:
        body: what to run and what to ask, JSON compressed by zlib.
        reply: the answer as JSON; None until there is one.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    draft = models.ForeignKey(Draft, on_delete=models.CASCADE, related_name="questions")
    body = models.BinaryField()
    reply = models.TextField(null=True, blank=True)  # noqa: DJ001  # none yet is not an empty one
    created_at = models.DateTimeField()

    class Meta:
        verbose_name = _("question of an editor")
        verbose_name_plural = _("questions of editors")

    def __str__(self) -> str:
        return str(self.pk)


class RunWorkerQuerySet(models.QuerySet["RunWorker"]):
    """Named ways to read the workers that take runs."""

    def working_within(self, time: timedelta) -> RunWorkerQuerySet:
        """Return those that have reported an open sandbox within `time` and are not draining."""
        return self.filter(seen_at__gte=Now() - time, sandbox_open=True, draining=False)


class RunWorker(models.Model):
    """A process that takes runs, as it last reported itself.

    Attributes:
        draining: staff asked it to take no further runs; it finishes what it has begun.
    """

    name = models.CharField(max_length=120, primary_key=True)
    concurrency = models.PositiveSmallIntegerField(_("concurrent runs"))
    seen_at = models.DateTimeField(_("last seen at"))
    sandbox_open = models.BooleanField(_("sandbox available"), default=False)
    reason = models.TextField(_("reason for accepting no jobs"), blank=True)
    draining = models.BooleanField(_("draining"), default=False, db_default=False)

    objects = RunWorkerQuerySet.as_manager()

    class Meta:
        verbose_name = _("worker for runs")
        verbose_name_plural = _("workers for runs")

    def __str__(self) -> str:
        return self.name
