"""The worker's side: one warm sandbox per process, opened at its start, closed at its end.

A worker without a sandbox takes nothing: submissions stay queued, `/status/` says why and what
mends it, and the keeper tries again. There is no way to run a notebook without walls.
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

from exercises import submissions
from exercises.models import Worker
from grader.errors import SandboxUnavailable

if TYPE_CHECKING:
    from collections.abc import Callable

    from grader.sandbox.job import Sandbox

BEAT_SECONDS = 5.0
"""How often a worker writes that it is there, and without a sandbox tries to open one."""

KEEP_SILENT = timedelta(days=1)
"""How long the row of a worker that went silent is kept."""

logger = logging.getLogger(__name__)


class Keeper:
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
        self._thread = threading.Thread(target=self._keep, name="keeper", daemon=True)

    def start(self) -> None:
        """Begin; the sandbox opens in the background."""
        self._thread.start()

    def retire(self) -> None:
        """Take nothing new from now on; runs under way end, then the sandbox closes."""
        self._stop.set()

    def stop(self) -> None:
        """Retire, and return when the sandbox is closed and the row is gone; safe to call twice."""
        self.retire()
        if self._thread.is_alive():
            self._thread.join()

    def report_broken(self, fault: SandboxUnavailable) -> None:
        """Close a sandbox that broke during a run; the next beat opens another."""
        self._fault = fault
        self._close()

    def _keep(self) -> None:
        try:
            self._write_row()
            while not self._stop.is_set():
                if self.sandbox is None:
                    self._open()
                self._write_row()
                self._stop.wait(BEAT_SECONDS)
        finally:
            self._close()
            Worker.objects.filter(pk=self.name).delete()
            connection.close()

    def _open(self) -> None:
        try:
            self.sandbox = self._open_sandbox()
        except SandboxUnavailable as fault:
            if str(fault) != str(self._fault):
                logger.error("nothing can be run safely here: %s", fault)  # noqa: TRY400  # the words say all
            self._fault = fault
        except Exception as error:  # a keeper that died would keep the reason to itself
            logger.exception("the sandbox could not be opened")
            self._fault = SandboxUnavailable(f"{type(error).__name__}: {error}")
        else:
            logger.info("the sandbox is open")
            submissions.announce_waiting(silent_since=timezone.now())

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
                    "remedy": "" if working else self._fault.fix,
                },
            )
            Worker.objects.filter(seen_at__lt=now - KEEP_SILENT).delete()
        except DatabaseError:  # the next beat writes it
            logger.exception("worker %s could not report itself", self.name)
