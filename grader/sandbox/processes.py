"""Reads what the kernel says of a run's process tree, bounded whatever the tree does."""

from __future__ import annotations

import contextlib
import os
import select
import signal
from pathlib import Path

READ_BYTES = 1 << 20


def pid_of(pidfd: int) -> int:
    """Return the process id behind a pidfd of this process; -1 once the process is gone."""
    for line in Path(f"/proc/self/fdinfo/{pidfd}").read_text().splitlines():
        if line.startswith("Pid:"):
            return int(line.split()[1])
    return -1


def tree(root: int) -> list[int]:
    """Return the process and all its descendants; those that exit meanwhile are skipped."""
    found, waiting = [], [root]
    while waiting:
        pid = waiting.pop()
        found.append(pid)
        with contextlib.suppress(OSError):
            for task in Path(f"/proc/{pid}/task").iterdir():
                waiting += [int(child) for child in (task / "children").read_text().split()]
    return found


def read(pid: int, name: str, *, at_most: int = READ_BYTES) -> bytes:
    """Return up to `at_most` bytes of ``/proc/<pid>/<name>``; none once the process has ended."""
    try:
        with Path(f"/proc/{pid}/{name}").open("rb") as file:
            return file.read(at_most)
    except OSError:
        return b""


def waited_seconds(root: int) -> float:
    """Return how long a run was ready to compute and had no core: what a busy machine took from it.

    It is the longest wait of the main threads in the tree (``schedstat``, second number); 0 where
    the kernel does not count it.
    """
    waits = [read(pid, "schedstat").split() for pid in tree(root)]
    return max((int(wait[1]) / 1e9 for wait in waits if len(wait) > 1), default=0.0)


def is_alive(pidfd: int) -> bool:
    """Whether the process behind a pidfd has not ended."""
    return not wait_for_end(pidfd, 0)


def wait_for_end(pidfd: int, seconds: float) -> bool:
    """Wait for the end of the process behind a pidfd; return whether it has ended."""
    poll = select.poll()  # select() knows no descriptor beyond 1023
    poll.register(pidfd, select.POLLIN)
    return bool(poll.poll(1000 * seconds))


def state(pid: int) -> str:
    """Return the kernel's letter for what a process does; ``X`` once it is gone."""
    _, _, rest = read(pid, "stat").decode(errors="replace").rpartition(") ")
    return rest[:1] or "X"


def cpu_seconds(pid: int) -> float:
    """Return the CPU time of a process and of its children that have ended; 0 once it is gone."""
    _, _, rest = read(pid, "stat").decode(errors="replace").rpartition(") ")
    ticks = sum(map(int, rest.split()[11:15]))
    return ticks / os.sysconf("SC_CLK_TCK")


def handle_in(tree_root: int, pid: int) -> int | None:
    """Return a pidfd of a process of a tree; None if it is not, or no longer, one of it.

    The process id may be that of another process by now: the handle is taken first.
    """
    try:
        pidfd = os.pidfd_open(pid)
    except OSError:
        return None
    if pid in tree(tree_root) and is_alive(pidfd):
        return pidfd
    os.close(pidfd)
    return None


def send_signal(pidfd: int, number: signal.Signals) -> None:
    """Send a signal; nothing once the process has ended."""
    with contextlib.suppress(ProcessLookupError):
        signal.pidfd_send_signal(pidfd, number)
