"""The state machine of a submission: every write to it, each one transaction.

::

    submit ──> QUEUED ──claim──> RUNNING ──record_grade──> GRADED
                 ^                  │
                 └────put_back──────┴──(tries used up)───> FAILED   costs no attempt
                 ^                                           │
                 └────grade_again (staff)────────────────────┘

`lease` claims a submission and renews the worker's lease; everything else is here.
"""

from __future__ import annotations

import logging
import uuid
from dataclasses import asdict
from datetime import timedelta
from typing import TYPE_CHECKING

from django.db import IntegrityError, transaction
from django.db.models import Count, F, Max, Q
from django.db.models.functions import Now
from django.utils.translation import gettext as _
from structlog import contextvars

from courses import metrics
from courses.audit import staff_log
from courses.database import database_now
from exercises.models import Exercise, State, Submission, SubmissionFiles, VariantMatch
from exercises.submissions import files, queue
from exercises.submissions.attempts import SubmissionRefused, standing
from exercises.submissions.lease import RELEASED, Lease, held
from grader.sandbox.job import Verdict

if TYPE_CHECKING:
    from datetime import datetime

    from courses.models import User
    from exercises.models import DiagnosisAnswer
    from grader.grading import GradeResult
    from grader.report import GradeReport

MAX_TRIES = 3
"""How often grading may fail before a submission ends as a platform error."""

PAUSES = tuple(timedelta(seconds=seconds) for seconds in (0, 5, 20, 60, 180))
"""How long a submission waits after each interruption: what killed one worker kills no other at
once, and an outage of some minutes uses up no submission."""

MAX_INTERRUPTIONS = len(PAUSES) + 1
"""How often a worker may die over a submission before it is set aside: it may be the reason."""

MAX_INTERRUPTIONS_IN_OUTAGE = 2 * MAX_INTERRUPTIONS
"""The same while nothing is graded at all: then this one is not the reason. The bound is for a site
on which nobody else submits."""

OUTAGE = timedelta(minutes=5)
"""Nothing was graded for so long: workers do not die over a single submission."""

MAX_INTERRUPTIONS_IN_TROUBLE = 4 * MAX_INTERRUPTIONS
"""The same while others are interrupted as well: more than an hour of trouble."""

SHARE_IN_TROUBLE = 4
"""One in so many of those graded meanwhile interrupted: the site is in trouble, no notebook is."""

LOOK_BACK = timedelta(hours=2)
"""How old a sign of trouble may be: longer than a submission is tried."""

MOST_SET_ASIDE = 3
"""After so many in a day, over each of which workers died, a learner submits no more to an exercise
before staff had a look: each costs six workers, and no attempt."""

NOTIFY_AGAIN_AFTER = timedelta(seconds=60)
"""Workers are notified again of what has been queued this long: its message may be lost."""

NOTIFY_LIMIT = 500
"""How many queued submissions are notified at once, oldest first."""

logger = logging.getLogger(__name__)


def submit(
    *, user: User, exercise: Exercise, notebook: bytes, mail_wanted: bool = False
) -> Submission:
    """Store `notebook` (already validated by the form) and queue it.

    Raises:
        SubmissionRefused: the attempt rules do not allow it.
    """
    key = uuid.uuid4()
    stored = files.write(key, "notebook", notebook)
    try:
        with transaction.atomic():
            return _queued(key, user, exercise, stored, mail_wanted=mail_wanted)
    except BaseException:
        files.delete([stored])
        raise


def _queued(
    key: uuid.UUID, user: User, exercise: Exercise, notebook: str, *, mail_wanted: bool
) -> Submission:
    if not exercise.active:
        raise SubmissionRefused("inactive", _("This exercise has been retired."))
    attempt = _next_attempt(user, exercise)
    _refuse_after_many(user, exercise)
    now = database_now()
    try:
        with transaction.atomic():
            submission = Submission.objects.create(
                pk=key,
                user=user,
                exercise=exercise,
                attempt=attempt,
                max_score=exercise.max_score,
                created_at=now,
                notified_at=now,
                mail_wanted=mail_wanted,
                request_id=contextvars.get_contextvars().get("request_id", ""),
            )
    except IntegrityError as error:  # the same learner, at the same moment, by another request
        raise _unfinished() from error
    SubmissionFiles.objects.create(submission=submission, notebook=notebook)
    transaction.on_commit(lambda: _announce(submission))
    return submission


def _next_attempt(user: User, exercise: Exercise) -> int:
    """Return the number of a learner's next attempt.

    Raises:
        SubmissionRefused: there is none: one is unfinished, or none is left.
    """
    mine = Submission.objects.filter(user=user, exercise=exercise)
    if mine.unfinished().exists():
        raise _unfinished()
    if standing(user=user, exercise=exercise).attempts_left == 0:
        message = _("You have no attempts left for this exercise.")
        raise SubmissionRefused("no_attempts_left", message)
    last: int = mine.counted().aggregate(last=Max("attempt"))["last"] or 0
    return last + 1


