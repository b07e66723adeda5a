"""Conducts one run from the host: sends the job, takes the frames, watches the limits, judges.

It is not in charge of making processes (`forkserver`) nor of what outputs may hold (`screen`,
`border`); it never trusts the stream and never waits for it longer than the limits say.
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
from grader.sandbox import border, policy
from grader.sandbox.inside import bounds, frames
from grader.sandbox.inside.frames import BadFrame, FrameTooLarge
from grader.sandbox.job import Answer, CellError, Event, Job, Run, Verdict
from grader.sandbox.memory import Watch
from grader.sandbox.screen import CellScreen

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from collections.abc import Set as AbstractSet
    from pathlib import Path

    from grader.sandbox.forkserver import Sealed

READ_BYTES: Final = 1 << 18
SMALL_FRAME_BYTES: Final = 4096
CHUNK_BYTES: Final = 512 * 1024
"""The runner's own pieces of text and tracebacks are smaller, however they are escaped."""
ANSWER_HEADER_BYTES: Final = 32 * bounds.MIB
"""Labels of a long table, as JSON; they count to the answer's budget."""
ANSWER_BUDGETS: Final = 6
"""How many full answers a run may send; an honest runner stops at four."""
CPU_GRAIN_SECONDS: Final = 0.5
"""The kernel's limit is in whole seconds, and it counts in ticks."""
FRAMES_PER_RUN: Final = 500_000

_SHOWN: Final = frozenset(
    {frames.STREAM, frames.DISPLAY, frames.RESULT, frames.CLEAR, frames.ERROR, frames.DROPPED}
)
_SMALL: Final = frozenset(
    {frames.CELL, frames.CELL_END, frames.FINISHED, frames.CLEAR, frames.DROPPED}
)


@dataclass(frozen=True)
class Ending:
    """Why the host ended a run before it ended itself."""

    verdict: Verdict
    limit: float | None = None
    peak: float | None = None
    message: str = ""


@dataclass
class Progress:
    """What has been heard from a run so far."""

    cells: list[CellScreen]
    current: int = -1
    open: bool = False
    finished: bool = False
    shown_error: CellError | None = None
    """The last traceback of the open cell; learners can show one and go on."""
    error: CellError | None = None
    """What ended the notebook."""
    answers: dict[str, Answer] = field(default_factory=dict)
    output_bytes: int = 0
    answer_bytes: int = 0
    frames: int = 0
    first_cell_at: float | None = None
    cell_started_at: float = 0.0


