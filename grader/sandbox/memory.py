"""How much memory a run has of its own: by its control group, or by its process tree's shares."""

from __future__ import annotations

import contextlib
from pathlib import Path

from grader.sandbox import cgroup


class Watch:
    """Measures one run's memory from the moment it is made, in bytes beyond what it inherited.

    With a control group the kernel counts. Without one the proportional share (PSS) is measured,
    which counts a page that the fork shares with its server by a fraction, and memory files and
    shared pages of the run by whole: what a kill would free.
    """

    def __init__(self, pidfd: int, *, owner: int, bound_bytes: int) -> None:
        self.pid = _pid_of(pidfd)
        self.peak_bytes = 0
        self._group: cgroup.Group | None = None
        hierarchy = cgroup.hierarchy()
        if hierarchy is not None:
            with contextlib.suppress(OSError):
                self._group = cgroup.Group(hierarchy, owner=owner, bound_bytes=bound_bytes)
                self._group.add(self.pid)
        self._inherited = 0 if self._group is not None else self._shares_bytes()

    def sample(self) -> int:
        """Measure now; return the peak so far."""
        if self._group is not None:
            used = self._group.peak_bytes()
        else:
            used = self._shares_bytes() - self._inherited
        self.peak_bytes = max(self.peak_bytes, used)
        return self.peak_bytes

    def close(self) -> None:
        """Take the last measurement, and remove the group; every process of the run has ended."""
        if self._group is not None:
            self.sample()
            self._group.remove()
            self._group = None

    def _shares_bytes(self) -> int:
        return sum(_share_bytes(pid) for pid in _tree(self.pid))


def _pid_of(pidfd: int) -> int:
    for line in Path(f"/proc/self/fdinfo/{pidfd}").read_text().splitlines():
        if line.startswith("Pid:"):
            return int(line.split()[1])
    return -1


def _tree(root: int) -> list[int]:
    """Return the process and all its descendants; those that end meanwhile are left out."""
    found, waiting = [], [root]
    while waiting:
        pid = waiting.pop()
        found.append(pid)
        with contextlib.suppress(OSError):
            for task in Path(f"/proc/{pid}/task").iterdir():
                waiting += [int(child) for child in (task / "children").read_text().split()]
    return found


def _share_bytes(pid: int) -> int:
    try:
        text = Path(f"/proc/{pid}/smaps_rollup").read_text()
    except OSError:
        return 0  # it has ended
    for line in text.splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) * 1024
    return 0
