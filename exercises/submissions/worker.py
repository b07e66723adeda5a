"""The worker's side: one warm sandbox per process, opened at its start, closed at its end.

A worker without a sandbox, one that cannot reach the database, and one that staff drain accepts no
jobs: it stops
reading the grading queue, so that messages stay for other workers. `/status/` shows the reason and
the fix, and the worker tries again. There is no way to run a notebook without a sandbox.
"""

from __future__ import annotations

import logging
import os
import socket
import threading
from datetime import timedelta
from typing import TYPE_CHECKING, Protocol

from django.db import connection
from django.db.models.functions import Now

from courses.database import database_now
from exercises.models import Worker
from exercises.submissions import lifecycle
from grader.errors import SandboxUnavailable

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from grader.sandbox.job import Sandbox

HEARTBEAT_SECONDS = 5.0
"""How often a worker reports itself, and tries to open a sandbox if it has none."""

RETRY_SECONDS = 1.0
"""How soon a worker that could not report itself tries again."""

KEEP_ROWS = timedelta(days=1)
"""How long the row of a worker that stopped reporting is kept."""

logger = logging.getLogger(__name__)


class Intake(Protocol):
    """Whether this process reads messages of the grading queue."""

    def accept(self, accepting: bool) -> None:  # noqa: FBT001  # the one thing it is told
        """Read messages from now on, or leave them to other workers; safe to repeat."""

    def end(self) -> None:
        """End this process, which nobody watches any more."""


class WorkerSandbox:
    """Keeps this process's sandbox open and its row in `Worker` fresh.

    Args:
        open_sandbox: opens the sandbox, or raises `SandboxUnavailable`.
        concurrency: how many runs this process does at once.
        intake: is told whether jobs are accepted; None tells nobody.
    """

    def __init__(
        self,
        *,
        open_sandbox: Callable[[], Sandbox],
        concurrency: int,
        intake: Intake | None = None,
    ) -> None:
        self.name = f"{socket.gethostname()}:{os.getpid()}"
        self.sandbox: Sandbox | None = None
        self.intake = intake
        self.draining = False
        self._open_sandbox = open_sandbox
        self._concurrency = concurrency
        self._started_at: datetime | None = None
        self._fault = SandboxUnavailable("The sandbox is being opened.")
        self._stop = threading.Event()
        self._wake = threading.Event()
        self._thread = threading.Thread(target=self._run, name="worker-sandbox", daemon=True)

    @property
    def alive(self) -> bool:
        """Whether the thread that reports this worker and keeps its sandbox is running."""
        return self._thread.is_alive()

    def start(self) -> None:
        """Start; the sandbox opens in the background."""
        self._accept(accepting=False)
        self._thread.start()

    def retire(self) -> None:
        """Accept no more jobs; running ones finish, then the sandbox closes."""
        self._stop.set()
        self._wake.set()

    def stop(self) -> None:
        """Retire, and return when the sandbox is closed and the row is gone; safe to call twice."""
        self.retire()
        if self._thread.is_alive():
            self._thread.join()

    def report_broken(self, fault: SandboxUnavailable) -> None:
        """Close a sandbox that broke during a run; the thread reports it and opens another."""
        self._fault = fault
        self._close()
        self._wake.set()

    def _run(self) -> None:
        try:
            while not self._stop.is_set():
                self._wake.clear()
                pause = HEARTBEAT_SECONDS if self._beat() else RETRY_SECONDS
                self._wake.wait(pause)
        finally:
            # Also when something ended the loop that no handler foresaw: without this thread the
            # process would go on reading messages and nobody would know that it is there.
            if not self._stop.is_set():
                logger.critical("worker %s: its own thread ended; the process ends", self.name)
                self._end()
            self._close()
            self._forget()

    def _beat(self) -> bool:
        """Open the sandbox if there is none, and report; False when something failed."""
        try:
            if self.sandbox is None:
                self._accept(accepting=False)
                self._write_row()
                self._open()
            self._write_row()
        except Exception:  # whatever it is, the next beat may succeed; without it none would follow
            logger.exception("worker %s could not report itself and accepts no jobs", self.name)
            connection.close()  # the next beat opens another
            self._accept(accepting=False)
            return False
        self._accept(accepting=self.sandbox is not None and not self.draining)
        return True

    def _open(self) -> None:
        try:
            self.sandbox = self._open_sandbox()
        except SandboxUnavailable as fault:
            if str(fault) != str(self._fault):
                logger.error("no job can run safely here: %s", fault)  # noqa: TRY400  # a traceback adds nothing
            self._fault = fault
        except Exception as error:  # the reason is shown, as that of a missing sandbox is
            logger.exception("the sandbox could not be opened")
            self._fault = SandboxUnavailable(f"{type(error).__name__}: {error}")
        else:
            logger.info("the sandbox is open")
            lifecycle.notify_waiting(notified_before=database_now())

    def _close(self) -> None:
        sandbox, self.sandbox = self.sandbox, None
        if sandbox is not None:
            sandbox.close()

    def _accept(self, *, accepting: bool) -> None:
        if self.intake is not None:
            self.intake.accept(accepting)

    def _end(self) -> None:
        if self.intake is not None:
            self.intake.end()

    def _write_row(self) -> None:
        if self._started_at is None:
            self._started_at = database_now()
        working = self.sandbox is not None
        facts = {
            "concurrency": self._concurrency,
            "started_at": self._started_at,
            "sandbox_open": working,
            "reason": "" if working else str(self._fault),
            "fix": "" if working else self._fault.fix,
        }
        mine = Worker.objects.filter(pk=self.name)
        if mine.update(seen_at=Now(), **facts):
            self.draining = mine.values_list("draining", flat=True).first() or False
        else:
            Worker.objects.create(name=self.name, seen_at=database_now(), **facts)
            self.draining = False
        Worker.objects.filter(seen_at__lt=Now() - KEEP_ROWS).delete()

    def _forget(self) -> None:
        try:
            Worker.objects.filter(pk=self.name).delete()
        except Exception:  # the row ends by itself: it is not shown once it is old
            logger.exception("worker %s could not remove its row", self.name)
        finally:
            connection.close()
