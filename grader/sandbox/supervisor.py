"""Supervises one sandbox: makes its mounts readable, drops root, starts bubblewrap, cleans up.

A separate script, run by a bare interpreter with one JSON argument. If the host is killed, it
stops the sandbox and removes the control groups that the host had created; if it is killed itself,
bubblewrap exits with it.
"""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import select
import signal
import sys
import time
from pathlib import Path
from typing import Any, NoReturn

CLONE_NEWNS = 0x00020000
MS_BIND, MS_REC, MS_PRIVATE = 4096, 16384, 1 << 18
PR_SET_CHILD_SUBREAPER = 36


def main() -> None:
    """Start and supervise one sandbox, as described by the JSON argument."""
    plan = json.loads(sys.argv[1])
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the host handles Ctrl-C
    host = os.pidfd_open(plan["host"])
    if os.getppid() != plan["host"]:
        return
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    # A SIGTERM between the fork and the handler would end this process alone.
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
    child = os.fork()
    if child == 0:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGTERM})
        _exec_bubblewrap(plan)
    for descriptor in plan["descriptors"]:
        os.close(descriptor)
    exited = os.pidfd_open(child)
    signal.signal(signal.SIGTERM, lambda *_: _kill(exited))
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGTERM})
    _wait(host, exited)
    _kill(exited)
    _, status = os.waitpid(child, 0)
    _end_orphans()
    if _wait(host, milliseconds=0):
        _remove_groups(*plan["groups"])
    sys.exit(os.waitstatus_to_exitcode(status) & 0xFF)


def _kill(pidfd: int) -> None:
    """End a process of ours; nothing once it has ended, whoever has its process id by then."""
    with contextlib.suppress(ProcessLookupError):
        signal.pidfd_send_signal(pidfd, signal.SIGKILL)


def _end_orphans() -> None:
    """End what a killed bubblewrap leaves: while it starts, its inner process waits for it."""
    children = Path(f"/proc/self/task/{os.getpid()}/children")
    if not children.exists():
        return  # a kernel without CONFIG_PROC_CHILDREN
    while left := children.read_text().split():
        for pid in map(int, left):
            os.kill(pid, signal.SIGKILL)  # a child of ours stays until we have waited for it
            os.waitpid(pid, 0)


def _wait(*pidfds: int, milliseconds: int | None = None) -> bool:
    """Wait until one of the processes has ended; return whether one has."""
    poll = select.poll()  # select() knows no descriptor beyond 1023
    for pidfd in pidfds:
        poll.register(pidfd, select.POLLIN)
    return bool(poll.poll(milliseconds))


def _exec_bubblewrap(plan: dict[str, Any]) -> NoReturn:
    command = plan["command"]
    if plan["uid"] is not None:
        _bind_sources(plan["staging"], plan["sources"])
        os.setgroups([])
        os.setresgid(plan["uid"], plan["uid"], plan["uid"])
        os.setresuid(plan["uid"], plan["uid"], plan["uid"])
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    os.execv(command[0], command)  # noqa: S606 - no shell is wanted


def _bind_sources(staging: str, sources: list[str]) -> None:
    """Bind each source to a readable path, in a mount namespace that ends with the sandbox.

    The interpreter may be where the dedicated user has no access, such as root's home.
    """
    libc = ctypes.CDLL(None, use_errno=True)

    def call(name: str, *arguments: Any) -> None:
        if getattr(libc, name)(*arguments) != 0:
            number = ctypes.get_errno()
            raise OSError(number, f"{name}: {os.strerror(number)}")

    call("unshare", CLONE_NEWNS)
    call("mount", b"none", b"/", None, ctypes.c_ulong(MS_REC | MS_PRIVATE), None)
    held = [os.open(source, os.O_PATH) for source in sources]
    call("mount", b"staging", staging.encode(), b"tmpfs", ctypes.c_ulong(0), b"mode=0755")
    for number, descriptor in enumerate(held):
        place = Path(staging, str(number))
        if os.path.isdir(f"/proc/self/fd/{descriptor}"):  # noqa: PTH112 - a link of the kernel
            place.mkdir(mode=0o755)
        else:
            place.touch()
        source = f"/proc/self/fd/{descriptor}".encode()
        call("mount", source, str(place).encode(), None, ctypes.c_ulong(MS_BIND | MS_REC), None)
        os.close(descriptor)


def _remove_groups(parent: str = "", prefix: str = "") -> None:
    """Remove the control groups of runs that the host could not clean up."""
    if parent:
        for folder in Path(parent).glob(f"{prefix}-{os.getpid()}-*"):
            _remove_group(folder)


def _remove_group(folder: Path) -> None:
    """Remove one group as soon as the kernel has released its last process."""
    for _ in range(1000):
        try:
            folder.rmdir()
        except FileNotFoundError:
            return
        except OSError:
            time.sleep(0.05)
        else:
            return


if __name__ == "__main__":
    main()
