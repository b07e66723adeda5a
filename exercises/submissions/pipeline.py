"""The grading pipeline of one submission: claim, grade, record. It knows nothing of Celery.

It is not in charge of when: `queue` and `tasks` are. Nothing is ever scored by an exception: the
learner errors are part of the report, and everything that is raised here is a platform error.
"""

from __future__ import annotations

import logging
from functools import cache
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import transaction
from structlog.contextvars import bind_contextvars, bound_contextvars

from courses import metrics, tracing
from courses.database import CONNECTION_FAULTS, outlast_faults
from courses.learners.progress import record_completion
from exercises.catalogue import folders
from exercises.models import Stage, State, Submission
from exercises.submissions import emails, files, lifecycle
from exercises.submissions.heartbeat import Heartbeat, LeaseLost
from exercises.submissions.lease import Lease, Progress, claim, claim_next
from grader.errors import PlatformError, SandboxUnavailable
from grader.grading import grade_notebook
from grader.reference import ReferenceStore
from grader.reference_shelf import shelf_at
from grader.sandbox.job import Verdict

if TYPE_CHECKING:
    import uuid
    from collections.abc import Callable

    from grader.report import GradeReport
    from grader.sandbox.job import Event, Sandbox

logger = logging.getLogger(__name__)


@cache
def references() -> ReferenceStore:
    """Return this process's references: in memory, in `REFERENCES_DIR`, and of other hosts."""
    shelf = shelf_at(settings.REFERENCES_SHARED)
    return ReferenceStore(settings.REFERENCES_DIR, shelf=shelf)


def grade_next(
    *, sandbox: Sandbox, grade: Callable[..., GradeReport] = grade_notebook
) -> State | None:
    """Grade the submission whose turn it is; None when none is queued or its lease was lost.

    Args:
        submission_id: its key.
        sandbox: where learner code runs.
        grade: `GradingProcesses.grade` keeps the learner's bytes out of this process;
            `grade_notebook` grades in it.

    Raises:
        SandboxUnavailable: the sandbox broke, or the grade's files cannot be stored; the submission
            was put back.
        OperationalError, InterfaceError, InternalError: the database stayed unusable; whatever was
            claimed is queued again once its lease has ended.
    """
    lease = outlast_faults(claim_next)
    return None if lease is None else _grade_with_ids(lease, sandbox=sandbox, grade=grade)


def grade_submission(
    submission_id: uuid.UUID,
    *,
    sandbox: Sandbox,
    grade: Callable[..., GradeReport] = grade_notebook,
) -> State | None:
    """Grade this queued submission, whoever's turn it is; None when it cannot be claimed.

    Raises:
        SandboxUnavailable, OperationalError, InterfaceError, InternalError: as `grade_next`.
    """
    lease = outlast_faults(lambda: claim(submission_id=submission_id))
    return None if lease is None else _grade_with_ids(lease, sandbox=sandbox, grade=grade)


def _grade_with_ids(
    lease: Lease, *, sandbox: Sandbox, grade: Callable[..., GradeReport]
) -> State | None:
    """Grade with the submission's ids on every log line of this thread."""
    with bound_contextvars(submission=str(lease.submission_id), request_id=""):
        return _grade_claimed(lease, sandbox=sandbox, grade=grade)


def _grade_claimed(
    lease: Lease, *, sandbox: Sandbox, grade: Callable[..., GradeReport]
) -> State | None:
    try:
        # The lease is renewed until the grade is recorded: recording may have to be tried again.
        with Heartbeat(lease) as heartbeat:
            submission = outlast_faults(lambda: _read(lease))
            bind_contextvars(request_id=submission.request_id)
            logger.info("grading begins, try %d", submission.tries)
            with tracing.grading_span(submission.request_id) as describe:
                describe(submission=str(submission.pk), tries=submission.tries)
                report = _grade(submission, heartbeat=heartbeat, sandbox=sandbox, grade=grade)
                state: State | None = outlast_faults(
                    lambda: _record(submission, lease=lease, report=report)
                )
                describe(
                    verdict=report.verdict.value,
                    run_seconds=report.timings.run_seconds,
                    mark_seconds=report.timings.mark_seconds,
                )
            logger.info("grading ended: %s, %s", state, report.verdict)
            if state is State.GRADED:
                _count(submission, report)
            return state
    except LeaseLost as lost:
        logger.warning("a run was cancelled: %s", lost)
        return None
    except Exception as error:  # the one broad catch: unknown means platform, and costs no attempt
        logger.exception("submission %s could not be graded", lease.submission_id)
        interrupted = isinstance(error, (SandboxUnavailable, OSError, *CONNECTION_FAULTS))
        state = outlast_faults(lambda: lifecycle.put_back(lease=lease, interrupted=interrupted))
        if isinstance(error, SandboxUnavailable):
            raise
        return state


def _count(submission: Submission, report: GradeReport) -> None:
    passed = "yes" if report.passed else "no"
    metrics.SUBMISSIONS_GRADED.labels(report.verdict.value, passed).inc()
    metrics.WAIT_SECONDS.observe(submission.queued_seconds or 0.0)
    metrics.RUN_SECONDS.observe(report.timings.run_seconds)
    metrics.MARK_SECONDS.observe(report.timings.mark_seconds)


def _read(lease: Lease) -> Submission:
    return Submission.objects.select_related("exercise", "user").get(pk=lease.submission_id)


def _grade(
    submission: Submission,
    *,
    heartbeat: Heartbeat,
    sandbox: Sandbox,
    grade: Callable[..., GradeReport],
) -> GradeReport:

    def on_event(event: Event) -> None:
        heartbeat.check()
        if event.kind == "cell":
            heartbeat.progress = Progress(Stage.CELLS, event.cell + 1, event.cells)
        elif event.kind == "end":
            heartbeat.progress = Progress(Stage.GRADING)

    report = grade(
        folders.read(submission.exercise.slug),
        files.notebook(submission.pk),
        sandbox=sandbox,
        references=references(),
        secret=settings.VARIANT_SECRET.encode(),
        attempt=submission.attempt,
        on_event=on_event,
    )
    if report.verdict is Verdict.INTERNAL_ERROR:
        raise PlatformError("the run ended with a platform error")
    return report


def _record(submission: Submission, *, lease: Lease, report: GradeReport) -> State | None:
    """Store the files of a grade, then write the grade and what follows from it."""
    try:
        stored = lifecycle.write_files(submission_id=submission.pk, report=report)
    except OSError as fault:
        # Nothing can be graded here: the worker takes no more until it can write again.
        raise files.unavailable(fault) from fault
    try:
        return _write(submission, lease=lease, report=report, stored=stored)
    except BaseException:
        files.delete(stored.values())
        raise


@transaction.atomic
def _write(
    submission: Submission, *, lease: Lease, report: GradeReport, stored: dict[str, str]
) -> State | None:
    """Write the grade and what follows from it, all or nothing."""
    if not lifecycle.record_grade(lease=lease, report=report, stored=stored):
        return None
    if report.passed:
        _follow_up(submission)
    emails.mail_graded(submission.pk)
    return State.GRADED


def _follow_up(submission: Submission) -> None:
    """After passing: the exercise is completed, or a review is due first."""
    user, exercise = submission.user, submission.exercise
    if exercise.reviewed:
        lifecycle.update_review_due(user=user, exercise=exercise)
    else:
        record_completion(user=user, exercise_slug=exercise.slug)
