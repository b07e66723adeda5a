"""Seals one run off: namespaces, private file systems, limits, no rights, the system-call filter.

The order matters: each step needs a right that a later step gives away.
"""

from __future__ import annotations

import os
import resource
import socket
from pathlib import Path
from typing import TYPE_CHECKING, Any

from . import bounds, kernel, landlock

if TYPE_CHECKING:
    from collections.abc import Mapping

_NAMESPACES = (
    kernel.CLONE_NEWUSER
    | kernel.CLONE_NEWNS
    | kernel.CLONE_NEWPID
    | kernel.CLONE_NEWNET
    | kernel.CLONE_NEWIPC
    | kernel.CLONE_NEWUTS
    | kernel.CLONE_NEWCGROUP
)

ADDRESSES_PER_BYTE = 16
"""Addresses cost nothing and threads reserve many; but the tables that map them are memory too."""


def leave_shared_namespaces() -> None:
    """Enter fresh namespaces in which one user exists; the next fork is process 1 of the run."""
    kernel.unshare(_NAMESPACES)
    kernel.prctl(kernel.PR_SET_DUMPABLE, 1)  # else the maps below belong to root
    Path("/proc/self/setgroups").write_text("deny")
    Path("/proc/self/uid_map").write_text(f"{bounds.UID} {bounds.UID} 1")
    Path("/proc/self/gid_map").write_text(f"{bounds.UID} {bounds.UID} 1")


def lay_private_mounts(*, scratch_bytes: int, data: Mapping[str, bytes]) -> None:
    """Cover every place that siblings share with file systems that end with this run.

    `data` holds the exercise's files by relative name; they are read-only afterwards.
    """
    private = kernel.MS_NOSUID | kernel.MS_NODEV
    kernel.mount("none", "/", "", kernel.MS_REC | kernel.MS_PRIVATE)
    kernel.mount("proc", "/proc", "proc", private | kernel.MS_NOEXEC)
    kernel.mount(
        "devpts", "/dev/pts", "devpts", kernel.MS_NOSUID | kernel.MS_NOEXEC,
        "newinstance,ptmxmode=0666,mode=0620",
    )  # fmt: skip
    size = f"size={scratch_bytes},nr_inodes={bounds.SCRATCH_INODES},mode=0755"
    scratch = bounds.SCRATCH_PLACES[0]
    kernel.mount("scratch", scratch, "tmpfs", private, size)
    places = [Path(scratch) / f".{Path(place).name}" for place in bounds.SCRATCH_PLACES[1:]]
    for place, target in zip(places, bounds.SCRATCH_PLACES[1:], strict=True):
        place.mkdir(mode=0o700)
        kernel.mount(str(place), target, "", kernel.MS_BIND)
    _lay_data(data, private)


def _lay_data(data: Mapping[str, bytes], flags: int) -> None:
    if not data:
        return
    root = Path(bounds.DATA)
    root.mkdir()
    room = sum(len(content) for content in data.values()) + bounds.MIB
    kernel.mount("data", bounds.DATA, "tmpfs", flags, f"size={room + 65536 * len(data)},mode=0755")
    for name, content in data.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    kernel.mount("none", bounds.DATA, "", kernel.MS_REMOUNT | kernel.MS_RDONLY | flags)


def bind_limits(limits: Mapping[str, Any]) -> None:
    """Set the kernel's own limits; memory counts from what the process has inherited."""
    cpu = max(1, round(limits["cpu_seconds"]))
    memory = _size_bytes("VmData") + limits["memory_bytes"]
    addresses = _size_bytes("VmSize") + ADDRESSES_PER_BYTE * limits["memory_bytes"]
    for kind, wanted in (
        (resource.RLIMIT_CPU, cpu),
        (resource.RLIMIT_DATA, memory),
        (resource.RLIMIT_AS, addresses),
        (resource.RLIMIT_NPROC, limits["processes"]),
        (resource.RLIMIT_NOFILE, limits["open_files"]),
        (resource.RLIMIT_FSIZE, limits["scratch_bytes"]),
        (resource.RLIMIT_MEMLOCK, bounds.MIB),
        (resource.RLIMIT_MSGQUEUE, bounds.MIB),
        (resource.RLIMIT_SIGPENDING, 1024),
        (resource.RLIMIT_RTPRIO, 0),
        (resource.RLIMIT_NICE, 0),
        (resource.RLIMIT_CORE, 1),  # 0 would still feed a core handler that is a pipe
    ):
        _, hard = resource.getrlimit(kind)
        bound = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(kind, (bound, bound))
    Path("/proc/self/oom_score_adj").write_text("1000")  # the first to go when memory runs out


def _size_bytes(name: str) -> int:
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(f"{name}:"):
            return int(line.split()[1]) * 1024
    raise RuntimeError(f"/proc/self/status has no {name}")


def give_up_rights(program: bytes) -> None:
    """Name the machine, drop every capability, bind the filter: from here nothing returns."""
    socket.sethostname(bounds.HOSTNAME)
    landlock.restrict(writable=(*bounds.SCRATCH_PLACES, "/dev", "/proc"))
    kernel.drop_capabilities(bounds.CAP_LAST)
    kernel.prctl(kernel.PR_SET_DUMPABLE, 1)
    kernel.install_filter(program)


def keep_only(*descriptors: int) -> None:
    """Close every descriptor but the standard three and `descriptors`; put the three on nothing."""
    nothing = os.open("/dev/null", os.O_RDWR)
    for standard in range(bounds.FILE_DESCRIPTORS_KEPT):
        os.dup2(nothing, standard)
    kept = {0, 1, 2, *descriptors}
    for name in os.listdir("/proc/self/fd"):  # noqa: PTH208 - the names are numbers, not paths
        if int(name) not in kept:
            try:
                os.close(int(name))
            except OSError:
                continue  # the listing's own descriptor
