"""Submissions, their states, and their files in a table of their own."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import TYPE_CHECKING, ClassVar

from django.conf import settings
from django.core.files.storage import storages
from django.db import models, transaction
from django.db.models import (
    Case,
    Count,
    F,
    FloatField,
    IntegerField,
    OuterRef,
    Q,
    Subquery,
    Sum,
    When,
    Window,
)
from django.db.models.functions import Coalesce, Now, RowNumber
from django.db.models.signals import post_delete
from django.dispatch import receiver
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from exercises.models.exercise import Exercise
from grader.sandbox.job import Verdict

if TYPE_CHECKING:
    from django.core.files.storage import Storage


class State(models.TextChoices):
    """The state of a submission; `GRADED` and `FAILED` are final."""

    QUEUED = "queued", _("queued")
    RUNNING = "running", _("running")
    GRADED = "graded", _("graded")
    FAILED = "failed", _("failed")


class Stage(models.TextChoices):
    """What a worker is doing with a running submission."""

    NONE = "", _("waiting")
    STARTING = "starting", _("starting")
    CELLS = "cells", _("running")
    GRADING = "marking", _("grading")  # as stored since the first release


class DiagnosisAnswer(models.TextChoices):
    """What the learner says about the diagnosis."""

    NONE = "", _("not answered")
    YES = "yes", _("yes, that was it")
    PARTLY = "partly", _("partly")
    NO = "no", _("no, it was something else")


UNFINISHED = (State.QUEUED, State.RUNNING)
RECENTLY = timedelta(minutes=10)
"""How far back the seconds that a learner has used count in the order of the queue."""
_VERDICTS = [(str(verdict), str(verdict)) for verdict in Verdict]


class SubmissionQuerySet(models.QuerySet["Submission"]):
    """Named ways to read submissions."""

    def unfinished(self) -> SubmissionQuerySet:
        """Return those that are not graded yet."""
        return self.filter(state__in=UNFINISHED)

    def queued(self) -> SubmissionQuerySet:
        """Return those that no worker has claimed yet, by a partial index."""
        return self.filter(state=State.QUEUED)

    def due(self) -> SubmissionQuerySet:
        """Return the queued ones that may be claimed now: none pauses after an interruption."""
        return self.queued().filter(Q(not_before__isnull=True) | Q(not_before__lte=Now()))

    def set_aside(self) -> SubmissionQuerySet:
        """Return those that the platform could not grade, the latest first, for staff.

        One with as many `interruptions` as `lifecycle.MAX_INTERRUPTIONS` may be the reason for
        which its workers died. `lifecycle.grade_again` queues it once more.
        """
        failed = self.filter(state=State.FAILED).select_related("exercise", "user")
        return failed.defer("report").order_by("-finished_at")

    def in_turn(self) -> SubmissionQuerySet:
        """Return the queued ones that are due in fair order: learners take turns.

        The learner with the fewest submissions running comes first, then who has used the fewest
        seconds of grading lately, then who came first. A learner's second queued submission counts
        the first as running, so that the order is the one in which all of them will start.
        """
        same_learner = self.model.objects.filter(user=OuterRef("user")).order_by().values("user")
        running = same_learner.filter(state=State.RUNNING).annotate(number=Count("pk"))
        used = same_learner.filter(state=State.GRADED, finished_at__gte=Now() - RECENTLY).annotate(
            seconds=Sum(F("run_seconds") + F("mark_seconds"))
        )
        number = Subquery(running.values("number"), output_field=IntegerField())
        seconds = Subquery(used.values("seconds"), output_field=FloatField())
        before = Window(RowNumber(), partition_by=F("user"), order_by=["created_at", "pk"])
        return (
            self.due()
            .annotate(turn=Coalesce(number, 0) + before, used_seconds=Coalesce(seconds, 0.0))
            .order_by("turn", "used_seconds", "created_at", "pk")
        )

    def running(self) -> SubmissionQuerySet:
        """Return those that a worker holds; by a partial index too."""
        return self.filter(state=State.RUNNING)

    def counted(self) -> SubmissionQuerySet:
        """Return those that cost an attempt: all but those that ended with a platform error."""
        return self.exclude(state=State.FAILED)

    def history(self, *, user_id: int, exercise_id: int) -> SubmissionQuerySet:
        """Return one learner's submissions for one exercise, latest first, without reports."""
        return (
            self.filter(user_id=user_id, exercise_id=exercise_id)
            .defer("report")
            .order_by("-created_at")
        )

    def with_newest_report(self) -> SubmissionQuerySet:
        """Return a history whose newest row brings its report and its review, and no other does."""
        newest = self.order_by("-created_at").values("pk")[:1]
        report = Case(When(pk=Subquery(newest), then=F("report")))
        return self.annotate(newest_report=report).select_related("review__reviewer")

    def for_page(self) -> SubmissionQuerySet:
        """Return submissions with all that their page or API answer shows."""
        return self.select_related("exercise", "review__reviewer")

    def to_review(self) -> SubmissionQuerySet:
        """Return projects that are due for review, oldest first."""
        return (
            self.filter(review_due=True, exercise__reviewed=True)
            .select_related("exercise", "user")
            .defer("report")
            .order_by("finished_at")
        )

    def reviewed(self) -> SubmissionQuerySet:
        """Return projects that have been reviewed, the latest review first."""
        return (
            self.filter(review__isnull=False)
            .select_related("exercise", "user", "review__reviewer")
            .defer("report")
            .order_by("-review__created_at")
        )


