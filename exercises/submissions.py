"""The state machine of a submission: every write to it, each one transaction.

::

    submit ──> QUEUED ──claim──> RUNNING ──record_grade──> GRADED
                 ^                  │
                 └────put_back──────┴──(tries used up)───> FAILED   costs no attempt

A worker holds a running submission by a lease. Whoever writes with a token that is no longer the
row's writes nothing, so a second delivery, a slow worker and a dead one are all harmless.
"""

from __future__ import annotations

import logging
import uuid
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.db import IntegrityError, transaction
from django.db.models import Count, F, Max, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from exercises import queue
from exercises.models import Exercise, Stage, State, Submission, SubmissionFiles
from grader.sandbox.job import Verdict

if TYPE_CHECKING:
    from courses.models import User
    from exercises.models import DiagnosisAnswer, SubmissionQuerySet
    from grader.grading import GradeResult
    from grader.report import GradeReport

LEASE = timedelta(seconds=20)
"""How long a silent worker keeps a submission; it reports four times as often (`pipeline`)."""

MAX_TRIES = 3
"""How often workers take a submission before the site gives up and says that it was its fault."""

NUDGE_AFTER = timedelta(seconds=60)
"""A submission that waits this long is announced again: its message may be lost."""

NUDGE_LIMIT = 500
"""How many waiting submissions are announced at once, oldest first."""

logger = logging.getLogger(__name__)


class SubmissionRefused(Exception):  # noqa: N818  # named after what happened, as in grader.errors
    """The attempt rules do not allow it; the text is for the learner.

    Attributes:
        reason: ``inactive``, ``unfinished`` or ``no_attempts_left``.
    """

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason


@dataclass(frozen=True)
class Lease:
    """The right of one worker to write to one running submission."""

    submission_id: uuid.UUID
    token: uuid.UUID


@dataclass(frozen=True)
class Progress:
    """What a worker is doing: `cell` of `cells`, counted from 1, while `stage` is ``CELLS``."""

    stage: Stage
    cell: int = 0
    cells: int = 0


@dataclass(frozen=True)
class Standing:
    """How one learner stands in one exercise.

    Attributes:
        graded: submissions that got a grade.
        attempts: submissions that cost an attempt, those under way included.
        attempts_left: None where there is no limit.
        best: the best score so far; the best attempt counts.
    """

    graded: int
    attempts: int
    attempts_left: int | None
    best: float | None
    passed: bool


def standing(*, user: User, exercise: Exercise) -> Standing:
    """Return how `user` stands in `exercise`: one query."""
    facts = (
        Submission.objects.counted()
        .filter(user=user, exercise=exercise)
        .aggregate(
            attempts=Count("pk"),
            graded=Count("pk", filter=Q(state=State.GRADED)),
            best=Max("score"),
            passes=Count("pk", filter=Q(passed=True)),
        )
    )
    limit = exercise.max_attempts
    return Standing(
        graded=facts["graded"],
        attempts=facts["attempts"],
        attempts_left=None if limit is None else max(0, limit - facts["attempts"]),
        best=facts["best"],
        passed=facts["passes"] > 0,
    )


@transaction.atomic
def submit(
    *, user: User, exercise: Exercise, notebook: bytes, mail_wanted: bool = False
) -> Submission:
    """Store `notebook` (already checked by the form) and put it into the queue.

    Raises:
        SubmissionRefused: the attempt rules do not allow it.
    """
    if not exercise.active:
        raise SubmissionRefused("inactive", _("This exercise is no longer offered."))
    mine = Submission.objects.filter(user=user, exercise=exercise)
    if mine.unfinished().exists():
        raise _unfinished()
    if standing(user=user, exercise=exercise).attempts_left == 0:
        message = _("All attempts of this exercise are used up.")
        raise SubmissionRefused("no_attempts_left", message)
    last: int = mine.counted().aggregate(last=Max("attempt"))["last"] or 0
    now = timezone.now()
    try:
        with transaction.atomic():
            submission = Submission.objects.create(
                user=user,
                exercise=exercise,
                attempt=last + 1,
                max_score=exercise.max_score,
                created_at=now,
                nudged_at=now,
                mail_wanted=mail_wanted,
            )
    except IntegrityError as error:  # the same learner, in the same moment, by another door
        raise _unfinished() from error
    SubmissionFiles.objects.create(submission=submission, notebook=notebook)
    transaction.on_commit(lambda: queue.announce(submission.pk))
    return submission


def _unfinished() -> SubmissionRefused:
    message = _("Your last submission is still being marked; wait for its verdict.")
    return SubmissionRefused("unfinished", message)


