"""Renews a lease during a run, and writes the run's progress.

The run sets an attribute and a separate thread writes it, so that a slow database never slows a
run, and a cell that prints nothing for a minute does not look like a dead worker.

A write that fails is tried again on a new connection for as long as the run lasts: neither a locked
database nor a restarted one ends the renewal. A lease that another worker has taken meanwhile is
different: then this run is cancelled, since its result could not be written any more.
"""

from __future__ import annotations

import contextvars
import logging
import threading
import time
from typing import TYPE_CHECKING, Self

from django.db import connection

from exercises.models import Stage
from exercises.submissions.lease import LEASE, Lease, Progress, renew_lease

if TYPE_CHECKING:
    from types import TracebackType

PROGRESS_SECONDS = 0.25
"""Progress is written at most this often: more cannot be seen on the page."""

RENEW_SECONDS = LEASE.total_seconds() / 4
"""The lease is renewed at least this often."""

RETRY_SECONDS = 2.0
"""The longest pause after a write that failed; the pauses double up to it."""

logger = logging.getLogger(__name__)


class LeaseLost(Exception):  # noqa: N818  # named after what happened, as in grader.errors
    """Another worker holds the submission now: stop, and write nothing."""


class Heartbeat:
    """Renews the lease from `__enter__` to `__exit__`; `progress` may be set from any thread."""

    def __init__(self, lease: Lease) -> None:
        self.progress = Progress(Stage.STARTING)
        self._lease = lease
        self._lost = threading.Event()
        self._stop = threading.Event()
        context = contextvars.copy_context()  # so that its log lines have the same ids
        self._thread = threading.Thread(
            target=context.run, args=(self._run,), name="heartbeat", daemon=True
        )

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._stop.set()
        self._thread.join()

    def check(self) -> None:
        """Return while the lease may still be held; called at every event of the run.

        Raises:
            LeaseLost: it is not; the exception ends the run.
        """
        if self._lost.is_set():
            message = f"submission {self._lease.submission_id} is another worker's now"
            raise LeaseLost(message)

    def _run(self) -> None:
        try:
            self._renew_until_stopped()
        finally:
            connection.close()

    def _renew_until_stopped(self) -> None:
        written, written_at = self.progress, time.monotonic()
        pause, failures = PROGRESS_SECONDS, 0
        while not self._stop.wait(pause):
            progress = self.progress
            if progress == written and time.monotonic() - written_at < RENEW_SECONDS:
                continue
            try:
                if not renew_lease(lease=self._lease, progress=progress):
                    self._lost.set()
                    return
            except Exception:  # whatever it is: without renewal a good run would be repeated
                failures += 1
                logger.exception(
                    "submission %s: renewal %d of its lease failed; trying again",
                    self._lease.submission_id,
                    failures,
                )
                pause = min(PROGRESS_SECONDS * 2**failures, RETRY_SECONDS)
                connection.close()  # the next try opens another
            else:
                written, written_at = progress, time.monotonic()
                pause, failures = PROGRESS_SECONDS, 0
