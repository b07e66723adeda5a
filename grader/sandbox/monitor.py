"""Monitors one run from the host: sends the job, reads frames, enforces limits, sets the verdict.

It does not create processes (`forkserver`) and does not decide what outputs may contain
(`outputs`, `validation`); it never trusts the stream and never waits longer than the limits allow.
"""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import struct
import time
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any, Final

from grader.errors import SandboxUnavailable
from grader.sandbox import policy, processes, validation
from grader.sandbox.inside import bounds, frames
from grader.sandbox.inside.frames import BadFrame, FrameTooLarge
from grader.sandbox.job import Answer, CellError, Event, Job, Run, Verdict
from grader.sandbox.memory import MemoryMonitor
from grader.sandbox.outputs import CellOutputs

if TYPE_CHECKING:
    import socket
    import threading
    from collections.abc import Callable, Mapping
    from collections.abc import Set as AbstractSet

    from grader.sandbox.forkserver import IsolatedProcess

READ_BYTES: Final = 1 << 18
SMALL_FRAME_BYTES: Final = 4096
CHUNK_BYTES: Final = 512 * 1024
"""The runner's own chunks of text and tracebacks are smaller, even when fully escaped."""
ANSWER_HEADER_BYTES: Final = validation.MAX_HEADER_BYTES
"""Labels of a long table, as JSON; they count towards the answer's budget."""
STRUCTURE_COST_BYTES: Final = 64
"""What each value in an output's JSON costs besides its text: it becomes a Python object."""
CHEAP_STRUCTURE: Final = 64
"""Brackets, commas and strings that any frame may have: they cost nothing."""
MAX_EXECUTION_COUNT: Final = 10**6
ANSWER_BUDGETS: Final = 6
"""How many full-size answers a run may send; the runner itself stops at four."""
FRAMES_PER_RUN: Final = 500_000
NEAR_A_LIMIT: Final = 0.5
"""From this share of a limit on, a process that was killed may have been killed by it."""
KILLED: Final = "The process was killed by the notebook itself."

_SHOWN: Final = frozenset(
    {frames.STREAM, frames.DISPLAY, frames.RESULT, frames.CLEAR, frames.ERROR, frames.DROPPED}
)
_SMALL: Final = frozenset(
    {frames.CELL, frames.CELL_END, frames.FINISHED, frames.CLEAR, frames.DROPPED}
)


@dataclass(frozen=True)
class Termination:
    """Why the host terminated a run."""

    verdict: Verdict
    limit: float | None = None
    peak: float | None = None
    message: str = ""


@dataclass
class Progress:
    """What a run has sent so far."""

    cells: list[CellOutputs]
    current: int = -1
    open: bool = False
    finished: bool = False
    shown_error: CellError | None = None
    """The last traceback shown in the current cell; a learner's code may show one and continue."""
    error: CellError | None = None
    """What ended the notebook."""
    answers: dict[str, Answer] = field(default_factory=dict)
    output_bytes: int = 0
    answer_bytes: int = 0
    frames: int = 0
    first_cell_at: float | None = None
    cell_started_at: float = 0.0
    interrupted_at: float | None = None
    reply: dict[str, Any] | None = None


