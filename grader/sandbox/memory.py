"""Measures the memory and the mappings of a run: by its control group, or by sampling its tree."""

from __future__ import annotations

import re
import threading
import time
from typing import Final

from grader.sandbox import cgroup, policy, processes

SHARED_SEGMENT: Final = re.compile(
    rb"^([0-9a-f]+)-([0-9a-f]+) \S+ \S+ \S+ (\d+) +(?:/dev/zero|/SYSV)", re.MULTILINE
)
"""What the kernel calls shared memory without a file in ``/proc/<pid>/maps``."""
MAPS_BYTES_PER_MAPPING: Final = 256
"""More than the kernel's line for a mapping is long; a file's path may make it longer."""
READ_MAPS_BYTES: Final = MAPS_BYTES_PER_MAPPING * (policy.MAX_MAPPINGS + 10_000)


class MemoryMonitor:
    """Measures one run's memory from its creation, in bytes beyond what it inherited.

    With a control group the kernel counts the bytes. Without one a thread samples ten times a
    second: the proportional set size of private pages, so that pages shared with the server count
    as a fraction, and shared segments by their full size, since their pages can be hidden. The
    thread counts mappings in both cases. It is a thread because a fork bomb can block whoever reads
    its size, and it never takes more than `policy.MEASURING_SHARE` of a core.
    """

    def __init__(self, pidfd: int, *, owner: int, bound_bytes: int) -> None:
        self.pid = processes.pid_of(pidfd)
        self.peak_bytes = 0
        self.mappings = 0
        """The most mappings of the tree so far, beyond those that each process inherited."""
        self.counted = self.pid
        """Whose tree's mappings are counted: in a chain that of the process that runs the cells."""
        self._group: cgroup.Group | None = None
        self._awake = threading.Event()
        self._awake.set()
        self._ended = threading.Event()
        hierarchy = cgroup.hierarchy()
        if hierarchy is not None:
            self._group = _group_around(self.pid, hierarchy, owner, bound_bytes)
        self._inherited = _sample(self.pid, by_pages=self._group is None)
        self._thread = threading.Thread(target=self._keep_measuring, daemon=True)
        self._thread.start()

    def peak(self) -> int:
        """Return the peak so far, in bytes."""
        if self._group is not None:
            self.peak_bytes = max(self.peak_bytes, self._group.peak_bytes())
        return self.peak_bytes

    def pause(self) -> None:
        """Measure nothing until `resume`: every process of the tree is stopped."""
        self._awake.clear()

    def resume(self) -> None:
        """Measure again."""
        self.mappings = 0
        self._awake.set()

    def used_bytes(self) -> int:
        """Return what the tree uses now, beyond what it inherited."""
        if self._group is not None:
            return self._group.used_bytes()
        return max(0, _sample(self.pid, by_pages=True)[0] - self._inherited[0])

    def close(self) -> None:
        """Take the last measurement and remove the group, after every process has exited."""
        self._ended.set()
        self._awake.set()
        self._thread.join(policy.EXIT_REPORT_SECONDS)
        if self._group is not None:
            self.peak()
            self._group.remove()
            self._group = None

    def _keep_measuring(self) -> None:
        pause = policy.MEMORY_POLL_SECONDS
        inherited_bytes, inherited_mappings = self._inherited
        while not self._ended.wait(pause):
            self._awake.wait()
            started_at = time.thread_time()
            used, mappings = _sample(
                self.pid,
                by_pages=self._group is None,
                inherited_mappings=inherited_mappings,
                counted=self.counted,
            )
            self.peak_bytes = max(self.peak_bytes, used - inherited_bytes)
            self.mappings = max(self.mappings, mappings)
            took = time.thread_time() - started_at
            pause = max(policy.MEMORY_POLL_SECONDS, took / policy.MEASURING_SHARE)


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


def _sample(
    root: int, *, by_pages: bool, inherited_mappings: int = 0, counted: int | None = None
) -> tuple[int, int]:
    """Return what killing the tree would free, in bytes without its (bounded) files, and mappings.

    Args:
        root: the tree's init.
        by_pages: False leaves the bytes to a control group and returns 0 for them.
        inherited_mappings: how many mappings of each process are not counted.
        counted: the root of the part of the tree whose mappings are counted; by default all of it.
    """
    mapped = processes.tree(root if counted is None else counted)
    segments: dict[bytes, int] = {}
    used = mappings = 0
    for pid in {*mapped, *processes.tree(root)} if by_pages else mapped:
        maps = processes.read(pid, "maps", at_most=READ_MAPS_BYTES)
        if pid in mapped:
            mappings += max(0, maps.count(b"\n") - inherited_mappings)
        if mappings > policy.MAX_MAPPINGS:
            break  # the run ends, whatever it uses
        if by_pages:
            used += _private_share_bytes(pid)
            segments |= _segments(maps, segments)
    return used + sum(segments.values()), mappings


def _private_share_bytes(pid: int) -> int:
    found = re.search(rb"^Pss_Anon: +(\d+) kB", processes.read(pid, "smaps_rollup"), re.MULTILINE)
    return int(found[1]) * 1024 if found else 0


def _segments(maps: bytes, known: dict[bytes, int]) -> dict[bytes, int]:
    """Return the size in bytes of each shared segment in `maps`, by inode, at least as `known`."""
    found: dict[bytes, int] = {}
    for match in SHARED_SEGMENT.finditer(maps):
        start, end, inode = int(match[1], 16), int(match[2], 16), match[3]
        found[inode] = max(end - start, found.get(inode, 0), known.get(inode, 0))
    return found
