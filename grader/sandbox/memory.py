"""Measures the memory of a run: by its control group, or by sampling its process tree."""

from __future__ import annotations

import contextlib
import threading
from pathlib import Path
from typing import Final

from grader.sandbox import cgroup, policy

SHARED_SEGMENTS: Final = ("/dev/zero", "/SYSV")
"""What the kernel calls shared memory without a file in ``/proc/<pid>/maps``."""


class MemoryMonitor:
    """Measures one run's memory from its creation, in bytes beyond what it inherited.

    With a control group the kernel counts. Without one a thread samples ten times a second: the
    proportional set size of private pages, so that pages shared with the server count as a
    fraction, and shared segments by their full size, since their pages can be hidden. It is a
    thread because a fork bomb can block whoever reads its size.
    """

    def __init__(self, pidfd: int, *, owner: int, bound_bytes: int) -> None:
        self.pid = _pid_of(pidfd)
        self.peak_bytes = 0
        self._group: cgroup.Group | None = None
        self._ended = threading.Event()
        self._thread: threading.Thread | None = None
        hierarchy = cgroup.hierarchy()
        if hierarchy is not None:
            self._group = _group_around(self.pid, hierarchy, owner, bound_bytes)
        if self._group is None:
            inherited = (_used_bytes(self.pid),)
            self._thread = threading.Thread(
                target=self._keep_measuring, args=inherited, daemon=True
            )
            self._thread.start()

    def peak(self) -> int:
        """Return the peak so far."""
        if self._group is not None:
            self.peak_bytes = max(self.peak_bytes, self._group.peak_bytes())
        return self.peak_bytes

    def close(self) -> None:
        """Take the last measurement and remove the group, after every process has exited."""
        self._ended.set()
        if self._thread is not None:
            self._thread.join(policy.EXIT_REPORT_SECONDS)
        if self._group is not None:
            self.peak()
            self._group.remove()
            self._group = None

    def _keep_measuring(self, inherited: int) -> None:
        while not self._ended.wait(policy.MEMORY_POLL_SECONDS):
            self.peak_bytes = max(self.peak_bytes, _used_bytes(self.pid) - inherited)


def _group_around(
    pid: int, hierarchy: cgroup.Hierarchy, owner: int, bound_bytes: int
) -> cgroup.Group | None:
    """Return a new group with the process in it; None if the kernel refuses."""
    try:
        group = cgroup.Group(hierarchy, owner=owner, bound_bytes=bound_bytes)
    except OSError:
        return None
    try:
        group.add(pid)
    except OSError:
        group.remove()
        return None
    return group


def _used_bytes(root: int) -> int:
    """Return the memory that killing the tree would free, without its (bounded) files."""
    tree = _tree(root)
    segments: dict[str, int] = {}
    for pid in tree:
        segments |= _segments(pid)
    return sum(_private_share_bytes(pid) for pid in tree) + sum(segments.values())


def _pid_of(pidfd: int) -> int:
    for line in Path(f"/proc/self/fdinfo/{pidfd}").read_text().splitlines():
        if line.startswith("Pid:"):
            return int(line.split()[1])
    return -1


def _tree(root: int) -> list[int]:
    """Return the process and all its descendants; those that exit meanwhile are skipped."""
    found, waiting = [], [root]
    while waiting:
        pid = waiting.pop()
        found.append(pid)
        with contextlib.suppress(OSError):
            for task in Path(f"/proc/{pid}/task").iterdir():
                waiting += [int(child) for child in (task / "children").read_text().split()]
    return found


def _private_share_bytes(pid: int) -> int:
    return sum(
        int(line.split()[1]) * 1024
        for line in _lines(pid, "smaps_rollup")
        if line.startswith("Pss_Anon:")
    )


def _segments(pid: int) -> dict[str, int]:
    """Return the size in bytes of each shared segment that the process maps, by inode."""
    found: dict[str, int] = {}
    for line in _lines(pid, "maps"):
        addresses, _, _, _, inode, *name = line.split(maxsplit=5)
        if name and name[0].startswith(SHARED_SEGMENTS):
            start, end = (int(address, 16) for address in addresses.split("-"))
            found[inode] = max(end - start, found.get(inode, 0))
    return found


def _lines(pid: int, name: str) -> list[str]:
    try:
        return Path(f"/proc/{pid}/{name}").read_text().splitlines()
    except OSError:
        return []  # it has ended