class RunMonitor:
    """Monitors one run of one job in one isolated process."""

    def __init__(
        self,
        job: Job,
        data: Mapping[str, bytes],
        *,
        cores: AbstractSet[int],
        received_at: float,
        on_event: Callable[[Event], None] | None,
        interrupt: threading.Event | None = None,
    ) -> None:
        self._job = job
        self._data = data
        self._cores = cores
        self._received_at = received_at
        self._on_event = on_event
        self._interrupt = interrupt

    def run(self, process: IsolatedProcess) -> Run:
        """Run the job to its end in `process`.

        Raises:
            SandboxUnavailable: isolation or the server failed, so the run has no verdict.
        """
        self._process = process
        self._begin()
        memory_bytes = self._job.limits.memory_bytes
        self._memory = MemoryMonitor(process.pidfd, owner=process.owner, bound_bytes=memory_bytes)
        with contextlib.closing(self._memory):
            return self._monitor()

    def _begin(self) -> None:
        bound = self._job.limits.cell_output_bytes
        self._progress = Progress([CellOutputs(bound_bytes=bound) for _ in self._job.cells])
        self._reader = frames.Reader(self._bound)

    def _monitor(self) -> Run:
        self._send_job()
        self._emit("start")
        started_at = time.monotonic()
        try:
            termination = self._read_until_end(started_at)
        finally:
            self._kill()
        wall_seconds = time.monotonic() - started_at
        report = self._read_exit_report()
        self._memory.close()
        self._emit("end")
        return self._result(termination, report, wall_seconds)

    def _send_job(self) -> None:
        job = self._job
        facts = {
            "cells": job.cells,
            "threads": 1 if job.chain else len(self._cores),
            "question": job.question and asdict(job.question),
        }
        try:
            os.sched_setaffinity(self._memory.pid, self._cores)
        except OSError as error:
            raise SandboxUnavailable(f"The job could not be handed over: {error}.") from error
        hand_over(self._process.line, job, self._data, facts)

    def _read_until_end(self, started_at: float) -> Termination | None:
        """Read frames until the pipe closes; return why the run must be terminated, if so."""
        poll = select.poll()
        poll.register(self._process.pipe, select.POLLIN)
        measure_at = started_at
        deadline = started_at + self._job.limits.wall_seconds
        while True:
            now = time.monotonic()
            if now >= measure_at:
                measure_at = now + policy.MEMORY_POLL_SECONDS
                self._emit("tick")
                termination = (
                    self._check_interrupt(now)
                    or self._check_size()
                    or self._check_time(now - started_at)
                )
                if termination is not None:
                    return termination
            wake_at = measure_at if now >= deadline else min(deadline, measure_at)
            if not poll.poll(1000 * max(0.0, wake_at - now)):
                measure_at = min(measure_at, wake_at)
                continue
            data = os.read(self._process.pipe, READ_BYTES)
            if not data:
                return self._check_exit()
            termination = self._read_frames(data)
            if termination is not None or self._is_over():
                return termination

    def _is_over(self) -> bool:
        """Whether nothing more is to be read, although the pipe is open."""
        return False

    def _check_size(self) -> Termination | None:
        """Check the memory and the mappings of the tree."""
        limit, peak = self._job.limits.memory_bytes, self._memory.peak()
        if peak > limit:
            return Termination(Verdict.MEMORY_LIMIT, limit=limit, peak=peak)
        if self._memory.mappings > policy.MAX_MAPPINGS:
            return Termination(Verdict.RUNTIME_ERROR, message=_TOO_MANY_MAPPINGS)
        return None

    def _check_time(self, wall_seconds: float) -> Termination | None:
        """Check the wall time, less what the run spent waiting for a core on a busy machine."""
        limit = self._job.limits.wall_seconds
        if wall_seconds < limit:
            return None
        used = wall_seconds - processes.waited_seconds(self._memory.pid)
        if used < limit and wall_seconds < policy.WALL_BACKSTOP * limit:
            return None
        return Termination(Verdict.TIME_LIMIT, limit=limit, peak=max(used, limit))

    def _check_interrupt(self, now: float) -> Termination | None:
        """Raise KeyboardInterrupt in the notebook once that is asked for; then wait a little."""
        if self._interrupt is None or not self._interrupt.is_set():
            return None
        state = self._progress
        if state.interrupted_at is None:
            state.interrupted_at = now
            with contextlib.suppress(ProcessLookupError):
                signal.pidfd_send_signal(self._process.pidfd, signal.SIGINT)
        if now < state.interrupted_at + policy.INTERRUPT_SECONDS:
            return None
        return Termination(Verdict.RUNTIME_ERROR, message="The run was interrupted.")

    def _check_exit(self) -> Termination | None:
        """Check after the pipe closed that the process has really exited."""
        gone = select.poll()
        gone.register(self._process.pidfd, select.POLLIN)
        if gone.poll(1000 * policy.EXIT_REPORT_SECONDS):
            return None
        return Termination(
            Verdict.BAD_OUTPUT, message="The notebook closed the pipe for its results."
        )

    def _read_frames(self, data: bytes) -> Termination | None:
        """Handle the frames in `data`; return why the run must be terminated, if so."""
        try:
            for kind, body in self._reader.feed(data):
                self._handle_frame(kind, body)
        except FrameTooLarge as error:
            return self._oversized_frame(error)
        except BadFrame as error:
            return Termination(Verdict.BAD_OUTPUT, message=str(error))
        peak, limit = self._progress.output_bytes, self._job.limits.total_output_bytes
        return Termination(Verdict.OUTPUT_LIMIT, limit=limit, peak=peak) if peak > limit else None

    def _bound(self, kind: bytes) -> int | None:
        if kind in _SMALL:
            return SMALL_FRAME_BYTES
        if kind == frames.REPLY:
            return bounds.REPLY_BYTES
        if kind in _SHOWN or kind == frames.FAILED:
            return max(self._job.limits.cell_output_bytes, CHUNK_BYTES) + SMALL_FRAME_BYTES
        if kind == frames.ANSWER:
            return self._job.limits.answer_bytes + ANSWER_HEADER_BYTES
        return None

    def _oversized_frame(self, error: FrameTooLarge) -> Termination:
        if error.kind in _SHOWN:
            limit = self._job.limits.cell_output_bytes
            return Termination(Verdict.OUTPUT_LIMIT, limit=limit, peak=error.size)
        return Termination(Verdict.BAD_OUTPUT, message=str(error))

    def _handle_frame(self, kind: bytes, body: bytes) -> None:
        state = self._progress
        state.frames += 1
        if state.finished or state.frames > FRAMES_PER_RUN:
            raise BadFrame("frames after the end")
        if kind == frames.CELL:
            self._begin_cell(frames.parse(body))
        elif kind == frames.FAILED and state.current < 0:
            text = body.decode(errors="replace")
            raise SandboxUnavailable(f"A run could not be isolated: {text}")
        elif kind == frames.FINISHED:
            state.finished = True
        elif kind == frames.REPLY and self._job.question is not None and not state.open:
            state.reply = frames.parse(body)
        elif not state.open:
            raise BadFrame("a frame outside of any cell")
        elif kind == frames.ANSWER:
            self._add_answer(body)
        elif kind == frames.CELL_END:
            self._end_cell(frames.parse(body))
        else:
            cost = len(body) + _structure_cost(body)
            state.output_bytes += cost
            parsed = frames.parse(body)
            output = state.cells[state.current].add_frame(kind, parsed, cost=cost)
            self._emit("output", output=output)
            if kind == frames.ERROR:
                state.shown_error = cell_error(state.current, parsed)

    def _begin_cell(self, body: dict[str, Any]) -> None:
        state, now = self._progress, time.monotonic()
        if state.open or body.get("cell") != state.current + 1 or state.error is not None:
            raise BadFrame("a cell out of order")
        if state.current + 1 >= len(state.cells):
            raise BadFrame("more cells than the notebook has")
        state.current += 1
        state.open = True
        state.shown_error = None
        state.cell_started_at = now
        if state.first_cell_at is None:
            state.first_cell_at = now
        self._emit("cell")

    def _end_cell(self, body: dict[str, Any]) -> None:
        state, count = self._progress, body.get("execution_count")
        if (
            body.get("cell") != state.current
            or type(count) is not int
            or not 0 <= count < MAX_EXECUTION_COUNT
        ):
            raise BadFrame("the end of another cell")
        if body.get("ok") is not True:
            if state.shown_error is None:
                raise BadFrame("a failure without an error")
            state.error = state.shown_error
        cell = state.cells[state.current]
        cell.execution_count = count
        cell.wall_seconds = time.monotonic() - state.cell_started_at
        state.open = False
        self._emit("cell_end", outcome=cell.outcome(), failed=state.error is not None)

    def _add_answer(self, body: bytes) -> None:
        state, bound = self._progress, self._job.limits.answer_bytes
        state.answer_bytes += len(body)
        if state.answer_bytes > ANSWER_BUDGETS * bound + ANSWER_HEADER_BYTES:
            raise BadFrame("more answers than a run is allowed to send")
        found = validation.validate_answer(
            body, declared=self._job.outputs, cell=state.current, bound_bytes=bound
        )
        state.answers[found.name] = found
        self._emit("answer")

    def _emit(self, kind: str, **facts: Any) -> None:
        cell = max(0, self._progress.current)
        if self._on_event is not None:
            self._on_event(Event(kind, cell=cell, cells=len(self._job.cells), **facts))

    def _kill(self) -> None:
        """Kill init; the kernel then kills everything in its PID namespace."""
        try:
            signal.pidfd_send_signal(self._process.pidfd, signal.SIGKILL)
        except ProcessLookupError:
            return

    def _read_exit_report(self) -> dict[str, Any]:
        """Return the reaper's exit report; a large tree may take seconds to end.

        Raises:
            SandboxUnavailable: there is none: the server was killed, or isolation failed.
        """
        line = self._process.line
        line.settimeout(policy.TEARDOWN_SECONDS)
        message = b""
        try:
            while chunk := line.recv(4096):
                message += chunk
        except OSError as error:
            raise SandboxUnavailable(f"A run could not be ended: {error}.") from error
        if not message.startswith(b"E"):
            raise SandboxUnavailable("The fork server died during a run.")
        report: dict[str, Any] = json.loads(message[1:])
        if "failure" in report:
            raise SandboxUnavailable(f"A run could not be isolated: {report['failure']}.")
        return report

    def _result(
        self, termination: Termination | None, report: dict[str, Any], wall_seconds: float
    ) -> Run:
        state = self._progress
        if termination is None and state.current < 0 and not state.finished and state.cells:
            raise SandboxUnavailable(f"A run ended before its first cell: {report}.")
        if termination is None:
            termination = self._exit_verdict(report)
        error = state.error
        if error is None and termination.message:
            error = CellError(
                cell=self._cell(), name=_NAMES[termination.verdict], message=termination.message
            )
        first = state.first_cell_at
        return Run(
            verdict=termination.verdict,
            cells=tuple(cell.outcome() for cell in state.cells),
            answers=state.answers,
            error=error,
            limit=termination.limit,
            peak=termination.peak,
            wall_seconds=wall_seconds,
            first_cell_seconds=None if first is None else first - self._received_at,
            cpu_seconds=report["cpu_seconds"],
            peak_memory_bytes=self._memory.peak_bytes,
            reply=state.reply,
        )

    def _exit_verdict(self, report: dict[str, Any]) -> Termination:
        """Return the verdict of a run that exited by itself, from its last frames and exit code."""
        state, limits, code = self._progress, self._job.limits, report["exit_code"]
        if state.error is not None and state.error.name == "MemoryError":
            peak = max(self._memory.peak_bytes, limits.memory_bytes)
            return Termination(Verdict.MEMORY_LIMIT, limit=limits.memory_bytes, peak=peak)
        if state.error is not None:
            return Termination(Verdict.RUNTIME_ERROR)
        complete = state.finished and not state.open and state.current == len(state.cells) - 1
        if complete:
            return Termination(Verdict.OK)
        if code == -signal.SIGKILL:
            return self._killed(report)
        return Termination(Verdict.RUNTIME_ERROR, message=_exit_message(code))

    def _killed(self, report: dict[str, Any]) -> Termination:
        """Return which limit made the kernel kill the process: the one that it came nearer to.

        The kernel counts CPU time in ticks, and reports it finer: the two may differ. A process far
        from both limits was killed by the notebook itself.
        """
        limits, used, memory = self._job.limits, report["cpu_seconds"], self._memory.peak_bytes
        of_time, of_memory = used / limits.cpu_seconds, memory / limits.memory_bytes
        if max(of_time, of_memory) < NEAR_A_LIMIT:
            return Termination(Verdict.RUNTIME_ERROR, message=KILLED)
        if of_time > of_memory:
            peak = max(limits.cpu_seconds, used)
            return Termination(Verdict.TIME_LIMIT, limit=limits.cpu_seconds, peak=peak)
        peak = max(memory, limits.memory_bytes)
        return Termination(Verdict.MEMORY_LIMIT, limit=limits.memory_bytes, peak=peak)

    def _cell(self) -> int | None:
        return self._progress.current if self._progress.open else None


