"""A control group per run, where this process may create one (v1, or v2 delegated).

The kernel then counts and limits a run's memory exactly, memory files and kernel memory included;
without one, `memory` samples ten times a second.
"""

from __future__ import annotations

import contextlib
import functools
import itertools
import logging
import os
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final

PREFIX: Final = "whybox"
SLACK_BYTES: Final = 32 * 2**20
"""Headroom above the run's limit, so that Python raises a MemoryError with a traceback first."""
REMOVE_SECONDS: Final = 1.0
"""How long the kernel may take to release a group whose processes have ended."""

logger = logging.getLogger(__name__)
_serial = itertools.count()


@dataclass(frozen=True)
class Hierarchy:
    """Where groups can be created, and the names of the files there."""

    parent: Path
    version: int

    @property
    def bound_file(self) -> str:
        """The file that limits a group's memory."""
        return "memory.max" if self.version == 2 else "memory.limit_in_bytes"  # noqa: PLR2004

    @property
    def peak_file(self) -> str:
        """The file that contains a group's peak memory."""
        return "memory.peak" if self.version == 2 else "memory.max_usage_in_bytes"  # noqa: PLR2004

    @property
    def used_file(self) -> str:
        """The file that contains a group's current memory."""
        return "memory.current" if self.version == 2 else "memory.usage_in_bytes"  # noqa: PLR2004


class Group:
    """One run's control group."""

    def __init__(self, hierarchy: Hierarchy, *, owner: int, bound_bytes: int) -> None:
        """Create the group; its name contains the process id of the owner that cleans it up.

        Raises:
            OSError: the kernel refuses.
        """
        self._hierarchy = hierarchy
        # Several processes monitor runs of one supervisor.
        self._folder = hierarchy.parent / f"{PREFIX}-{owner}-{os.getpid()}-{next(_serial)}"
        self._folder.mkdir()
        try:
            (self._folder / hierarchy.bound_file).write_text(str(bound_bytes + SLACK_BYTES))
            if hierarchy.version == 2:  # noqa: PLR2004 - the version's own number
                (self._folder / "memory.oom.group").write_text("1")
        except OSError:
            self._folder.rmdir()
            raise

    def add(self, pid: int) -> None:
        """Move a process, and everything it starts, into the group."""
        (self._folder / "cgroup.procs").write_text(str(pid))

    def peak_bytes(self) -> int:
        """Return the peak memory so far."""
        with contextlib.suppress(OSError, ValueError):
            return int((self._folder / self._hierarchy.peak_file).read_text())
        return 0

    def used_bytes(self) -> int:
        """Return the memory that is used now."""
        with contextlib.suppress(OSError, ValueError):
            return int((self._folder / self._hierarchy.used_file).read_text())
        return 0

    def remove(self) -> None:
        """Remove the group once its last process has ended.

        A group that the kernel does not release in time is logged and left: it holds no process,
        and its supervisor or the next start removes it. An error here would hide the run's verdict.
        """
        deadline = time.monotonic() + REMOVE_SECONDS
        while True:
            try:
                self._folder.rmdir()
            except FileNotFoundError:
                return
            except OSError as error:
                if time.monotonic() > deadline:
                    logger.warning("control group %s was not removed: %s", self._folder.name, error)
                    return
                time.sleep(0.002)
            else:
                return


@functools.cache
def hierarchy() -> Hierarchy | None:
    """Return where this process may create groups that limit memory; None if nowhere."""
    for found in (_version_2(), _version_1()):
        if found is None:
            continue
        try:
            Group(found, owner=os.getpid(), bound_bytes=2**26).remove()
        except OSError:
            continue
        return found
    return None


def remove_stale_groups() -> None:
    """Remove the groups of supervisors that were killed: their process id no longer exists."""
    found = hierarchy()
    if found is None:
        return
    for folder in found.parent.glob(f"{PREFIX}-*-*"):
        owner = folder.name.split("-")[1]
        if owner.isdigit() and not Path("/proc", owner).exists():
            with contextlib.suppress(OSError):
                folder.rmdir()


def _version_2() -> Hierarchy | None:
    """Return the delegated parent: a group that contains processes cannot limit its children."""
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
