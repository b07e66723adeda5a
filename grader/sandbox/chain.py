"""A chain of checkpoints, as the host sees it: one isolated process tree of one learner's notebook.

Init (PID 1) has run no cell; each further checkpoint is the state after one cell. All but init are
in the hands of the learner's code, so none is believed: a process is what the kernel says that it
is, and one that does not do as it should breaks the chain, which costs time and nothing else.
Between runs every checkpoint is stopped, and every other process of the tree is killed.
"""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import struct
import time
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from grader.errors import SandboxUnavailable
from grader.sandbox import policy, processes
from grader.sandbox.chain_line import REPORTS, ChainBroken, Link, hello, new_line, send
from grader.sandbox.inside import orders
from grader.sandbox.memory import MemoryMonitor
from grader.sandbox.monitor import hand_over

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from collections.abc import Set as AbstractSet

    from grader.sandbox.forkserver import ForkServer
    from grader.sandbox.job import CellOutcome, Job

SWEEPS: Final = 50
"""How often what must not stay is killed before the whole tree is."""


@dataclass(frozen=True)
class Checkpoint:
    """The state after a cell, and what is needed to show the cells since the one before again.

    Attributes:
        link: the process that waits.
        sources: the cells that led from the checkpoint before to this one; usually one.
        outcomes: what they showed when they ran.
        output_bytes: what the cells so far have sent.
        seconds: wall time that the cells so far have used of their limit.
        cpu_seconds: the same in CPU time.
    """

    link: Link
    sources: tuple[str, ...]
    outcomes: tuple[CellOutcome, ...]
    output_bytes: int
    seconds: float
    cpu_seconds: float


@dataclass(frozen=True)
class Runner:
    """The process that runs the cells at present.

    Attributes:
        link: its handles.
        pipe: from which its frames are read.
        parent: what it was forked from, and by which order.
        serial: the number of that order.
    """

    link: Link
    pipe: int
    parent: Link
    serial: int

    @property
    def pidfd(self) -> int:
        """The process itself."""
        return self.link.pidfd


