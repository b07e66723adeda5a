"""Isolates one run: namespaces, private file systems, limits, no privileges, system-call filter.

The order matters: each step needs a privilege that a later step drops.
"""

from __future__ import annotations

import contextlib
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
"""Threads reserve much address space, which is free; but its page tables use memory too."""


def enter_namespaces() -> None:
    """Enter new namespaces with a single user; the next fork is the run's init (PID 1)."""
    kernel.unshare(_NAMESPACES)
    kernel.prctl(kernel.PR_SET_DUMPABLE, 1)  # otherwise root owns the maps below
    Path("/proc/self/setgroups").write_text("deny")
    Path("/proc/self/uid_map").write_text(f"{bounds.UID} {bounds.UID} 1")
    Path("/proc/self/gid_map").write_text(f"{bounds.UID} {bounds.UID} 1")


def mount_private_filesystems(
    *, scratch_bytes: int, data: Mapping[str, bytes], hide_processes: bool = False
) -> None:
    """Mount private file systems over every path that concurrent runs would share.

    Args:
        scratch_bytes: the size of the scratch folder.
        data: the exercise's files by relative name; they are read-only afterwards.
        hide_processes: show a process only those that it may trace, where the kernel can do that.
    """
    private = kernel.MS_NOSUID | kernel.MS_NODEV
    kernel.mount("none", "/", "", kernel.MS_REC | kernel.MS_PRIVATE)
    kernel.mount("proc", "/proc", "proc", private | kernel.MS_NOEXEC)
    if hide_processes:
        with contextlib.suppress(OSError):  # before Linux 5.8
            flags = kernel.MS_REMOUNT | private | kernel.MS_NOEXEC
            kernel.mount("proc", "/proc", "proc", flags, "hidepid=ptraceable")
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
    _mount_data(data, private)


def _mount_data(data: Mapping[str, bytes], flags: int) -> None:
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


def set_limits(limits: Mapping[str, Any]) -> None:
    """Set the kernel's resource limits; memory is counted beyond what the process inherited."""
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
    Path("/proc/self/oom_score_adj").write_text("1000")  # the OOM killer's first choice


def _size_bytes(name: str) -> int:
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(f"{name}:"):
            return int(line.split()[1]) * 1024
    raise RuntimeError(f"/proc/self/status has no {name}")


def drop_privileges(seccomp_program: bytes) -> None:
    """Set the host name, drop every capability, install the filter; this cannot be undone."""
    socket.sethostname(bounds.HOSTNAME)
    landlock.restrict(writable=(*bounds.SCRATCH_PLACES, "/dev", "/proc"))
    kernel.drop_capabilities(bounds.CAP_LAST)
    kernel.prctl(kernel.PR_SET_DUMPABLE, 1)
    kernel.install_filter(seccomp_program)


def close_descriptors_except(*descriptors: int) -> None:
    """Close all descriptors except `descriptors`; connect the standard three to /dev/null."""
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
