"""The sandbox that callers use: slots for concurrent runs, servers replaced when necessary."""

from __future__ import annotations

import contextlib
import logging
import os
import queue
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Final, Self, TypedDict

from grader.errors import SandboxUnavailable
from grader.sandbox import budget, policy
from grader.sandbox.chain_line import ChainBroken
from grader.sandbox.chain_monitor import ChainMonitor
from grader.sandbox.chains import Chains, Turn
from grader.sandbox.data import read_data_folder
from grader.sandbox.environment import default_python, discover
from grader.sandbox.forkserver import ForkServer, find_bubblewrap
from grader.sandbox.monitor import RunMonitor

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from contextlib import AbstractContextManager
    from pathlib import Path
    from types import TracebackType

    from grader.sandbox.forkserver import IsolatedProcess
    from grader.sandbox.job import Event, Job, Run

logger = logging.getLogger(__name__)

ENVIRONMENT_CHECK_SECONDS: Final = 2.0
"""How often the environment on disk is compared with the loaded one."""


class Facts(TypedDict):
    """What every monitor is told besides its job."""

    cores: frozenset[int]
    received_at: float
    on_event: Callable[[Event], None] | None
    interrupt: threading.Event | None


class BubblewrapSandbox:
    """Runs jobs in isolation; safe to share between threads, not between processes."""

    def __init__(
        self,
        *,
        python: Path | None,
        warm: bool,
        concurrency: int,
        checkpoint_bytes: int | None = None,
    ) -> None:
        self._python = python or default_python()
        self._warm = warm
        self._owner = os.getpid()
        self._core_shares = split_cores(sorted(os.sched_getaffinity(0)), concurrency)
        self._slots: queue.SimpleQueue[frozenset[int]] = queue.SimpleQueue()
        for share in self._core_shares:
            self._slots.put(share)
        self._lock = threading.Lock()
        self._users: Counter[ForkServer] = Counter()
        self._server: ForkServer | None = None
        self._looked_at = 0.0
        self._closed = False
        if checkpoint_bytes is None:
            checkpoint_bytes = budget.checkpoint_bytes()
        self.chains = Chains(memory_bytes=checkpoint_bytes)
        find_bubblewrap()
        if warm:
            self._server = self._start_server()

    def run(
        self,
        job: Job,
        *,
        on_event: Callable[[Event], None] | None = None,
        interrupt: threading.Event | None = None,
    ) -> Run:
        """Run `job` and return what happened; once `interrupt` is set, it ends within seconds.

        A run whose server dies is restarted once on a new server; its events start over. So is one
        whose checkpoints fail: from the top, keeping nothing.

        Raises:
            SandboxUnavailable: isolation is missing or the sandbox failed: a platform error.
            ExerciseContentError: the exercise's data cannot be read; the sandbox is as it was.
        """
        if os.getpid() != self._owner:
            raise SandboxUnavailable("This sandbox was opened by another process; open one here.")
        data = read_data_folder(job.data)
        with self._turn(job, data) as turn:
            share = self._slots.get()
            try:
                facts: Facts = {
                    "cores": share,
                    "received_at": time.monotonic(),
                    "on_event": on_event,
                    "interrupt": interrupt,
                }
                run = turn and self._run_in_chain(turn, ChainMonitor(job, data, **facts))
                if run is None and job.chain is not None and self._warm:
                    run = self._run_alone(ChainMonitor(job, data, keeping=False, **facts))
                return run or self._run_from_the_top(RunMonitor(job, data, **facts))
            finally:
                self._slots.put(share)

    def _turn(self, job: Job, data: Mapping[str, bytes]) -> AbstractContextManager[Turn | None]:
        if job.chain is None or not self._warm:
            return contextlib.nullcontext()
        return self.chains.turn(job, data, wait=0.0 if job.question else policy.BUSY_SECONDS)

    def _run_alone(self, monitor: ChainMonitor) -> Run | None:
        """Run from the top as a chain does, but in one of its own that ends with the run."""
        turn = Turn(None, b"")
        try:
            return self._run_in_chain(turn, monitor)
        finally:
            turn.drop()

    def _run_in_chain(self, turn: Turn, monitor: ChainMonitor) -> Run | None:
        """Run from a checkpoint; None when the chain failed, so that it has to be from the top."""
        try:
            with self._borrowed_server() as server:
                server.wait_until_ready()
                return monitor.run_in(turn.chain(server, lambda: monitor.new_chain(server)))
        except (ChainBroken, SandboxUnavailable) as reason:
            turn.drop()
            if self._closed:
                raise
            logger.info("checkpoints were dropped, the run begins from the top: %s", reason)
            return None

    def _run_from_the_top(self, monitor: RunMonitor) -> Run:
        try:
            return self._run_once(monitor)
        except SandboxUnavailable:
            if self._closed:
                raise
            return self._run_once(monitor)

    def _run_once(self, monitor: RunMonitor) -> Run:
        with self._borrowed_server() as server, contextlib.closing(server.fork_run()) as process:
            return monitor.run(process)

    @contextlib.contextmanager
    def lend_process(self) -> Iterator[tuple[IsolatedProcess, frozenset[int]]]:
        """Provide an isolated process, for a monitor in another process, and its cores.

        Raises:
            SandboxUnavailable: as `run`; raised inside the block, it replaces the server.
        """
        share = self._slots.get()
        try:
            with (
                self._borrowed_server() as server,
                contextlib.closing(server.fork_run()) as process,
            ):
                yield process, share
        finally:
            self._slots.put(share)

    def run_many(
        self, jobs: tuple[Job, ...], *, on_event: Callable[[int, Event], None] | None = None
    ) -> tuple[Run, ...]:
        """Run several jobs, in parallel where slots allow; `on_event` gets the job's index."""

        def run(number: int) -> Run:
            def tell(event: Event) -> None:
                if on_event is not None:
                    on_event(number, event)

            return self.run(jobs[number], on_event=tell)

        with ThreadPoolExecutor(max_workers=len(self._core_shares)) as threads:
            return tuple(threads.map(run, range(len(jobs))))

    def ready(self) -> Mapping[str, object]:
        """Wait until a run could start; return what the server says of its own start.

        Raises:
            SandboxUnavailable: it did not come up.
        """
        with self._borrowed_server() as server:
            return server.wait_until_ready()

    @contextlib.contextmanager
    def _borrowed_server(self) -> Iterator[ForkServer]:
        """Provide a server for one run; a replaced server is closed after its last run."""
        with self._lock:
            server = self._current_server()
            self._users[server] += 1
        try:
            yield server
        except SandboxUnavailable:
            with self._lock:
                if self._server is server:
                    self._server = None
            raise
        finally:
            with self._lock:
                self._users[server] -= 1
                is_done = self._users[server] == 0 and self._server is not server
                if is_done:
                    del self._users[server]
            if is_done:
                server.close()

    def _current_server(self) -> ForkServer:
        """Return the server for a new run, starting one if needed; the caller holds the lock."""
        if self._closed:
            raise SandboxUnavailable("The sandbox is closed.")
        if not self._warm:
            return self._start_server()
        if self._server is None or not self._server.alive or self._is_outdated(self._server):
            replaced, self._server = self._server, self._start_server()
            if replaced is not None:
                self.chains.drop_server(replaced)
            if replaced is not None and self._users[replaced] == 0:
                replaced.close()
        return self._server

    def _is_outdated(self, server: ForkServer) -> bool:
        now = time.monotonic()
        if now - self._looked_at < ENVIRONMENT_CHECK_SECONDS:
            return False
        self._looked_at = now
        return server.environment.fingerprint() != server.fingerprint

    def _start_server(self) -> ForkServer:
        return ForkServer(discover(self._python), warm=self._warm)

    def close(self) -> None:
        """Wait for the current runs, then stop everything; safe to call twice."""
        with self._lock:
            if self._closed or os.getpid() != self._owner:
                return
            self._closed = True
        held = [self._slots.get() for _ in self._core_shares]  # each waits for the run that uses it
        for share in held:
            self._slots.put(share)  # later callers get "the sandbox is closed"
        self.chains.close()
        if self._server is not None:
            self._server.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


def split_cores(cores: list[int], concurrency: int) -> tuple[frozenset[int], ...]:
    """Divide `cores` among `concurrency` runs, so that two runs never compete for a core.

    With more runs than cores, runs share a core.
    """
    if concurrency >= len(cores):
        return tuple(frozenset({cores[slot % len(cores)]}) for slot in range(concurrency))
    return tuple(frozenset(cores[slot::concurrency]) for slot in range(concurrency))