class Chain:
    """One process tree: init, the checkpoints after the first cells, and what runs now."""

    def __init__(self, server: ForkServer, job: Job, data: Mapping[str, bytes]) -> None:
        """Start the tree; it has no checkpoint yet.

        Raises:
            SandboxUnavailable: it could not be isolated.
        """
        self.server = server
        self.checkpoints: list[Checkpoint] = []
        self._root: Link | None = None
        self._process = server.fork_run()
        self._serial = 0
        limits = job.limits
        self.memory = MemoryMonitor(
            self._process.pidfd, owner=self._process.owner, bound_bytes=limits.memory_bytes
        )
        more = limits.processes + policy.MAX_CHECKPOINTS + 1
        facts = {
            "cells": (),
            "threads": 1,
            "chain": True,
            "limits": {**asdict(limits), "processes": more},
        }
        try:
            self._root = self._handed_over(job, data, facts)
        except BaseException:
            self._end()
            raise

    def _handed_over(self, job: Job, data: Mapping[str, bytes], facts: dict[str, Any]) -> Link:
        hand_over(self._process.line, job, data, facts)
        ours, theirs = new_line()
        with theirs:
            socket.send_fds(self._process.line, [b"L"], [theirs.fileno()])
        try:
            _kind, pid = hello(ours, policy.READY_SECONDS)
        except ChainBroken as broken:
            ours.close()
            os.set_blocking(self._process.pipe, False)
            with contextlib.suppress(OSError):
                text = os.read(self._process.pipe, 5000).decode(errors="replace")
                raise SandboxUnavailable(f"A run could not be isolated: {text}") from broken
            raise SandboxUnavailable("A run could not be isolated.") from broken
        if pid != self.memory.pid:
            ours.close()
            raise SandboxUnavailable("A run could not be isolated: another process answered.")
        return Link(pid, os.dup(self._process.pidfd), ours)

    @property
    def alive(self) -> bool:
        """Whether the tree still stands."""
        return self._process.pipe >= 0 and processes.is_alive(self._process.pidfd)

    def matching(self, cells: Sequence[str]) -> int:
        """Return how many checkpoints, from the first on, live and are of `cells`."""
        first = 0
        for number, checkpoint in enumerate(self.checkpoints):
            end = first + len(checkpoint.sources)
            is_same = checkpoint.sources == tuple(cells[first:end])
            if not is_same or not processes.is_alive(checkpoint.link.pidfd):
                return number
            first = end
        return len(self.checkpoints)

    def cells_of(self, count: int) -> int:
        """Return after how many cells the last of the first `count` checkpoints is."""
        return sum(len(checkpoint.sources) for checkpoint in self.checkpoints[:count])

    def fork(
        self, position: int, kind: bytes, order: Mapping[str, Any], cores: AbstractSet[int]
    ) -> Runner:
        """Fork checkpoint `position`, or init; return the child, which carries out the order.

        Raises:
            ChainBroken: the checkpoint does not do it.
        """
        parent = self.checkpoints[position - 1].link if position else self._root
        if parent is None:
            raise ChainBroken("the chain has ended")
        self.memory.resume()
        parent.forget()  # ends of earlier forks
        self._serial += 1
        body = orders.pack(kind, {**order, "serial": self._serial})
        pipe, inner_pipe = os.pipe()
        ours, theirs = new_line()
        try:
            with theirs:
                if os.sched_getaffinity(parent.pid) != cores:  # setting it waits for the kernel
                    os.sched_setaffinity(parent.pid, cores)
                processes.send_signal(parent.pidfd, signal.SIGCONT)
                send(parent.line, body, [inner_pipe, theirs.fileno()])
            os.close(inner_pipe)
            inner_pipe = -1
            said, link = self._greeted(ours)
        except (OSError, ChainBroken) as error:
            ours.close()
            os.close(pipe)
            if inner_pipe >= 0:
                os.close(inner_pipe)
            raise ChainBroken(str(error)) from error
        if said != orders.HELLO:
            link.close()
            os.close(pipe)
            raise ChainBroken("no hello")
        self.memory.counted = link.pid
        return Runner(link, pipe, parent, self._serial)

    def grant(self, runner: Runner, checkpoint: Checkpoint, *, last: bool) -> Runner | None:
        """Keep the state of `runner`; return what carries on: a fork of it, or itself, or nothing.

        Raises:
            ChainBroken: it does not do as it said.
        """
        if last:
            send(runner.link.line, orders.pack(orders.GRANT, {}), [])
            self.checkpoints.append(checkpoint)
            return None
        self._serial += 1
        ours, theirs = new_line()
        try:
            with theirs:
                order = orders.pack(orders.GRANT, {"serial": self._serial})
                send(runner.link.line, order, [theirs.fileno()])
            said, link = self._greeted(ours)
        except (OSError, ChainBroken) as error:
            ours.close()
            raise ChainBroken(str(error)) from error
        if said == orders.NO_FORK:
            link.close()
            return runner
        self.checkpoints.append(checkpoint)
        self.memory.counted = link.pid
        return Runner(link, runner.pipe, runner.link, self._serial)

    def refuse(self, runner: Runner) -> None:
        """Keep nothing.

        Raises:
            ChainBroken: it does not listen.
        """
        send(runner.link.line, orders.pack(orders.REFUSE, {}), [])

    def exit_report(self, runner: Runner) -> tuple[int, float] | None:
        """Return the exit code and the CPU seconds that the parent of `runner` reports, if it does.

        The parent is the learner's too: it may say what it likes of a run of its own.
        """
        line = runner.parent.line
        line.settimeout(policy.EXIT_REPORT_SECONDS)
        with contextlib.suppress(OSError, struct.error):
            for _ in range(REPORTS):
                kind, serial, code, seconds = orders.REPLY.unpack(line.recv(orders.REPLY.size))
                if kind == orders.EXIT and serial == runner.serial:
                    return max(-64, min(code, 255)), max(0.0, min(seconds, 1e6))
        return None

    def drop_after(self, position: int) -> None:
        """End the checkpoints after the first `position`."""
        for checkpoint in self.checkpoints[position:]:
            processes.send_signal(checkpoint.link.pidfd, signal.SIGKILL)
            checkpoint.link.close()
        del self.checkpoints[position:]

    def thin(self, seconds: float) -> bool:
        """End the checkpoint that is made again soonest; False if none is within `seconds`.

        The last two stay: the one before the cell that is worked on, and the one that answers the
        editor's questions in the cell below.
        """
        ends = [0.0, *(one.seconds for one in self.checkpoints)]
        costs = [
            (ends[number + 1] - ends[number], number) for number in range(len(self.checkpoints) - 2)
        ]
        cost, number = min(costs, default=(seconds, -1))
        if cost >= seconds:
            return False
        gone, following = self.checkpoints[number : number + 2]
        processes.send_signal(gone.link.pidfd, signal.SIGKILL)
        processes.wait_for_end(gone.link.pidfd, policy.GONE_SECONDS)  # its memory is counted next
        gone.link.close()
        self.checkpoints[number : number + 2] = [
            replace(
                following,
                sources=gone.sources + following.sources,
                outcomes=gone.outcomes + following.outcomes,
            )
        ]
        return True

    def settle(self) -> bool:
        """Stop the checkpoints and kill the rest; False if that failed and the tree was ended."""
        for _ in range(SWEEPS):
            for checkpoint in self.checkpoints:
                processes.send_signal(checkpoint.link.pidfd, signal.SIGSTOP)
            strangers = self._strangers()
            if not strangers:
                self.memory.pause()
                return self.alive
            self.kill(strangers)
            time.sleep(0.002)
        self._end()
        return False

    def kill_strangers(self, but: int) -> None:
        """Kill what is neither a checkpoint nor the process `but`."""
        self.kill(pid for pid in self._strangers() if pid != but)

    def kill(self, pids: Any) -> None:
        """Kill processes of the tree."""
        for pid in pids:
            pidfd = processes.handle_in(self.memory.pid, pid)
            if pidfd is not None:
                processes.send_signal(pidfd, signal.SIGKILL)
                os.close(pidfd)

    def _strangers(self) -> list[int]:
        kept = {self.memory.pid, *(checkpoint.link.pid for checkpoint in self.checkpoints)}
        return [
            pid
            for pid in processes.tree(self.memory.pid)
            if pid not in kept and processes.state(pid) not in "ZX"
        ]

    def _greeted(self, line: socket.socket) -> tuple[bytes, Link]:
        """Return what a child says first, and the child.

        Raises:
            ChainBroken: it says nothing, or is no process of this tree.
        """
        kind, pid = hello(line, policy.CHECKPOINT_SECONDS)
        pidfd = processes.handle_in(self.memory.pid, pid)
        if pidfd is None or pid == self.memory.pid:
            if pidfd is not None:
                os.close(pidfd)
            raise ChainBroken("a stranger answered")
        link = Link(pid, pidfd, line)
        if kind == orders.HELLO:
            try:
                send(line, orders.pack(orders.GO, {}), [])
            except ChainBroken:
                link.close()
                raise
        return kind, link

    def close(self) -> None:
        """End the whole tree; safe to call twice."""
        for checkpoint in self.checkpoints:
            checkpoint.link.close()
        self.checkpoints.clear()
        self._end()

    def _end(self) -> None:
        """Kill init, and with it everything; return when all of it is gone."""
        process = self._process
        if process.pipe < 0:
            return
        processes.send_signal(process.pidfd, signal.SIGKILL)
        process.line.settimeout(policy.TEARDOWN_SECONDS)
        with contextlib.suppress(OSError):
            while process.line.recv(4096):
                pass
        self.memory.close()
        process.close()
        process.pipe = -1
        if self._root is not None:
            self._root.close()
