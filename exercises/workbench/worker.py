"""A process that takes runs: one warm sandbox, and a row that says that it is there.

Runs have a process, a queue and a sandbox of their own, so that hundreds of readers who press "Run"
never stand between a submission and its verdict.
"""

from __future__ import annotations

import logging
import os
import socket
import threading
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from django.db import connection
from django.db.models.functions import Now

from exercises.models import RunWorker
from grader.errors import SandboxUnavailable

if TYPE_CHECKING:
    from collections.abc import Callable

    from grader.sandbox.job import Sandbox

HEARTBEAT_SECONDS: Final = 5.0
KEEP_ROWS: Final = timedelta(days=1)

logger = logging.getLogger(__name__)


def worker_name() -> str:
    """Return the name of this process as a worker for runs."""
    return f"{socket.gethostname()}:{os.getpid()}"


class InteractiveSandbox:
    """Keeps this process's sandbox open and its row in `RunWorker` fresh.

    Args:
        open_sandbox: opens the sandbox and waits until runs can start, or raises
            `SandboxUnavailable`.
        concurrency: how many runs this process does at once.
    """

    def __init__(self, *, open_sandbox: Callable[[], Sandbox], concurrency: int) -> None:
        self.sandbox: Sandbox | None = None
        self.draining = False
        self.name = worker_name()
        self._open_sandbox = open_sandbox
        self._concurrency = concurrency
        self._fault = "The sandbox is being opened."
        self._stop = threading.Event()
        self._wake = threading.Event()
        self._thread = threading.Thread(target=self._run, name="interactive-sandbox", daemon=True)

    def start(self) -> None:
        """Start; the sandbox opens in the background."""
        self._thread.start()

    def retire(self) -> None:
        """Take no more runs; those that go on finish, then the sandbox closes."""
        self._stop.set()
        self._wake.set()

    def stop(self) -> None:
        """Retire, and return when the sandbox is closed and the row is gone; safe to call twice."""
        self.retire()
        if self._thread.is_alive():
            self._thread.join()

    def report_broken(self, fault: SandboxUnavailable) -> None:
        """Close a sandbox that broke during a run; the thread opens another."""
        self._fault = str(fault)
        self._close()
        self._wake.set()

    def _run(self) -> None:
        try:
            while not self._stop.is_set():
                self._wake.clear()
                self._beat()
                self._wake.wait(HEARTBEAT_SECONDS)
        finally:
            self._close()
            RunWorker.objects.filter(pk=self.name).delete()
            connection.close()

    def _beat(self) -> None:
        try:
            if self.sandbox is None:
                self._write_row()
                self._open()
            self._write_row()
        except Exception:  # the next beat may succeed; without it none would follow
            logger.exception("the worker for runs %s could not report itself", self.name)
            connection.close()

    def _open(self) -> None:
        try:
            self.sandbox = self._open_sandbox()
        except SandboxUnavailable as fault:
            if str(fault) != self._fault:
                logger.error("no run is safe here: %s", fault)  # noqa: TRY400  # a traceback adds nothing
            self._fault = str(fault)

    def _close(self) -> None:
        sandbox, self.sandbox = self.sandbox, None
        if sandbox is not None:
            sandbox.close()

    def _write_row(self) -> None:
        is_open = self.sandbox is not None
        facts = {
            "concurrency": self._concurrency,
            "seen_at": Now(),
            "sandbox_open": is_open,
            "reason": "" if is_open else self._fault,
        }
        row, _made = RunWorker.objects.update_or_create(name=self.name, defaults=facts)
        self.draining = row.draining
        RunWorker.objects.filter(seen_at__lt=Now() - KEEP_ROWS).delete()