def _refuse_after_many(user: User, exercise: Exercise) -> None:
    """Refuse a learner whose submissions to the exercise keep ending workers.

    Raises:
        SubmissionRefused: so many were set aside for that within a day.
    """
    ended = Submission.objects.filter(user=user, exercise=exercise, state=State.FAILED)
    lately = ended.filter(
        interruptions__gte=MAX_INTERRUPTIONS, finished_at__gte=Now() - timedelta(days=1)
    )
    if lately.count() >= MOST_SET_ASIDE:
        message = _(
            "Your last submissions to this exercise could not be graded: workers stopped over each"
            " of them. The team sees them and can have them graded again. You can submit again"
            " tomorrow."
        )
        raise SubmissionRefused("set_aside", message)


def _announce(submission: Submission) -> None:
    logger.info("submission %s was accepted, attempt %d", submission.pk, submission.attempt)
    metrics.SUBMISSIONS_ACCEPTED.inc()
    queue.enqueue(submission.pk)


def _unfinished() -> SubmissionRefused:
    message = _("Your last submission is still being graded. Wait for its result.")
    return SubmissionRefused("unfinished", message)


def write_files(*, submission_id: uuid.UUID, report: GradeReport) -> dict[str, str]:
    """Store what a run has left and return the files' names by kind; outside of a transaction."""
    contents = {
        "executed": (report.executed or "").encode(),
        "page": (report.page or "").encode(),
        "answers": report.answers,
    }
    stored: dict[str, str] = {}
    try:
        for kind, data in contents.items():
            stored[kind] = files.write(submission_id, kind, data)
    except BaseException:
        files.delete(stored.values())
        raise
    return stored


@transaction.atomic
def record_grade(
    *, lease: Lease, report: GradeReport, stored: dict[str, str] | None = None
) -> bool:
    """End a submission with its grade; False when the lease is lost and nothing was written.

    Args:
        lease: what its worker holds.
        report: the grade.
        stored: from `write_files`, for whoever holds a transaction already; None stores them now.
    """
    if stored is None:
        stored = write_files(submission_id=lease.submission_id, report=report)
    recorded = held(lease).update(
        **RELEASED,
        state=State.GRADED,
        verdict=report.verdict,
        score=report.score,
        max_score=report.max_score,
        passed=report.passed,
        report=report.as_json(),
        run_seconds=report.timings.run_seconds,
        mark_seconds=report.timings.mark_seconds,
        finished_at=Now(),
    )
    if recorded:
        SubmissionFiles.objects.filter(pk=lease.submission_id).update(**stored)
        VariantMatch.objects.bulk_create(
            VariantMatch(submission_id=lease.submission_id, **asdict(match))
            for match in report.matches
        )
    else:
        files.delete(stored.values())
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
        "regraded_at": database_now().isoformat(),
    }
    same = Submission.objects.filter(
        pk=submission.pk, state=State.GRADED, score=submission.score, passed=submission.passed
    )
    changed = same.update(
        score=marks.score, max_score=max_score, passed=marks.passed, report=report
    )
    if changed:
        before = {"score": submission.score, "passed": submission.passed}
        staff_log.record(
            submission, {name: [value, getattr(marks, name)] for name, value in before.items()}
        )
    return bool(changed)


@transaction.atomic
def put_back(
    *, lease: Lease, expired_before: datetime | None = None, interrupted: bool = False
) -> State | None:
    """Requeue a submission after a platform error; None when the lease is lost.

    It is queued again, or ends as ``internal_error``, which costs no attempt: after `MAX_TRIES`
    gradings that failed, or `MAX_INTERRUPTIONS`, which also have pauses between them; after more
    while others that were graded had been interrupted too, or nothing is graded at all.

    Args:
        lease: what its worker holds.
        expired_before: only if the lease expired before; a worker that reports again keeps it.
        interrupted: whether the platform was at fault in a way that may pass; an expired lease is.
    """
    mine = held(lease)
    if expired_before is not None:
        mine, interrupted = mine.filter(lease_until__lt=expired_before), True
    row = mine.values_list("tries", "interruptions").first()
    if row is None:
        return None
    tries, interruptions = row[0], row[1] + interrupted
    if interrupted:
        goes_on = interruptions < MAX_INTERRUPTIONS or interruptions < _most_interruptions(lease)
    else:
        goes_on = tries - interruptions < MAX_TRIES
    if goes_on:
        pause = PAUSES[min(interruptions, len(PAUSES)) - 1] if interrupted else timedelta()
        queued = mine.update(
            **RELEASED,
            state=State.QUEUED,
            interruptions=interruptions,
            not_before=Now() + pause if pause else None,
            started_at=None,
            notified_at=Now(),
        )
        if queued and not pause:  # after a pause, `requeue_stale` notifies
            transaction.on_commit(lambda: queue.enqueue(lease.submission_id))
        if queued:
            transaction.on_commit(metrics.PLATFORM_ERRORS.labels("requeued").inc)
        return State.QUEUED if queued else None
    given_up = mine.update(
        **RELEASED,
        state=State.FAILED,
        interruptions=interruptions,
        verdict=Verdict.INTERNAL_ERROR,
        finished_at=Now(),
    )
    if not given_up:
        return None
    logger.error("submission %s was set aside after %d tries", lease.submission_id, tries)
    transaction.on_commit(metrics.PLATFORM_ERRORS.labels("failed").inc)
    return State.FAILED


