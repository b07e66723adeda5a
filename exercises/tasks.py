"""The doors through which Celery comes in; each takes a key and calls one function.

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

from exercises import mails, pipeline, queue, submissions
from exercises.worker import Keeper
from grader.errors import SandboxUnavailable
from grader.sandbox import doctor, open_sandbox

if TYPE_CHECKING:
    from grader.sandbox.job import Sandbox


@cache
def keeper() -> Keeper:
    """Return the keeper of this process's sandbox."""
    return Keeper(open_sandbox=_open_sandbox, concurrency=settings.SANDBOX_CONCURRENCY)


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
    keeper().start()
    submissions.requeue_stale()


@worker_shutting_down.connect
def _retire(**_facts: Any) -> None:
    keeper().retire()


@worker_shutdown.connect
def _stop(**_facts: Any) -> None:
    keeper().stop()


@shared_task(name=queue.GRADE, acks_late=True, ignore_result=True)
def grade(submission_id: str) -> None:
    """Grade one submission; without a sandbox leave it queued."""
    sandbox = keeper().sandbox
    if sandbox is None:
        return  # the keeper announces all that waits as soon as it has one
    try:
        pipeline.grade_submission(uuid.UUID(submission_id), sandbox=sandbox)
    except SandboxUnavailable as fault:
        keeper().report_broken(fault)


@shared_task(name=queue.REQUEUE, ignore_result=True)
def requeue_stale() -> None:
    """Put back what dead workers held and announce again what nobody took."""
    submissions.requeue_stale()


@shared_task(name=queue.MAIL, acks_late=True, ignore_result=True)
def mail_graded(submission_id: str) -> None:
    """Tell a learner by mail, who wished it, that a submission has been marked."""
    mails.mail_graded(uuid.UUID(submission_id))


@shared_task(name=queue.MAIL_REVIEW, acks_late=True, ignore_result=True)
def mail_reviewed(submission_id: str) -> None:
    """Tell a learner by mail that a person has read the project."""
    mails.mail_reviewed(uuid.UUID(submission_id))
