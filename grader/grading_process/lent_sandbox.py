"""The child's sandbox: the caller forks isolated processes, the child monitors them."""

from __future__ import annotations

import contextlib
import json
import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, Final

from grader.errors import SandboxUnavailable
from grader.grading_process import messages
from grader.sandbox.data import read_data_folder
from grader.sandbox.forkserver import IsolatedProcess
from grader.sandbox.inside import descriptors
from grader.sandbox.monitor import KILLED, RunMonitor

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from grader.sandbox.job import Event, Job, Run

RUNS_AT_ONCE: Final = 2
"""The visible and the hidden one; the caller decides how many really run."""
DESCRIPTORS: Final = 3
DONE: Final = b"done"


class LentSandbox:
    """Runs jobs in processes that the caller lends; implements `grader.sandbox.job.Sandbox`."""

    def __init__(self, line: socket.socket) -> None:
        self._line = line
        self._lock = threading.Lock()

    def run(
        self,
        job: Job,
        *,
        on_event: Callable[[Event], None] | None = None,
        interrupt: threading.Event | None = None,
    ) -> Run:
        """Run `job`; once more if its server dies, or if it is killed far from its limits.

        Whoever sent that signal cannot be known: the notebook itself, or the kernel of a machine
        that has no memory left. Killed twice, it was the notebook.

        Raises:
            SandboxUnavailable: isolation is missing or the sandbox failed.
            ExerciseContentError: the exercise's data cannot be read.
        """
        data = read_data_folder(job.data)
        received_at = time.monotonic()

        def run_once() -> Run:
            with self._lent() as (process, cores, channel):
                monitor = RunMonitor(
                    job,
                    data,
                    cores=cores,
                    received_at=received_at,
                    on_event=on_event,
                    interrupt=interrupt,
                )
                try:
                    run = monitor.run(process)
                except SandboxUnavailable as error:
                    with contextlib.suppress(OSError):
                        channel.send(f"broken: {error}".encode()[:2000])
                    raise
                channel.send(DONE)
                return run

        try:
            run = run_once()
        except SandboxUnavailable:
            return run_once()
        killed = run.error is not None and run.error.message == KILLED
        return run_once() if killed else run

    def run_many(
        self, jobs: tuple[Job, ...], *, on_event: Callable[[int, Event], None] | None = None
    ) -> tuple[Run, ...]:
        """Run several jobs, in parallel where the caller has room."""

        def run(number: int) -> Run:
            def tell(event: Event) -> None:
                if on_event is not None:
                    on_event(number, event)

            return self.run(jobs[number], on_event=tell)

        with ThreadPoolExecutor(max_workers=RUNS_AT_ONCE) as threads:
            return tuple(threads.map(run, range(len(jobs))))

    def close(self) -> None:
        """Do nothing: the sandbox is the caller's."""

    @contextlib.contextmanager
    def _lent(
        self,
    ) -> Iterator[tuple[IsolatedProcess, frozenset[int], socket.socket]]:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with ours:
            with theirs, self._lock:
                messages.send_open(self._line, {"kind": messages.FORK}, [theirs.fileno()])
            body, numbers = descriptors.receive(ours, messages.MESSAGE_BYTES, DESCRIPTORS)
            facts: dict[str, Any] = json.loads(body) if body else {"broken": "the caller is gone"}
            if len(numbers) != DESCRIPTORS:
                messages.close(numbers)
                raise SandboxUnavailable(facts.get("broken", ""), fix=facts.get("fix", ""))
            line = socket.socket(fileno=numbers[0])
            process = IsolatedProcess(line, numbers[1], numbers[2], facts["owner"])
            with contextlib.closing(process):
                yield process, frozenset(facts["cores"]), ours
