"""The sandbox that callers hold: slots for runs at once, servers replaced when they must be."""

from __future__ import annotations

import contextlib
import os
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Final, Self

from grader.errors import SandboxUnavailable
from grader.sandbox.conduct import Conductor
from grader.sandbox.environment import default_python, discover
from grader.sandbox.forkserver import ForkServer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path
    from types import TracebackType

    from grader.sandbox.job import Event, Job, Run

TRIES: Final = 2
"""A run whose server died is run once more on a new one; then it is an error of ours."""


class WallSandbox:
    """Runs jobs behind walls; safe to share between threads, not between processes."""

    def __init__(
        self, *, python: Path | None, warm: bool, concurrency: int, state: Path | None
    ) -> None:
        self._environment = discover(python or default_python())
        self._warm = warm
        self._state = state
        self._concurrency = concurrency
        self._threads = max(1, len(os.sched_getaffinity(0)) // concurrency)
        self._slots = threading.BoundedSemaphore(concurrency)
        self._lock = threading.Lock()
        self._server: ForkServer | None = None
        self._closed = False
        if warm:
            self._server = self._started()

    def run(self, job: Job, *, on_event: Callable[[Event], None] | None = None) -> Run:
        """Run `job` and return what happened.

        Raises:
            SandboxUnavailable: the walls are missing or the sandbox itself broke: our fault.
        """
        with self._slots:
            received_at = time.monotonic()
            for last in (False, True):
                try:
                    return self._run_once(job, received_at, on_event or _ignore)
                except SandboxUnavailable:
                    if last or self._closed:
                        raise
        raise AssertionError("unreachable")

    def _run_once(self, job: Job, received_at: float, on_event: Callable[[Event], None]) -> Run:
        with self._serving() as server:
            sealed = server.sealed()
            with contextlib.closing(sealed):
                conductor = Conductor(job, sealed, received_at=received_at, on_event=on_event)
                return conductor.run()

    def run_many(
        self, jobs: tuple[Job, ...], *, on_event: Callable[[int, Event], None] | None = None
    ) -> tuple[Run, ...]:
        """Run several jobs, in parallel where slots allow; `on_event` gets the job's index."""

        def run(number: int) -> Run:
            def tell(event: Event) -> None:
                if on_event is not None:
                    on_event(number, event)

            return self.run(jobs[number], on_event=tell)

        if len(jobs) == 1:
            return (run(0),)
        with ThreadPoolExecutor(max_workers=max(1, self._concurrency)) as threads:
            return tuple(threads.map(run, range(len(jobs))))

    @contextlib.contextmanager
    def _serving(self) -> Iterator[ForkServer]:
        """Give a server for one run: the warm one, or one of the run's own."""
        if self._closed:
            raise SandboxUnavailable("The sandbox is closed.")
        if not self._warm:
            with contextlib.closing(self._started()) as server:
                yield server
            return
        with self._lock:
            if self._server is None or not self._server.alive:
                if self._server is not None:
                    self._server.close()
                self._server = self._started()
            server = self._server
        yield server

    def _started(self) -> ForkServer:
        return ForkServer(self._environment, warm=self._warm, threads=self._threads)

    def close(self) -> None:
        """Let the runs end, then stop everything that was started; safe to call twice."""
        if self._closed:
            return
        self._closed = True
        for _ in range(self._concurrency):
            self._slots.acquire()
        if self._server is not None:
            self._server.close()
        for _ in range(self._concurrency):
            self._slots.release()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


def _ignore(event: Event) -> None:
    """Take an event that nobody asked for."""