class Submission(models.Model):
    """One submitted notebook. This row is the source of truth; a message only notifies.

    Attributes:
        tries: how often a worker has claimed it.
        interruptions: how many of these the platform cut short: the worker was killed, the disk
            full, the database gone.
        not_before: when it is its turn again after an interruption.
        request_id: of the request that brought it, for the log lines of its grading.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="submissions"
    )
    exercise = models.ForeignKey(Exercise, on_delete=models.PROTECT, related_name="submissions")
    attempt = models.PositiveIntegerField(_("attempt"))
    state = models.CharField(_("state"), max_length=8, choices=State, default=State.QUEUED)
    verdict = models.CharField(_("verdict"), max_length=16, choices=_VERDICTS, blank=True)
    score = models.FloatField(_("score"), null=True, blank=True)
    max_score = models.FloatField(_("maximum score"))
    passed = models.BooleanField(_("passed"), default=False)
    report = models.JSONField(_("report"), null=True, blank=True)

    request_id = models.CharField(max_length=64, blank=True, default="", db_default="")
    lease_token = models.UUIDField(null=True, blank=True)
    lease_until = models.DateTimeField(null=True, blank=True)
    tries = models.PositiveSmallIntegerField(_("tries"), default=0)
    interruptions = models.PositiveSmallIntegerField(_("interruptions"), default=0, db_default=0)
    not_before = models.DateTimeField(_("not tried before"), null=True, blank=True)
    notified_at = models.DateTimeField(_("workers last notified at"))
    stage = models.CharField(_("stage"), max_length=8, choices=Stage, blank=True)
    cell = models.PositiveIntegerField(_("running cell, from 1"), default=0)
    cells = models.PositiveIntegerField(_("number of code cells"), default=0)

    created_at = models.DateTimeField(_("submitted at"))
    started_at = models.DateTimeField(_("started at"), null=True, blank=True)
    finished_at = models.DateTimeField(_("finished at"), null=True, blank=True)
    run_seconds = models.FloatField(_("seconds running"), null=True, blank=True)
    mark_seconds = models.FloatField(_("seconds grading"), null=True, blank=True)

    review_due = models.BooleanField(_("due for review"), default=False)
    mail_wanted = models.BooleanField(_("email when graded"), default=False)
    diagnosis_answer = models.CharField(max_length=6, choices=DiagnosisAnswer, blank=True)

    objects = SubmissionQuerySet.as_manager()

    class Meta:
        verbose_name = _("submission")
        verbose_name_plural = _("submissions")
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["user", "exercise"],
                condition=Q(state__in=["queued", "running"]),
                name="submission_one_unfinished",
            ),
            models.UniqueConstraint(
                fields=["user", "exercise", "attempt"],
                condition=~Q(state="failed"),
                name="submission_attempt_counted_once",
            ),
            models.CheckConstraint(condition=Q(attempt__gt=0), name="submission_attempt_from_1"),
            models.CheckConstraint(
                condition=Q(state="running", lease_token__isnull=False, lease_until__isnull=False)
                | (~Q(state="running") & Q(lease_token__isnull=True, lease_until__isnull=True)),
                name="submission_lease_while_running",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["queued", "running"], verdict="", finished_at__isnull=True)
                | Q(state="failed", verdict="internal_error", finished_at__isnull=False)
                | (
                    Q(state="graded", finished_at__isnull=False)
                    & ~Q(verdict__in=["", "internal_error"])
                ),
                name="submission_verdict_when_finished",
            ),
            models.CheckConstraint(
                condition=Q(
                    state="graded",
                    score__isnull=False,
                    score__gte=0,
                    score__lte=F("max_score"),
                )
                | (~Q(state="graded") & Q(score__isnull=True, passed=False)),
                name="submission_score_when_graded",
            ),
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(
                fields=["created_at"], condition=Q(state="queued"), name="submission_queue"
            ),
            models.Index(
                fields=["lease_until"], condition=Q(state="running"), name="submission_leases"
            ),
            models.Index(fields=["user", "exercise", "-created_at"], name="submission_history"),
            models.Index(
                fields=["exercise", "-finished_at"],
                condition=Q(state="graded"),
                name="submission_recently_graded",
            ),
            models.Index(
                fields=["user"], condition=Q(state="running"), name="submission_running_of"
            ),
            models.Index(
                fields=["user", "finished_at"],
                condition=Q(state="graded"),
                name="submission_seconds_used",
            ),
            models.Index(
                fields=["finished_at"], condition=Q(review_due=True), name="submission_review_due"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user}, {self.exercise}, {self.attempt}"

    def get_absolute_url(self) -> str:
        """Return the address of the submission's page."""
        return reverse("exercises:submission", args=[self.pk])

    def get_additional_data(self) -> dict[str, int]:
        """Return whom a line of the audit log about this submission is about."""
        return {"about": self.user_id}

    @property
    def finished(self) -> bool:
        """Whether nothing will change any more."""
        return self.state in {State.GRADED, State.FAILED}

    @property
    def queued_seconds(self) -> float | None:
        """Seconds from submission to the start of the run, once it has started."""
        if self.started_at is None:
            return None
        return (self.started_at - self.created_at).total_seconds()


