"""Renews a lease during a run, and writes the run's progress.

The run sets an attribute and a separate thread writes it, so that a slow database never slows a
run, and a cell that prints nothing for a minute does not look like a dead worker.
"""

from __future__ import annotations

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

logger = logging.getLogger(__name__)


class Heartbeat:
    """Renews the lease from `__enter__` to `__exit__`; `progress` may be set from any thread."""

    def __init__(self, lease: Lease) -> None:
        self.progress = Progress(Stage.STARTING)
        self._lease = lease
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="heartbeat", daemon=True)

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

    def _run(self) -> None:
        written, written_at = self.progress, time.monotonic()
        try:
            while not self._stop.wait(PROGRESS_SECONDS):
                progress = self.progress
                if progress == written and time.monotonic() - written_at < RENEW_SECONDS:
                    continue
                if not renew_lease(lease=self._lease, progress=progress):
                    return  # another worker holds it now; this result will not be written
                written, written_at = progress, time.monotonic()
        except Exception:  # a missed renewal may cost the lease, never the run
            logger.exception("submission %s: heartbeat failed", self._lease.submission_id)
        finally:
            connection.close()
