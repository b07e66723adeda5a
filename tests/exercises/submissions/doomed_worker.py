"""A Celery app like the site's, whose workers lose their own thread once their sandbox is open."""

from __future__ import annotations

from typing import Any

from celery.signals import worker_ready

import config
from exercises.submissions import worker

app = config.celery_app


@worker_ready.connect
def _doom(**_facts: Any) -> None:
    report = worker.WorkerSandbox._write_row

    def end(running: worker.WorkerSandbox) -> None:
        if running.sandbox is not None:
            raise SystemExit
        report(running)

    worker.WorkerSandbox._write_row = end  # type: ignore[assignment,method-assign]  # the injected fault