class Conductor:
    """One run of one job in one sealed process."""

    def __init__(
        self,
        job: Job,
        data: Mapping[str, bytes],
        *,
        cores: AbstractSet[int],
        received_at: float,
        on_event: Callable[[Event], None] | None,
    ) -> None:
        self._job = job
        self._data = data
        self._cores = cores
        self._received_at = received_at
        self._on_event = on_event

    def run(self, sealed: Sealed) -> Run:
        """Run the job to its end in `sealed`.

        Raises:
            SandboxUnavailable: the wall or the server broke, so that nothing is known of the job.
        """
        bound = self._job.limits.cell_output_bytes
        self._sealed = sealed
        self._progress = Progress([CellScreen(bound_bytes=bound) for _ in self._job.cells])
        self._reader = frames.Reader(self._bound)
        memory_bytes = self._job.limits.memory_bytes
        self._watch = Watch(sealed.pidfd, owner=sealed.owner, bound_bytes=memory_bytes)
        with contextlib.closing(self._watch):
            return self._conducted()

    def _conducted(self) -> Run:
        self._send_job()
        self._emit("start")
        started_at = time.monotonic()
        try:
            ending = self._listen(started_at)
        finally:
            self._kill()
        wall_seconds = time.monotonic() - started_at
        report = self._report()
        self._watch.close()
        self._emit("end")
        return self._judged(ending, report, wall_seconds)

    def _send_job(self) -> None:
        job, data = self._job, self._data
        body = json.dumps(
            {
                "cells": job.cells,
                "outputs": job.outputs,
                "parameters": dict(job.parameters),
                "parameters_cell": job.parameters_cell,
                "threads": len(self._cores),
                "limits": asdict(job.limits),
                "data": [(name, len(content)) for name, content in data.items()],
            }
        ).encode()
        self._sealed.line.settimeout(policy.READY_SECONDS)
        try:
            os.sched_setaffinity(self._watch.pid, self._cores)
            self._sealed.line.sendall(struct.pack(">I", len(body)) + body)
            for content in data.values():
                self._sealed.line.sendall(content)
        except OSError as error:
            raise SandboxUnavailable(f"The job could not be handed over: {error}.") from error

    def _listen(self, started_at: float) -> Ending | None:
        """Take frames until the pipe closes; answer why it was ended early, if it was."""
        deadline = started_at + self._job.limits.wall_seconds
        poll = select.poll()
        poll.register(self._sealed.pipe, select.POLLIN)
        watch_at = started_at
        limits = self._job.limits
        while (now := time.monotonic()) < deadline:
            if now >= watch_at:
                watch_at = now + policy.WATCH_SECONDS
                peak = self._watch.peak()
                if peak > limits.memory_bytes:
                    return Ending(Verdict.MEMORY_LIMIT, limit=limits.memory_bytes, peak=peak)
            if not poll.poll(1000 * max(0.0, min(deadline, watch_at) - now)):
                continue
            data = os.read(self._sealed.pipe, READ_BYTES)
            if not data:
                return self._left()
            ending = self._hear(data)
            if ending is not None:
                return ending
        return Ending(Verdict.TIME_LIMIT, limit=limits.wall_seconds, peak=now - started_at)

    def _left(self) -> Ending | None:
        """Answer for a closed pipe: the process has ended, or it only pretends to have."""
        gone = select.poll()
        gone.register(self._sealed.pidfd, select.POLLIN)
        if gone.poll(1000 * policy.LAST_WORDS_SECONDS):
            return None
        return Ending(Verdict.BAD_OUTPUT, message="The notebook closed the way of its results.")

    def _hear(self, data: bytes) -> Ending | None:
        """Take the frames in `data`; answer why the run must end here, if it must."""
        try:
            for kind, body in self._reader.feed(data):
                self._take(kind, body)
        except FrameTooLarge as error:
            return self._too_large(error)
        except BadFrame as error:
            return Ending(Verdict.BAD_OUTPUT, message=str(error))
        peak, limit = self._progress.output_bytes, self._job.limits.total_output_bytes
        return Ending(Verdict.OUTPUT_LIMIT, limit=limit, peak=peak) if peak > limit else None

    def _bound(self, kind: bytes) -> int | None:
        if kind in _SMALL:
            return SMALL_FRAME_BYTES
        if kind in _SHOWN or kind == frames.FAILED:
            return max(self._job.limits.cell_output_bytes, CHUNK_BYTES) + SMALL_FRAME_BYTES
        if kind == frames.ANSWER:
            return self._job.limits.answer_bytes + ANSWER_HEADER_BYTES
        return None

    def _too_large(self, error: FrameTooLarge) -> Ending:
        if error.kind in _SHOWN:
            limit = self._job.limits.cell_output_bytes
            return Ending(Verdict.OUTPUT_LIMIT, limit=limit, peak=error.size)
        return Ending(Verdict.BAD_OUTPUT, message=str(error))

    def _take(self, kind: bytes, body: bytes) -> None:
        state = self._progress
        state.frames += 1
        if state.finished or state.frames > FRAMES_PER_RUN:
            raise BadFrame("frames after the end")
        if kind == frames.CELL:
            self._begin_cell(frames.parse(body))
        elif kind == frames.FAILED and state.current < 0:
            raise SandboxUnavailable(f"A run could not be sealed: {body.decode(errors='replace')}")
        elif kind == frames.FINISHED:
            state.finished = True
        elif not state.open:
            raise BadFrame("a frame outside of any cell")
        elif kind == frames.ANSWER:
            self._take_answer(body)
        elif kind == frames.CELL_END:
            self._end_cell(frames.parse(body))
        else:
            state.output_bytes += len(body)
            parsed = frames.parse(body)
            state.cells[state.current].take(kind, parsed, cost=len(body))
            if kind == frames.ERROR:
                state.shown_error = cell_error(state.current, parsed)

    def _begin_cell(self, body: dict[str, Any]) -> None:
        state, now = self._progress, time.monotonic()
        if state.open or body.get("cell") != state.current + 1 or state.error is not None:
            raise BadFrame("a cell out of turn")
        if state.current + 1 >= len(state.cells):
            raise BadFrame("a cell too many")
        state.current += 1
        state.open = True
        state.shown_error = None
        state.cell_started_at = now
        if state.first_cell_at is None:
            state.first_cell_at = now
        self._emit("cell")

    def _end_cell(self, body: dict[str, Any]) -> None:
        state, count = self._progress, body.get("execution_count")
        if body.get("cell") != state.current or type(count) is not int:
            raise BadFrame("the end of another cell")
        if body.get("ok") is not True:
            if state.shown_error is None:
                raise BadFrame("a failure without an error")
            state.error = state.shown_error
        cell = state.cells[state.current]
        cell.execution_count = count
        cell.wall_seconds = time.monotonic() - state.cell_started_at
        state.open = False

    def _take_answer(self, body: bytes) -> None:
        state, bound = self._progress, self._job.limits.answer_bytes
        state.answer_bytes += len(body)
        if state.answer_bytes > ANSWER_BUDGETS * bound + ANSWER_HEADER_BYTES:
            raise BadFrame("more answers than a run may send")
        found = border.answer(
            body, declared=self._job.outputs, cell=state.current, bound_bytes=bound
        )
        state.answers[found.name] = found
        self._emit("answer")

    def _emit(self, kind: str) -> None:
        cell = max(0, self._progress.current)
        if self._on_event is not None:
            self._on_event(Event(kind, cell=cell, cells=len(self._job.cells)))

    def _kill(self) -> None:
        """End process 1, and with it, by the kernel, everything in its namespace."""
        try:
            signal.pidfd_send_signal(self._sealed.pidfd, signal.SIGKILL)
        except ProcessLookupError:
            return

    def _report(self) -> dict[str, Any]:
        """Return the warden's last words.

        Raises:
            SandboxUnavailable: it has none: the server was killed, or sealing failed.
        """
        line = self._sealed.line
        line.settimeout(policy.LAST_WORDS_SECONDS)
        words = b""
        try:
            while chunk := line.recv(4096):
                words += chunk
        except OSError as error:
            raise SandboxUnavailable(f"The warden of a run is gone: {error}.") from error
        if not words.startswith(b"E"):
            raise SandboxUnavailable("The fork server died during a run.")
        report: dict[str, Any] = json.loads(words[1:])
        if "failure" in report:
            raise SandboxUnavailable(f"A run could not be sealed: {report['failure']}.")
        return report

    def _judged(self, ending: Ending | None, report: dict[str, Any], wall_seconds: float) -> Run:
        state = self._progress
        if ending is None and state.current < 0 and not state.finished:
            raise SandboxUnavailable(f"A run ended before its first cell: {report}.")
        if ending is None:
            ending = self._ending_of_its_own(report)
        error = state.error
        if error is None and ending.message:
            error = CellError(
                cell=self._cell(), name=_NAMES[ending.verdict], message=ending.message
            )
        first = state.first_cell_at
        return Run(
            verdict=ending.verdict,
            cells=tuple(cell.outcome() for cell in state.cells),
            answers=state.answers,
            error=error,
            limit=ending.limit,
            peak=ending.peak,
            wall_seconds=wall_seconds,
            first_cell_seconds=None if first is None else first - self._received_at,
            cpu_seconds=report["cpu_seconds"],
            peak_memory_bytes=self._watch.peak_bytes,
        )

    def _ending_of_its_own(self, report: dict[str, Any]) -> Ending:
        """Judge a run that the host did not end: by its last frames and by how its process died."""
        state, limits, code = self._progress, self._job.limits, report["exit_code"]
        if state.error is not None and state.error.name == "MemoryError":
            peak = max(self._watch.peak_bytes, limits.memory_bytes)
            return Ending(Verdict.MEMORY_LIMIT, limit=limits.memory_bytes, peak=peak)
        if state.error is not None:
            return Ending(Verdict.RUNTIME_ERROR)
        complete = state.finished and not state.open and state.current == len(state.cells) - 1
        if complete:
            return Ending(Verdict.OK)
        if (
            code == -signal.SIGKILL
            and report["cpu_seconds"] > limits.cpu_seconds - CPU_GRAIN_SECONDS
        ):
            peak = max(limits.cpu_seconds, report["cpu_seconds"])
            return Ending(Verdict.TIME_LIMIT, limit=limits.cpu_seconds, peak=peak)
        if code == -signal.SIGKILL:
            peak = max(self._watch.peak_bytes, limits.memory_bytes)
            return Ending(Verdict.MEMORY_LIMIT, limit=limits.memory_bytes, peak=peak)
        return Ending(Verdict.RUNTIME_ERROR, message=_way_of_dying(code))

    def _cell(self) -> int | None:
        return self._progress.current if self._progress.open else None