STORAGE = "submissions"
"""The entry of `STORAGES` that keeps submissions' files."""


def submission_storage() -> Storage:
    """Return the storage by its name, so that no migration depends on where it is."""
    return storages[STORAGE]


class SubmissionFiles(models.Model):
    """The names of a submission's files, which `exercises.submissions.files` reads and writes.

    Attributes:
        page: the executed notebook as sanitised HTML, rendered once after the run.
    """

    submission = models.OneToOneField(
        Submission, on_delete=models.CASCADE, primary_key=True, related_name="files"
    )
    notebook = models.FileField(_("submitted notebook"), storage=submission_storage, blank=True)
    executed = models.FileField(_("executed notebook"), storage=submission_storage, blank=True)
    page = models.FileField(_("executed notebook as HTML"), storage=submission_storage, blank=True)
    answers = models.FileField(_("collected outputs"), storage=submission_storage, blank=True)

    class Meta:
        verbose_name = _("files of a submission")
        verbose_name_plural = _("files of submissions")

    def __str__(self) -> str:
        return str(self.submission_id)


class VariantMatch(models.Model):
    """An answer that is wrong for its run and right for another variant.

    For the instructors of the learner's classes to look at; no mark depends on it, and the learner
    is not shown it.

    Attributes:
        run, variant: ids of variants: which was run, and whose values the answer has.
        literal: whether the notebook writes them down as numbers.
    """

    submission = models.ForeignKey(
        Submission, on_delete=models.CASCADE, related_name="variant_matches"
    )
    run = models.CharField(max_length=100)
    output = models.CharField(max_length=100)
    variant = models.CharField(max_length=100)
    literal = models.BooleanField(default=False)

    class Meta:
        verbose_name = _("answer of another variant")
        verbose_name_plural = _("answers of other variants")

    def __str__(self) -> str:
        return f"{self.output}: {self.run} has {self.variant}"


@receiver(post_delete, sender=SubmissionFiles)
def _delete_files(instance: SubmissionFiles, **_facts: object) -> None:
    """Delete the files of a row that goes, also with its account, once that is committed."""
    fields = (instance.notebook, instance.executed, instance.page, instance.answers)
    names = [field.name for field in fields if field.name]

    def delete() -> None:
        for name in names:
            storages[STORAGE].delete(name)

    transaction.on_commit(delete)