_TOO_MANY_MAPPINGS: Final = (
    f"The notebook's processes have more than {policy.MAX_MAPPINGS:,} memory mappings."
)
_NAMES: Final = {Verdict.RUNTIME_ERROR: "ProcessEnded", Verdict.BAD_OUTPUT: "BadOutput"}


def hand_over(
    line: socket.socket, job: Job, data: Mapping[str, bytes], facts: Mapping[str, Any]
) -> None:
    """Send a job and its data to an isolated process that waits for one.

    Raises:
        SandboxUnavailable: it does not take them.
    """
    body = json.dumps(
        {
            "outputs": job.outputs,
            "parameters": dict(job.parameters),
            "written": dict(job.written),
            "parameters_cells": job.parameters_cells,
            "limits": asdict(job.limits),
            "data": [(name, len(content)) for name, content in data.items()],
            "chain": False,
            **facts,
        }
    ).encode()
    line.settimeout(policy.READY_SECONDS)
    try:
        line.sendall(struct.pack(">I", len(body)) + body)
        for content in data.values():
            line.sendall(content)
    except OSError as error:
        raise SandboxUnavailable(f"The job could not be handed over: {error}.") from error


def _structure_cost(body: bytes) -> int:
    if len(body) <= CHEAP_STRUCTURE:
        return 0
    return STRUCTURE_COST_BYTES * max(0, frames.structure(body) - CHEAP_STRUCTURE)


def _exit_message(code: int) -> str:
    if code == -signal.SIGSYS:
        return "The process made a system call that the sandbox does not allow."
    if code < 0:
        return f"The process crashed in native code ({signal.Signals(-code).name})."
    return f"The process exited with exit code {code} before the end of the notebook."


def cell_error(cell: int, body: dict[str, Any]) -> CellError:
    """Return an error frame as a `CellError`; its texts were validated with the output."""
    line = body.get("line")
    return CellError(
        cell=cell,
        name=body["name"],
        message=body["message"],
        line=line if type(line) is int and 0 < line < 10**6 else None,
        traceback=body["traceback"],
    )
