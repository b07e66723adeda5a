"""The site's processes: started again when they end, as by a process manager; and their trees."""

from __future__ import annotations

import contextlib
import ctypes
import os
import shlex
import signal
import subprocess
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final

from grader.sandbox import cgroup

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

PR_SET_CHILD_SUBREAPER: Final = 36
LOOK_SECONDS: Final = 0.2
STOP_SECONDS: Final = 240.0

SANDBOX: Final = "sandbox server or run"
"""Forks of one program: the server, its reapers, and learners' own processes."""


def adopt_orphans() -> None:
    """Become the parent of every process below this one whose own parent ends."""
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1)


class SiteProcesses:
    """Runs commands by name and starts each again when it ends, until `stop`."""

    def __init__(
        self, commands: Mapping[str, str], *, environment: Mapping[str, str], log: Path
    ) -> None:
        self._commands = {name: shlex.split(command) for name, command in commands.items()}
        self._environment = dict(environment)
        self._log = log.open("ab")
        self._lock = threading.Lock()
        self._running: dict[str, subprocess.Popen[bytes]] = {}
        self._ended = threading.Event()
        self.restarts = 0
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def start(self) -> None:
        """Start all of them."""
        with self._lock:
            for name in self._commands:
                self._start(name)
        self._thread.start()

    def pid(self, name: str) -> int:
        """Return the process id of the latest process of that name."""
        with self._lock:
            return self._running[name].pid

    def stop(self) -> list[str]:
        """End all in an orderly way; return the names of those that had to be killed."""
        self._ended.set()
        self._thread.join()
        for process in self._running.values():
            process.terminate()
        deadline, killed = time.monotonic() + STOP_SECONDS, []
        for name, process in self._running.items():
            try:
                process.wait(timeout=max(0.1, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
                killed.append(name)
        self._log.close()
        return killed

    def _watch(self) -> None:
        while not self._ended.wait(LOOK_SECONDS):
            with self._lock:
                for name, process in self._running.items():
                    if process.poll() is not None:
                        self.restarts += 1
                        self._start(name)

    def _start(self, name: str) -> None:
        self._running[name] = subprocess.Popen(
            self._commands[name],
            env=self._environment,
            stdin=subprocess.DEVNULL,
            stdout=self._log,
            stderr=self._log,
            start_new_session=True,  # as services have; Ctrl-C reaches this process only
        )


def below(pid: int) -> Iterator[int]:
    """Yield the processes below one, parents first; those that end meanwhile are left out."""
    waiting = [pid]
    while waiting:
        for children in Path(f"/proc/{waiting.pop()}/task").glob("*/children"):
            with contextlib.suppress(OSError):
                found = [int(child) for child in children.read_text().split()]
                yield from found
                waiting += found


def below_of_kind(pid: int, kind: str) -> list[int]:
    """Return the processes below one that are of a kind."""
    return [child for child in below(pid) if kind_of(command_line(child)) == kind]


def kind_of(command: bytes) -> str:
    """Say what a process of a worker is by its command line; empty when it is nothing of these."""
    program, *arguments = command.split(b"\0")
    if program.endswith(b"bwrap"):
        return "bubblewrap"
    if any(argument.endswith(b"supervisor.py") for argument in arguments):
        return "supervisor"
    if b"inside.server" in arguments:
        return SANDBOX
    return "grading process" if b"grader.grading_process.child" in arguments else ""


def command_line(pid: int) -> bytes:
    """Return a process's command line; empty once it has ended."""
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    return b""


def kill(pids: Iterable[int]) -> int:
    """Kill processes without notice; return how many there were."""
    killed = 0
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
            killed += 1
    return killed


def left_below(pid: int, *, seconds: float) -> list[str]:
    """Return what still runs below a process after so many seconds at most."""
    deadline = time.monotonic() + seconds
    while left := [command_line(child) for child in below(pid) if command_line(child)]:
        if time.monotonic() > deadline:
            return [line.replace(b"\0", b" ").decode(errors="replace")[:200] for line in left]
        time.sleep(LOOK_SECONDS)
    return []


def groups_left() -> list[str]:
    """Return the control groups of runs whose sandbox has ended, and which cannot be removed.

    A group's name holds the process id of the sandbox that owns it; those of a sandbox that still
    runs belong to another site of this machine: of this one nothing runs any more.
    """
    cgroup.remove_stale_groups()  # as the next worker does at its start
    found = cgroup.hierarchy()
    folders = found.parent.glob(f"{cgroup.PREFIX}-*-*") if found else ()
    return sorted(
        str(folder) for folder in folders if not Path("/proc", folder.name.split("-")[1]).exists()
    )
