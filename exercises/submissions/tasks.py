"""Celery tasks: each takes a key and calls one function.

Every task is safe to deliver twice and safe to lose (`submissions`). Only workers import this
module: pages send by name (`queue`).
"""

from __future__ import annotations

import uuid
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from celery import shared_task
from celery.signals import worker_ready, worker_shutdown, worker_shutting_down
from django.conf import settings

from exercises.submissions import emails, files, lifecycle, pipeline, queue
from exercises.submissions.worker import WorkerSandbox
from grader.errors import SandboxUnavailable
from grader.grading_process import GradingProcesses
from grader.sandbox import doctor, open_sandbox

if TYPE_CHECKING:
    from grader.sandbox.job import Sandbox


@cache
def worker_sandbox() -> WorkerSandbox:
    """Return what keeps this process's sandbox open."""
    return WorkerSandbox(open_sandbox=_open_sandbox, concurrency=settings.SANDBOX_CONCURRENCY)


@cache
def grading_processes() -> GradingProcesses:
    """Return the processes in which this worker grades; started with the worker."""
    return GradingProcesses(count=settings.SANDBOX_CONCURRENCY)


def _open_sandbox() -> Sandbox:
    """Open the sandbox, and run the doctor's checks before anything else is run in it."""
    python = Path(settings.SANDBOX_PYTHON)
    sandbox = open_sandbox(python=python, concurrency=settings.SANDBOX_CONCURRENCY)
    for finding in doctor.probe(python):
        if not finding.ok:
            sandbox.close()
            reason = f"{finding.name}: {finding.detail}"
            raise SandboxUnavailable(reason, fix=finding.fix)
    return sandbox


@worker_ready.connect
def _start(**_facts: Any) -> None:
    worker_sandbox().start()
    grading_processes()
    lifecycle.requeue_stale()


@worker_shutting_down.connect
def _retire(**_facts: Any) -> None:
    worker_sandbox().retire()


@worker_shutdown.connect
def _stop(**_facts: Any) -> None:
    worker_sandbox().stop()
    grading_processes().close()


@shared_task(name=queue.GRADE, acks_late=True, ignore_result=True)
def grade(submission_id: str) -> None:
    """Grade one submission; without a sandbox leave it queued."""
    sandbox = worker_sandbox().sandbox
    if sandbox is None:
        return  # once it is open, the worker notifies itself of all that is queued
    try:
        pipeline.grade_submission(
            uuid.UUID(submission_id), sandbox=sandbox, grade=grading_processes().grade
        )
    except SandboxUnavailable as fault:
        worker_sandbox().report_broken(fault)


@shared_task(name=queue.REQUEUE, ignore_result=True)
def requeue_stale() -> None:
    """Requeue the submissions of dead workers and send lost notifications again."""
    lifecycle.requeue_stale()


@shared_task(name=queue.PRUNE, ignore_result=True)
def prune_files() -> None:
    """Delete files beyond the retention, and those that no submission names."""
    files.expire()
    files.delete_unnamed()


@shared_task(name=queue.MAIL, acks_late=True, ignore_result=True)
def mail_graded(submission_id: str) -> None:
    """Email a learner who asked for it that a submission has been graded."""
    emails.mail_graded(uuid.UUID(submission_id))


@shared_task(name=queue.MAIL_REVIEW, acks_late=True, ignore_result=True)
def mail_reviewed(submission_id: str) -> None:
    """Email a learner that the project has been reviewed."""
    emails.mail_reviewed(uuid.UUID(submission_id))