def claim(*, submission_id: uuid.UUID) -> Lease | None:
    """Take a queued submission; None when it is not (or no longer) there to be taken."""
    now = timezone.now()
    lease = Lease(submission_id, uuid.uuid4())
    taken = Submission.objects.filter(pk=submission_id, state=State.QUEUED).update(
        state=State.RUNNING,
        lease_token=lease.token,
        lease_until=now + LEASE,
        tries=F("tries") + 1,
        stage=Stage.STARTING,
        cell=0,
        cells=0,
        started_at=now,
    )
    return lease if taken else None


def report_progress(*, lease: Lease, progress: Progress) -> bool:
    """Extend the lease and say how far the run is; False when the lease is lost."""
    return bool(
        _held(lease).update(
            lease_until=timezone.now() + LEASE,
            stage=progress.stage,
            cell=progress.cell,
            cells=progress.cells,
        )
    )


@transaction.atomic
def record_grade(*, lease: Lease, report: GradeReport) -> bool:
    """End a submission with its grade; False when the lease is lost and nothing was written."""
    recorded = _held(lease).update(
        **_ENDED,
        state=State.GRADED,
        verdict=report.verdict,
        score=report.score,
        max_score=report.max_score,
        passed=report.passed,
        report=report.as_json(),
        run_seconds=report.timings.run_seconds,
        mark_seconds=report.timings.mark_seconds,
        finished_at=timezone.now(),
    )
    if recorded:
        SubmissionFiles.objects.filter(pk=lease.submission_id).update(
            executed=report.executed or "", answers=report.answers
        )
    return bool(recorded)


@transaction.atomic
def record_regrade(*, submission: Submission, marks: GradeResult) -> bool:
    """Replace a grade by `marks` on the same answers; False when it has changed meanwhile."""
    max_score = sum(criterion.max_points for criterion in marks.criteria)
    report = (submission.report or {}) | {
        "max_score": max_score,
        "criteria": [asdict(criterion) for criterion in marks.criteria],
        "misconception": asdict(marks.misconception) if marks.misconception else None,
        "score": marks.score,
        "passed": marks.passed,
        "plot": marks.plot,
        "regraded_at": timezone.now().isoformat(),
    }
    same = Submission.objects.filter(
        pk=submission.pk, state=State.GRADED, score=submission.score, passed=submission.passed
    )
    return bool(
        same.update(score=marks.score, max_score=max_score, passed=marks.passed, report=report)
    )


@transaction.atomic
def put_back(*, lease: Lease, silent_since: datetime | None = None) -> State | None:
    """Give a submission back after a failure of ours; None when the lease is lost.

    It is queued again, or ends as ``internal_error``, which costs no attempt, after `MAX_TRIES`.

    Args:
        lease: what its worker holds.
        silent_since: only if the lease ended before; a worker that reports again keeps it.
    """
    now = timezone.now()
    held = _held(lease)
    if silent_since is not None:
        held = held.filter(lease_until__lt=silent_since)
    waiting = held.filter(tries__lt=MAX_TRIES)
    if waiting.update(**_ENDED, state=State.QUEUED, started_at=None, nudged_at=now):
        transaction.on_commit(lambda: queue.announce(lease.submission_id))
        return State.QUEUED
    given_up = held.update(
        **_ENDED, state=State.FAILED, verdict=Verdict.INTERNAL_ERROR, finished_at=now
    )
    return State.FAILED if given_up else None


def requeue_stale(*, now: datetime | None = None) -> int:
    """Put back what dead workers held, announce again what nobody took; return how many.

    Safe to run at any time, by several at once, and as often as one likes.
    """
    now = now or timezone.now()
    dead = Submission.objects.running().filter(lease_until__lt=now)
    found = 0
    for submission_id, token in dead.values_list("pk", "lease_token"):
        if token and put_back(lease=Lease(submission_id, token), silent_since=now):
            logger.warning("submission %s: its worker went silent; put back", submission_id)
            found += 1
    return found + announce_waiting(silent_since=now - NUDGE_AFTER)


def announce_waiting(*, silent_since: datetime) -> int:
    """Announce again what waits and was last announced before `silent_since`; return how many."""
    silent = Submission.objects.queued().filter(nudged_at__lt=silent_since)
    keys = list(silent.order_by("created_at").values_list("pk", flat=True)[:NUDGE_LIMIT])
    Submission.objects.filter(pk__in=keys).update(nudged_at=timezone.now())
    for key in keys:
        queue.announce(key)
    return len(keys)


def answer_diagnosis(*, submission: Submission, answer: DiagnosisAnswer) -> None:
    """Keep what the learner says about the mistake that was named."""
    Submission.objects.filter(pk=submission.pk).update(diagnosis_answer=answer)


def _held(lease: Lease) -> SubmissionQuerySet:
    return Submission.objects.filter(
        pk=lease.submission_id, state=State.RUNNING, lease_token=lease.token
    )


_ENDED: dict[str, Any] = {
    "lease_token": None,
    "lease_until": None,
    "stage": Stage.NONE,
    "cell": 0,
    "cells": 0,
}
