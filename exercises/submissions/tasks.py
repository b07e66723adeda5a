"""Celery tasks: each calls one function.

Every task is safe to deliver twice and safe to lose (`submissions`). Only workers import this
module: pages send by name (`queue`).
"""

from __future__ import annotations

import logging
import time
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from celery import shared_task
from celery.exceptions import Reject
from celery.signals import worker_ready, worker_shutdown, worker_shutting_down
from celery.worker import state
from django.conf import settings

from courses.database import CONNECTION_FAULTS
from exercises.submissions import files, lifecycle, pipeline, queue
from exercises.submissions.worker import WorkerSandbox
from grader.errors import SandboxUnavailable
from grader.grading_process import GradingProcesses
from grader.sandbox import doctor, open_sandbox

if TYPE_CHECKING:
    from grader.sandbox.job import Sandbox

RETURN_SECONDS: Final = 0.5
"""How long a message waits that this worker gives back, so that another one may read it."""

logger = logging.getLogger(__name__)


class CeleryIntake:
    """Reads the grading queue through Celery's consumer, or leaves it alone."""

    def __init__(self, consumer: Any) -> None:  # the stubs know little of Celery's Consumer
        self._consumer = consumer

    def accept(self, accepting: bool) -> None:  # noqa: FBT001  # as the protocol has it
        """Read messages from now on, or leave them to other workers."""
        consumer, tasks = self._consumer, self._consumer.task_consumer
        if tasks is None or bool(tasks.consuming_from(queue.GRADING_QUEUE)) == accepting:
            return  # no connection to the broker at the moment: the next heartbeat tells again
        change = consumer.add_task_queue if accepting else consumer.cancel_task_queue
        consumer.call_soon(change, queue.GRADING_QUEUE)

    def end(self) -> None:
        """End this process with an error, so that its process manager starts another."""
        state.should_stop = 1  # type: ignore[assignment]  # an exit status, as Celery reads it


@cache
def worker_sandbox() -> WorkerSandbox:
    """Return what keeps this process's sandbox open."""
    return WorkerSandbox(open_sandbox=_open_sandbox, concurrency=settings.SANDBOX_CONCURRENCY)


@cache
def grading_processes() -> GradingProcesses:
    """Return the processes in which this worker grades; started with the worker."""
    return GradingProcesses(count=settings.SANDBOX_CONCURRENCY)


def _open_sandbox() -> Sandbox:
    """Open the sandbox, and run the doctor's checks before anything else is run in it.

    Raises:
        SandboxUnavailable: something is missing, or the files of grades cannot be stored.
        PlatformError: the address of shared references is none.
    """
    files.check_storage()
    pipeline.references()
    python = Path(settings.SANDBOX_PYTHON)
    sandbox = open_sandbox(python=python, concurrency=settings.SANDBOX_CONCURRENCY)
    try:
        doctor.refuse_unless_safe(python, require_landlock=settings.REQUIRE_LANDLOCK)
    except BaseException:
        sandbox.close()
        raise
    return sandbox


@worker_ready.connect
def _start(sender: Any, **_facts: Any) -> None:
    if queue.GRADING_QUEUE not in sender.app.amqp.queues.consume_from:
        return  # a worker for other queues needs no sandbox
    worker_sandbox().intake = CeleryIntake(sender)
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
def grade(_submission_id: str = "") -> None:
    """Grade the submission whose turn it is; a worker that cannot gives the message back.

    Raises:
        Reject: no sandbox is open, staff drain this worker, or the database does not answer.
    """
    sandbox = worker_sandbox().sandbox
    if sandbox is None:
        raise _given_back("the sandbox is not open")
    if worker_sandbox().draining:
        raise _given_back("the worker is draining")
    try:
        pipeline.grade_next(sandbox=sandbox, grade=grading_processes().grade)
    except SandboxUnavailable as fault:
        worker_sandbox().report_broken(fault)
    except CONNECTION_FAULTS as fault:
        logger.exception("the database did not answer")
        raise _given_back("the database did not answer") from fault


def _given_back(reason: str) -> Reject:
    """Return the exception by which a message goes back to its queue, after a pause."""
    time.sleep(RETURN_SECONDS)
    return Reject(reason, requeue=True)


@shared_task(name=queue.REQUEUE, ignore_result=True)
def requeue_stale() -> None:
    """Requeue the submissions of dead workers and send lost notifications again."""
    lifecycle.requeue_stale()


@shared_task(name=queue.PRUNE, ignore_result=True)
def prune_files() -> None:
    """Delete files beyond the retention, and those that no submission names."""
    files.expire()
    files.delete_unnamed()
