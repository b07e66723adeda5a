"""A Celery app like the site's, whose workers lose their own thread once their sandbox is open."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from celery.signals import worker_init

import config

if TYPE_CHECKING:
    from exercises.submissions.worker import WorkerSandbox

app = config.celery_app


@worker_init.connect
def _doom(**_facts: Any) -> None:
    from exercises.submissions import worker  # noqa: PLC0415  # Django is set up by now

    report = worker.WorkerSandbox._write_row

    def end(running: WorkerSandbox) -> None:
        if running.sandbox is not None:
            raise SystemExit
        report(running)

    worker.WorkerSandbox._write_row = end  # type: ignore[assignment,method-assign]  # the fault
