"""Reads what the kernel says of a run's process tree, bounded whatever the tree does."""

from __future__ import annotations

import contextlib
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
