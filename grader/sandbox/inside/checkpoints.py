"""Keeps the state after each cell as a process that waits, so that a later run begins there.

The run's init waits first: it has run no cell. An order makes it fork; the child runs the cells.
After each cell the child asks the host whether its state is to be kept. If so it forks in turn: the
parent becomes the checkpoint, the child carries on with the next cell. After the last cell the
process itself becomes the checkpoint.

A fork here is the C library's, without Python's own hooks: those would reseed `random` and call
what the learner's code has registered, so that a run with checkpoints would differ from one
without. It is sound because only a process with a single thread is forked.
"""

from __future__ import annotations

import contextlib
import ctypes
import math
import os
import resource
import select
import signal
import socket
import time
from typing import TYPE_CHECKING, Any, Final

from . import bounds, frames, hazards, kernel, orders
from .scratch import Scratch

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .shell import FrameWriter

_libc = ctypes.PyDLL(None, use_errno=True)  # keeps the interpreter's lock, unlike CDLL
ORPHANS_MS: Final = 1000
"""How often init looks for processes that their parents have left behind."""


class Checkpoints:
    """The place of this process in its chain."""

    def __init__(
        self, pipe: int, line: int, writer: FrameWriter, caches: Sequence[Any] = ()
    ) -> None:
        """Take the place of the chain's first process.

        Args:
            pipe: the descriptor that frames are written to; its number stays the same in all forks.
            line: the descriptor of the line to the host; its number stays the same as well.
            writer: writes the frames of whichever process runs the cells.
            caches: those that keep a library's files open.
        """
        self._pipe, self._line = pipe, line
        self._host = socket.socket(fileno=line)
        self._writer = writer
        self._caches = caches
        self._scratch = Scratch()
        self._scratch.take()
        self._children: dict[int, tuple[int, int]] = {}
        self._cpu_seconds = 0.0
        self._mask: set[Any] = {signal.SIGINT}  # as the server has left it
        self._say(orders.HELLO)

    def keep(self, cell: int, *, last: bool) -> dict[str, Any] | None:
        """Offer the state after a cell; return an order that a fork of it is to carry out.

        None means: carry on, or end after the last cell.
        """
        if not self._writer.is_own or not hazards.is_fit(self._expected(), self._caches):
            return None
        if not self._scratch.take():
            return None
        self._mask = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        self._writer.send(frames.pack(frames.KEEP, {"cell": cell}))
        kind, body, given = orders.receive(self._host)
        if kind == orders.GRANT and last:
            self._writer.finish()
            return self.wait()
        if kind == orders.GRANT:
            used = time.process_time()
            child = _libc.fork()
            if child == 0:
                self._continue(given, self._cpu_seconds - used)
                return None
            if child > 0:
                self._remember(child, body["serial"], given)
                return self.wait()
            with socket.socket(fileno=given[0]) as line:
                line.send(orders.REPLY.pack(orders.NO_FORK, 0, 0, 0.0))
        signal.pthread_sigmask(signal.SIG_SETMASK, self._mask)
        return None

    def wait(self) -> dict[str, Any]:
        """Be a checkpoint for good; return an order in each child that is to carry it out."""
        kernel.prctl(kernel.PR_SET_DUMPABLE, 0)  # its forks can neither trace it nor see it
        nothing = os.open("/dev/null", os.O_WRONLY | os.O_CLOEXEC)
        os.dup2(nothing, self._pipe, inheritable=False)
        os.close(nothing)
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        while True:
            poll = select.poll()
            for descriptor in (self._line, *self._children):
                poll.register(descriptor, select.POLLIN)
            ready = {descriptor for descriptor, _ in poll.poll(ORPHANS_MS)}
            for descriptor in ready & self._children.keys():
                self._report(descriptor)
            if os.getpid() == 1:
                self._reap_orphans()
            if self._line in ready:
                order = self._take_order()
                if order is not None:
                    return order

    def _take_order(self) -> dict[str, Any] | None:
        try:
            kind, order, given = orders.receive(self._host)
        except (EOFError, OSError):
            os._exit(0)
        child = _libc.fork()
        if child != 0:
            if child > 0:
                self._remember(child, order["serial"], given)
            else:
                for descriptor in given:
                    os.close(descriptor)
            return None
        pipe, *rest = given
        os.dup2(pipe, self._pipe, inheritable=False)
        os.close(pipe)
        if not self._scratch.restore():
            os._exit(1)
        if kind == orders.ASK:
            _limit_data(bounds.REPLY_MEMORY_BYTES)
        self._continue(rest, order["cpu_seconds"])
        return {**order, "kind": kind.decode()}

    def _continue(self, given: list[int], cpu_seconds: float) -> None:
        """Be the process that runs the cells."""
        for descriptor in self._children:
            os.close(descriptor)
        self._children = {}
        os.dup2(given[0], self._line, inheritable=False)
        os.close(given[0])
        with contextlib.suppress(OSError):
            os.setsid()  # a signal to its process group stays its own
        kernel.prctl(kernel.PR_SET_DUMPABLE, 1)
        self._cpu_seconds = cpu_seconds
        _limit_cpu(cpu_seconds)
        self._writer.adopt()
        signal.pthread_sigmask(signal.SIG_SETMASK, self._mask)
        self._say(orders.HELLO)
        try:
            orders.receive(self._host)
        except (EOFError, OSError):
            os._exit(1)

    def _say(self, kind: bytes) -> None:
        self._host.send(orders.REPLY.pack(kind, 0, 0, 0.0))

    def _remember(self, child: int, serial: int, given: list[int]) -> None:
        for descriptor in given:
            os.close(descriptor)
        self._children[os.pidfd_open(child)] = (child, serial)

    def _report(self, descriptor: int) -> None:
        child, serial = self._children.pop(descriptor)
        os.close(descriptor)
        with contextlib.suppress(OSError):
            _, status, usage = os.wait4(child, 0)
            code = os.waitstatus_to_exitcode(status)
            seconds = usage.ru_utime + usage.ru_stime
            told = orders.REPLY.pack(orders.EXIT, serial, code, seconds)
            self._host.send(told, socket.MSG_DONTWAIT)

    def _reap_orphans(self) -> None:
        """Reap what has no parent any more, as an init does: it would count as a process."""
        own = {child for child, _ in self._children.values()}
        with contextlib.suppress(ChildProcessError):
            while True:
                ended = os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
                if ended is None or ended.si_pid in own:
                    return  # an own child is reported first
                os.waitpid(ended.si_pid, 0)

    def _expected(self) -> set[int]:
        return {*range(bounds.FILE_DESCRIPTORS_KEPT), self._pipe, self._line}


def _limit_cpu(seconds: float) -> None:
    """Lower the limit of CPU time; the host counts too, and ends a run before the kernel does."""
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    bound = min(hard, math.ceil(max(0.0, seconds)) + bounds.CPU_SLACK_SECONDS)
    resource.setrlimit(resource.RLIMIT_CPU, (bound, bound))


def _limit_data(more: int) -> None:
    _, hard = resource.getrlimit(resource.RLIMIT_DATA)
    bound = min(hard, size_bytes("VmData") + more)
    resource.setrlimit(resource.RLIMIT_DATA, (bound, bound))


def size_bytes(name: str) -> int:
    """Return a size from the kernel's status of this process."""
    with open("/proc/self/status") as status:  # noqa: PTH123 - nothing of pathlib's is needed
        for line in status:
            if line.startswith(f"{name}:"):
                return int(line.split()[1]) * 1024
    raise RuntimeError(f"/proc/self/status has no {name}")