_NAMES: Final = {Verdict.RUNTIME_ERROR: "ProcessEnded", Verdict.BAD_OUTPUT: "BadOutput"}


def _way_of_dying(code: int) -> str:
    if code == -signal.SIGSYS:
        return "The process made a system call that the sandbox does not allow."
    if code < 0:
        return f"The process crashed in native code ({signal.Signals(-code).name})."
    return f"The process ended itself with exit code {code} before the notebook's end."


def cell_error(cell: int, body: dict[str, Any]) -> CellError:
    """Return an error frame as the contract's type; its texts were checked with the output."""
    line = body.get("line")
    return CellError(
        cell=cell,
        name=body["name"],
        message=body["message"],
        line=line if type(line) is int and 0 < line < 10**6 else None,
        traceback=body["traceback"],
    )


def read_data(folder: Path | None) -> dict[str, bytes]:
    """Return the files of an exercise's data folder by relative name.

    Raises:
        SandboxUnavailable: the folder is missing or too large for a run's memory.
    """
    if folder is None:
        return {}
    if not folder.is_dir():
        raise SandboxUnavailable(f"The exercise's data folder {folder} is missing.")
    files = sorted(path for path in folder.rglob("*") if path.is_file() and not path.is_symlink())
    if sum(path.stat().st_size for path in files) > bounds.DATA_BYTES:
        raise SandboxUnavailable(f"{folder} holds more than {bounds.DATA_BYTES} bytes.")
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}
