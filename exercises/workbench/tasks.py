"""Celery tasks of the workers for runs; only `config.interactive` imports this module."""

from __future__ import annotations

import uuid
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from celery import shared_task
from celery.signals import celeryd_after_setup, worker_ready, worker_shutdown, worker_shutting_down
from django.conf import settings

from exercises.workbench import execution, questions, queue, runs
from exercises.workbench.worker import InteractiveSandbox, worker_name
from grader.errors import SandboxUnavailable
from grader.sandbox import doctor, open_sandbox
from grader.sandbox.budget import raise_descriptors

if TYPE_CHECKING:
    from grader.sandbox.job import Sandbox

DESCRIPTORS: Final = 16384
"""Files that the process may open, if the system lets it: a state that is kept takes two."""


@cache
def interactive_sandbox() -> InteractiveSandbox:
    """Return what keeps this process's sandbox open."""
    concurrency = settings.INTERACTIVE_CONCURRENCY
    return InteractiveSandbox(open_sandbox=_open_sandbox, concurrency=concurrency)


def _open_sandbox() -> Sandbox:
    """Open the sandbox, pass the doctor's checks, and wait until a run could start."""
    python = Path(settings.SANDBOX_PYTHON)
    raise_descriptors(DESCRIPTORS)
    sandbox = open_sandbox(
        python=python,
        concurrency=settings.INTERACTIVE_CONCURRENCY,
        checkpoint_bytes=settings.CHECKPOINT_MEMORY_BYTES,
    )
    try:
        sandbox.ready()  # before the checks: on a small machine two that start are slow
        doctor.refuse_unless_safe(python, require_landlock=settings.REQUIRE_LANDLOCK)
    except BaseException:
        sandbox.close()
        raise
    return sandbox


@celeryd_after_setup.connect
def _listen(instance: Any, **_facts: Any) -> None:
    """Take what is meant for this worker, besides what is meant for any."""
    instance.app.amqp.queues.select_add(queue.own_queue(worker_name()))


@worker_ready.connect
def _start(**_facts: Any) -> None:
    interactive_sandbox().start()


@worker_shutting_down.connect
def _retire(**_facts: Any) -> None:
    interactive_sandbox().retire()


@worker_shutdown.connect
def _stop(**_facts: Any) -> None:
    interactive_sandbox().stop()


@shared_task(name=queue.RUN, ignore_result=True)
def run_draft(run_id: str) -> None:
    """Execute a run; without a sandbox leave it queued: its page asks for it again."""
    sandbox = interactive_sandbox().sandbox
    if sandbox is None:
        return
    if interactive_sandbox().draining:
        runs.pass_on(uuid.UUID(run_id))
        return
    try:
        execution.execute(uuid.UUID(run_id), sandbox=sandbox, worker=interactive_sandbox().name)
    except SandboxUnavailable as fault:
        interactive_sandbox().report_broken(fault)


@shared_task(name=queue.ANSWER, ignore_result=True)
def answer_editor(question_id: str) -> None:
    """Look up a completion or a signature."""
    sandbox = interactive_sandbox().sandbox
    if sandbox is None:
        return
    try:
        questions.answer(uuid.UUID(question_id), sandbox=sandbox)
    except SandboxUnavailable as fault:
        interactive_sandbox().report_broken(fault)
