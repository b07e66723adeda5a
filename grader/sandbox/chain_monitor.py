"""Monitors a run that begins at a checkpoint: limits and verdicts are those of one from the top."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, Final

from grader.errors import SandboxUnavailable
from grader.sandbox import policy, processes
from grader.sandbox.chain import Chain, Checkpoint, Runner
from grader.sandbox.chain_line import ChainBroken
from grader.sandbox.inside import frames, orders
from grader.sandbox.inside.frames import BadFrame
from grader.sandbox.job import Run, Verdict
from grader.sandbox.monitor import SMALL_FRAME_BYTES, RunMonitor, Termination
from grader.sandbox.outputs import CellOutputs

if TYPE_CHECKING:
    from collections.abc import Mapping

    from grader.sandbox.forkserver import ForkServer
    from grader.sandbox.job import Job, Limits

ENDED: Final = "The process ended before the end of the notebook."


class ChainMonitor(RunMonitor):
    """Monitors one run in a chain; it begins after the cells that have a checkpoint.

    The cell that was asked for is executed always, also when it has a checkpoint already.
    """

    def __init__(
        self, job: Job, data: Mapping[str, bytes], *, keeping: bool = True, **facts: Any
    ) -> None:
        """Monitor a run that keeps the states after its cells, or does not."""
        super().__init__(job, data, **facts)
        self._keeping = keeping

    def new_chain(self, server: ForkServer) -> Chain:
        """Return a chain for the job, without checkpoints.

        Raises:
            SandboxUnavailable: it could not be isolated.
        """
        return Chain(server, self._job, self._data)

    def run_in(self, chain: Chain) -> Run:
        """Run the job to its end; the chain holds its checkpoints afterwards.

        Raises:
            ChainBroken: the chain is of no use any more, and the run has no verdict.
        """
        self._chain = chain
        self._begin()
        job, is_question = self._job, self._job.question is not None
        position = chain.matching(job.cells if is_question else job.cells[:-1])
        if not is_question:
            chain.drop_after(position)
        self._had_checkpoints = position > 0
        self._replay(position)
        with self._forked(position, after=chain.cells_of(position)):
            started_at = self._segment_at = time.monotonic()
            try:
                termination = self._read_until_end(started_at)
                if termination is None:
                    termination = self._exit_without_report()
            finally:
                self._leave()
        self._emit("end")
        report = {"exit_code": self._exit_code, "cpu_seconds": self._cpu_seconds}
        try:
            run = self._result(termination, report, time.monotonic() - started_at)
        except SandboxUnavailable as failure:  # of this tree: the server has others that stand
            raise ChainBroken(str(failure)) from failure
        self._check_chain(run)
        return run

    def _replay(self, position: int) -> None:
        """Take over what the cells before have shown and used."""
        chain, state, limits = self._chain, self._progress, self._job.limits
        self._charged = self._cpu_charged = self._cpu_seconds = 0.0
        self._exit_code = 0
        self._kept_cell = -1
        self._is_kept = False
        self._emit("start")
        for checkpoint in chain.checkpoints[:position]:
            for outcome in checkpoint.outcomes:
                state.current += 1
                recorded = CellOutputs.recorded(outcome, bound_bytes=limits.cell_output_bytes)
                state.cells[state.current] = recorded
                self._emit("cell", cached=True)
                for output in outcome.outputs:
                    self._emit("output", output=output, cached=True)
                self._emit("cell_end", outcome=outcome, cached=True)
            state.output_bytes = checkpoint.output_bytes
            self._charged, self._cpu_charged = checkpoint.seconds, checkpoint.cpu_seconds

    @contextlib.contextmanager
    def _forked(self, position: int, *, after: int) -> Any:
        job = self._job
        question = job.question
        order = {
            "first": after,
            "cells": () if question else job.cells[after:],
            "question": question and asdict(question),
            "cpu_seconds": job.limits.cpu_seconds - self._cpu_charged,
        }
        kind = orders.ASK if question else orders.RUN
        self._runner = self._chain.fork(position, kind, order, self._cores)
        self._memory = self._chain.memory
        self._process = self._runner  # type: ignore[assignment]  # has the parts that are used
        try:
            yield
        finally:
            os.close(self._runner.pipe)

    def _is_over(self) -> bool:
        return self._progress.finished

    def _bound(self, kind: bytes) -> int | None:
        return SMALL_FRAME_BYTES if kind == frames.KEEP else super()._bound(kind)

    def _handle_frame(self, kind: bytes, body: bytes) -> None:
        if kind == frames.KEEP:
            self._progress.frames += 1
            self._keep(frames.parse(body).get("cell"))
        else:
            super()._handle_frame(kind, body)

    def _keep(self, cell: Any) -> None:
        """Answer a process that offers its state."""
        state, chain, runner = self._progress, self._chain, self._runner
        first, end = chain.cells_of(len(chain.checkpoints)), state.current + 1
        is_next = cell == state.current >= first
        if state.open or state.finished or cell == self._kept_cell or state.error is not None:
            raise BadFrame("a checkpoint inside a cell")
        self._kept_cell = state.current
        limit = self._job.limits.memory_bytes
        is_full = len(chain.checkpoints) >= policy.MAX_CHECKPOINTS
        if not (self._keeping and is_next) or is_full or self._memory.used_bytes() > limit // 2:
            chain.refuse(runner)
            return
        self._charge()
        checkpoint = Checkpoint(
            link=runner.link,
            sources=self._job.cells[first:end],
            outcomes=tuple(one.outcome() for one in state.cells[first:end]),
            output_bytes=state.output_bytes,
            seconds=self._charged,
            cpu_seconds=self._cpu_charged + processes.cpu_seconds(runner.link.pid),
        )
        last = end == len(state.cells)
        following = chain.grant(runner, checkpoint, last=last)
        if following is None:
            self._is_kept = True
        elif following is not runner:
            self._cpu_charged = checkpoint.cpu_seconds
            self._follow(following)

    def _follow(self, runner: Runner) -> None:
        self._runner = runner
        self._process = runner  # type: ignore[assignment]  # as above
        self._segment_at = time.monotonic()
        if self._progress.interrupted_at is not None:  # the signal went to the one before
            processes.send_signal(runner.pidfd, signal.SIGINT)

    def _charge(self) -> None:
        """Count the time since the last fork towards the limit, without what was spent waiting."""
        self._charged, self._segment_at = self._used_seconds(), time.monotonic()

    def _used_seconds(self) -> float:
        waited = processes.waited_seconds(self._runner.link.pid)
        return self._charged + max(0.0, time.monotonic() - self._segment_at - waited)

    def _check_time(self, wall_seconds: float) -> Termination | None:
        limits: Limits = self._job.limits
        if self._job.question is not None and wall_seconds > policy.QUESTION_SECONDS:
            return Termination(Verdict.TIME_LIMIT, limit=policy.QUESTION_SECONDS, peak=wall_seconds)
        used_cpu = self._cpu_charged + processes.cpu_seconds(self._runner.link.pid)
        if used_cpu > limits.cpu_seconds:
            return Termination(Verdict.TIME_LIMIT, limit=limits.cpu_seconds, peak=used_cpu)
        used = self._used_seconds()
        if used < limits.wall_seconds and wall_seconds < policy.WALL_BACKSTOP * limits.wall_seconds:
            return None
        return Termination(
            Verdict.TIME_LIMIT, limit=limits.wall_seconds, peak=max(used, limits.wall_seconds)
        )

    def _check_size(self) -> Termination | None:
        if not processes.is_alive(self._runner.pidfd):  # its children may hold the pipe open
            self._chain.kill_strangers(self._runner.link.pid)
        return super()._check_size()

    def _exit_without_report(self) -> Termination | None:
        """Note how a process ended that did not say that it has finished."""
        if self._progress.finished:
            return None
        found = self._chain.exit_report(self._runner)
        if found is None:
            return Termination(Verdict.RUNTIME_ERROR, message=ENDED)
        self._exit_code, used = found
        self._cpu_seconds = self._cpu_charged + used
        return None

    def _leave(self) -> None:
        """Leave nothing that runs: stop the checkpoints, kill the rest."""
        if not self._is_kept:
            processes.send_signal(self._runner.pidfd, signal.SIGKILL)
        self._chain.settle()
        if not self._is_kept:
            self._runner.link.close()

    def _check_chain(self, run: Run) -> None:
        """Distrust what the chain itself may have caused.

        Raises:
            ChainBroken: it ended by itself, or its memory was counted with that of the run.
        """
        chain, error = self._chain, self._progress.error
        if not chain.alive:
            raise ChainBroken("the tree has ended")
        is_own = error is not None and error.name == "MemoryError"
        has_others = self._had_checkpoints or bool(chain.checkpoints)
        if run.verdict is Verdict.MEMORY_LIMIT and has_others and not is_own:
            raise ChainBroken("the memory of the checkpoints may have been too much")
