"""The worker's side: one warm sandbox per process, opened at its start, closed at its end.

A worker without a sandbox accepts no jobs: submissions stay queued, `/status/` shows the reason and
the fix, and the worker tries again. There is no way to run a notebook without a sandbox.
"""

from __future__ import annotations

import logging
import os
import socket
import threading
from datetime import timedelta
from typing import TYPE_CHECKING

from django.db import DatabaseError, connection
from django.utils import timezone

from exercises.models import Worker
from exercises.submissions import lifecycle
from grader.errors import SandboxUnavailable

if TYPE_CHECKING:
    from collections.abc import Callable

    from grader.sandbox.job import Sandbox

HEARTBEAT_SECONDS = 5.0
"""How often a worker reports itself, and tries to open a sandbox if it has none."""

KEEP_ROWS = timedelta(days=1)
"""How long the row of a worker that stopped reporting is kept."""

logger = logging.getLogger(__name__)


class WorkerSandbox:
    """Keeps this process's sandbox open and its row in `Worker` fresh.

    Args:
        open_sandbox: opens the sandbox, or raises `SandboxUnavailable`.
        concurrency: how many runs this process does at once.
    """

    def __init__(self, *, open_sandbox: Callable[[], Sandbox], concurrency: int) -> None:
        self.name = f"{socket.gethostname()}:{os.getpid()}"
        self.sandbox: Sandbox | None = None
        self._open_sandbox = open_sandbox
        self._concurrency = concurrency
        self._started_at = timezone.now()
        self._fault = SandboxUnavailable("The sandbox is being opened.")
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="worker-sandbox", daemon=True)

    def start(self) -> None:
        """Start; the sandbox opens in the background."""
        self._thread.start()

    def retire(self) -> None:
        """Accept no more jobs; running ones finish, then the sandbox closes."""
        self._stop.set()

    def stop(self) -> None:
        """Retire, and return when the sandbox is closed and the row is gone; safe to call twice."""
        self.retire()
        if self._thread.is_alive():
            self._thread.join()

    def report_broken(self, fault: SandboxUnavailable) -> None:
        """Close a sandbox that broke during a run; the next heartbeat opens another."""
        self._fault = fault
        self._close()

    def _run(self) -> None:
        try:
            self._write_row()
            while not self._stop.is_set():
                if self.sandbox is None:
                    self._open()
                self._write_row()
                self._stop.wait(HEARTBEAT_SECONDS)
        finally:
            self._close()
            Worker.objects.filter(pk=self.name).delete()
            connection.close()

    def _open(self) -> None:
        try:
            self.sandbox = self._open_sandbox()
        except SandboxUnavailable as fault:
            if str(fault) != str(self._fault):
                logger.error("no job can run safely here: %s", fault)  # noqa: TRY400  # a traceback adds nothing
            self._fault = fault
        except Exception as error:  # without it the thread would end and no reason be shown
            logger.exception("the sandbox could not be opened")
            self._fault = SandboxUnavailable(f"{type(error).__name__}: {error}")
        else:
            logger.info("the sandbox is open")
            lifecycle.notify_waiting(notified_before=timezone.now())

    def _close(self) -> None:
        sandbox, self.sandbox = self.sandbox, None
        if sandbox is not None:
            sandbox.close()

    def _write_row(self) -> None:
        now = timezone.now()
        working = self.sandbox is not None
        try:
            Worker.objects.update_or_create(
                name=self.name,
                defaults={
                    "concurrency": self._concurrency,
                    "started_at": self._started_at,
                    "seen_at": now,
                    "sandbox_open": working,
                    "reason": "" if working else str(self._fault),
                    "fix": "" if working else self._fault.fix,
                },
            )
            Worker.objects.filter(seen_at__lt=now - KEEP_ROWS).delete()
        except DatabaseError:  # the next heartbeat writes it
            logger.exception("worker %s could not report itself", self.name)
