"""A control group per run, where the machine lets this process make one (v1, or v2 delegated).

The kernel then counts and bounds a run's memory exactly, memory files and kernel memory included;
without one, `memory` measures ten times a second.
"""

from __future__ import annotations

import contextlib
import functools
import itertools
import os
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final

PREFIX: Final = "whybox"
SLACK_BYTES: Final = 32 * 2**20
"""Room above the run's limit, so that Python's own MemoryError comes first and says where."""
REMOVE_SECONDS: Final = 1.0
"""How long the kernel may take to let go of a group whose processes have ended."""

_serial = itertools.count()


@dataclass(frozen=True)
class Hierarchy:
    """Where groups can be made, and what the files are called there."""

    parent: Path
    version: int

    @property
    def bound_file(self) -> str:
        """The file that bounds a group's memory."""
        return "memory.max" if self.version == 2 else "memory.limit_in_bytes"  # noqa: PLR2004

    @property
    def peak_file(self) -> str:
        """The file that holds a group's highest use of memory."""
        return "memory.peak" if self.version == 2 else "memory.max_usage_in_bytes"  # noqa: PLR2004


class Group:
    """One run's control group."""

    def __init__(self, hierarchy: Hierarchy, *, owner: int, bound_bytes: int) -> None:
        """Make the group, named after its owner's process id, which cleans up after it.

        Raises:
            OSError: the kernel refuses.
        """
        self._hierarchy = hierarchy
        self._folder = hierarchy.parent / f"{PREFIX}-{owner}-{next(_serial)}"
        self._folder.mkdir()
        try:
            (self._folder / hierarchy.bound_file).write_text(str(bound_bytes + SLACK_BYTES))
            if hierarchy.version == 2:  # noqa: PLR2004 - the version's own number
                (self._folder / "memory.oom.group").write_text("1")
        except OSError:
            self._folder.rmdir()
            raise

    def add(self, pid: int) -> None:
        """Put a process, and all that it will start, into the group."""
        (self._folder / "cgroup.procs").write_text(str(pid))

    def peak_bytes(self) -> int:
        """Return the highest use so far."""
        with contextlib.suppress(OSError, ValueError):
            return int((self._folder / self._hierarchy.peak_file).read_text())
        return 0

    def remove(self) -> None:
        """Remove the group once its last process has ended."""
        deadline = time.monotonic() + REMOVE_SECONDS
        while True:
            try:
                self._folder.rmdir()
            except FileNotFoundError:
                return
            except OSError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.002)
            else:
                return


@functools.cache
def hierarchy() -> Hierarchy | None:
    """Return where this process may make groups that bound memory; None where it may not."""
    for found in (_version_2(), _version_1()):
        if found is None:
            continue
        try:
            Group(found, owner=os.getpid(), bound_bytes=2**26).remove()
        except OSError:
            continue
        return found
    return None


def sweep() -> None:
    """Remove the groups of keepers that were killed themselves: their number runs no more."""
    found = hierarchy()
    if found is None:
        return
    for folder in found.parent.glob(f"{PREFIX}-*-*"):
        owner = folder.name.split("-")[1]
        if owner.isdigit() and not Path("/proc", owner).exists():
            with contextlib.suppress(OSError):
                folder.rmdir()


def _version_2() -> Hierarchy | None:
    """Return the delegated parent: a group with processes of its own cannot bound its children."""
    for path, mount in _places("cgroup2", ""):
        for folder in (mount / path, (mount / path).parent):
            with contextlib.suppress(OSError):
                if "memory" in (folder / "cgroup.subtree_control").read_text().split():
                    return Hierarchy(folder, 2)
    return None


def _version_1() -> Hierarchy | None:
    for path, mount in _places("cgroup", "memory"):
        for folder in (mount / path, mount):
            if (folder / "memory.limit_in_bytes").exists():
                return Hierarchy(folder, 1)
    return None


def _places(kind: str, controller: str) -> list[tuple[str, Path]]:
    """Return (own group, mount point) for each mounted hierarchy of `kind` with `controller`."""
    own = [line.split(":", 2) for line in Path("/proc/self/cgroup").read_text().splitlines()]
    paths = [path.lstrip("/") for _, names, path in own if controller in names.split(",")]
    mounts = [line.split() for line in Path("/proc/self/mounts").read_text().splitlines()]
    points = [
        Path(point)
        for _, point, found, options, *_ in mounts
        if found == kind and (not controller or controller in options.split(","))
    ]
    return [(path, point) for path in paths for point in points]
