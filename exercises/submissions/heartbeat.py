"""Keeps a lease alive while a run goes on, and writes how far it is.

The run reports to attributes; a thread of its own writes them, so that a slow database never slows
a run, and a cell that says nothing for a minute does not look like a dead worker.
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

PULSE_SECONDS = 0.25
"""Progress is written at most this often: more cannot be seen on the page."""

BEAT_SECONDS = LEASE.total_seconds() / 4
"""The lease is extended at least this often."""

logger = logging.getLogger(__name__)


class Heartbeat:
    """Beats from `__enter__` to `__exit__`; `progress` may be set from any thread."""

    def __init__(self, lease: Lease) -> None:
        self.progress = Progress(Stage.STARTING)
        self._lease = lease
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._beat, name="heart", daemon=True)

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

    def _beat(self) -> None:
        written, written_at = self.progress, time.monotonic()
        try:
            while not self._stop.wait(PULSE_SECONDS):
                progress = self.progress
                if progress == written and time.monotonic() - written_at < BEAT_SECONDS:
                    continue
                if not renew_lease(lease=self._lease, progress=progress):
                    return  # another worker holds it now; what this one finds will not be written
                written, written_at = progress, time.monotonic()
        except Exception:  # a missed beat may cost the lease, never the run
            logger.exception("submission %s: heartbeat failed", self._lease.submission_id)
        finally:
            connection.close()