def _most_interruptions(lease: Lease) -> int:
    """Return how often a submission may be interrupted, by how those of other learners fare."""
    mine = Submission.objects.filter(pk=lease.submission_id)
    user_id, came = mine.values_list("user_id", "created_at").get()
    since = max(came, database_now() - LOOK_BACK)
    graded = Submission.objects.filter(state=State.GRADED)
    others = graded.filter(finished_at__gte=since).exclude(user_id=user_id)
    meanwhile = others.aggregate(
        all=Count("pk"), interrupted=Count("pk", filter=Q(interruptions__gt=0))
    )
    if meanwhile["interrupted"] * SHARE_IN_TROUBLE >= meanwhile["all"] > 0:
        return MAX_INTERRUPTIONS_IN_TROUBLE
    if not graded.filter(finished_at__gte=Now() - OUTAGE).exists():
        return MAX_INTERRUPTIONS_IN_OUTAGE
    return MAX_INTERRUPTIONS


@transaction.atomic
def grade_again(*, submission: Submission) -> None:
    """Queue a submission that was set aside, as if it had not been tried.

    Raises:
        SubmissionRefused: it was not set aside, or the attempt rules do not allow it: the learner
            has another one that is unfinished, or has used the attempts up since.
    """
    attempt = _next_attempt(submission.user, submission.exercise)
    try:
        with transaction.atomic():
            queued = Submission.objects.filter(pk=submission.pk, state=State.FAILED).update(
                state=State.QUEUED,
                attempt=attempt,
                verdict="",
                tries=0,
                interruptions=0,
                not_before=None,
                started_at=None,
                finished_at=None,
                notified_at=Now(),
            )
    except IntegrityError as error:  # the learner submitted at the same moment
        raise _unfinished() from error
    if not queued:
        raise SubmissionRefused("not_set_aside", _("This submission was not set aside."))
    transaction.on_commit(lambda: queue.enqueue(submission.pk))


def requeue_stale(*, now: datetime | None = None) -> int:
    """Requeue submissions of dead workers, notify again of unclaimed ones; return how many.

    Safe to run at any time, concurrently and repeatedly.

    Args:
        now: the database's time; a later one finds what would be found then.
    """
    now = now or database_now()
    dead = Submission.objects.running().filter(lease_until__lt=now)
    found = 0
    for submission_id, token in dead.values_list("pk", "lease_token"):
        if token and put_back(lease=Lease(submission_id, token), expired_before=now):
            logger.warning("submission %s: its worker stopped reporting; requeued", submission_id)
            found += 1
    return found + notify_waiting(notified_before=now - NOTIFY_AGAIN_AFTER)


def notify_waiting(*, notified_before: datetime) -> int:
    """Notify workers again of queued submissions last notified before then; return how many."""
    paused = Q(notified_at__lt=F("not_before"))  # due by now, and nobody has been told
    overdue = Submission.objects.due().filter(Q(notified_at__lt=notified_before) | paused)
    keys = list(overdue.order_by("created_at").values_list("pk", flat=True)[:NOTIFY_LIMIT])
    Submission.objects.filter(pk__in=keys).update(notified_at=Now())
    for key in keys:
        queue.enqueue(key)
    return len(keys)


def answer_diagnosis(*, submission: Submission, answer: DiagnosisAnswer) -> None:
    """Store what the learner says about the diagnosis."""
    Submission.objects.filter(pk=submission.pk).update(diagnosis_answer=answer)


@transaction.atomic
def update_review_due(*, user: User, exercise: Exercise) -> None:
    """Record which attempt at a project is due for review, after one of them has changed.

    It is the latest that passed its checks, unless that has been reviewed; none is due once one
    attempt has been accepted.
    """
    same = Submission.objects.filter(user=user, exercise=exercise)
    same.filter(review_due=True).update(review_due=False)
    passed = same.filter(passed=True)
    latest = passed.order_by("-attempt").defer("report").select_related("review").first()
    if latest and not hasattr(latest, "review") and not passed.filter(review__passed=True).exists():
        same.filter(pk=latest.pk).update(review_due=True)
