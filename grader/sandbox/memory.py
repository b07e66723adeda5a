"""How much memory a run has of its own: the proportional share of its whole process tree."""

from __future__ import annotations

from pathlib import Path


class Watch:
    """Measures one process tree, from its process 1 down.

    The proportional share (PSS) counts a page that the fork shares with its server by a fraction,
    and shared and memory-file pages of the run by whole: what a kill would free.
    """

    def __init__(self, pidfd: int) -> None:
        self._root = _pid_of(pidfd)
        self.peak_bytes = 0
        self._inherited: int | None = None

    def sample(self) -> int:
        """Measure now, in bytes beyond the first measurement; return the peak so far."""
        total = sum(_share_bytes(pid) for pid in _tree(self._root))
        if self._inherited is None:
            self._inherited = total
        self.peak_bytes = max(self.peak_bytes, total - self._inherited)
        return self.peak_bytes


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
        try:
            for task in Path(f"/proc/{pid}/task").iterdir():
                waiting += [int(child) for child in (task / "children").read_text().split()]
        except OSError:
            continue
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
