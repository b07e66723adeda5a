"""Stands between the host and the wall: makes the mounts readable, drops root, keeps, cleans up.

Run as a script of its own, by a bare interpreter, with one JSON argument. It outlives a host that
is killed by just long enough to end the wall and remove what the host had made on the machine;
should it be killed itself, bubblewrap dies with it.
"""

from __future__ import annotations

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


def main() -> None:
    """Keep one wall, as the JSON argument describes it."""
    plan = json.loads(sys.argv[1])
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # a Ctrl-C is the host's to answer
    host = os.pidfd_open(plan["host"])
    if os.getppid() != plan["host"]:
        return
    wall = os.fork()
    if wall == 0:
        _become_the_wall(plan)
    for descriptor in plan["descriptors"]:
        os.close(descriptor)
    end = os.pidfd_open(wall)
    signal.signal(signal.SIGTERM, lambda *_: os.kill(wall, signal.SIGKILL))
    select.select([host, end], [], [])
    if not select.select([end], [], [], 0)[0]:
        os.kill(wall, signal.SIGKILL)
    _, status = os.waitpid(wall, 0)
    if select.select([host], [], [], 0)[0]:
        _remove_groups(*plan["groups"])
    sys.exit(os.waitstatus_to_exitcode(status) & 0xFF)


def _become_the_wall(plan: dict[str, Any]) -> NoReturn:
    command = plan["command"]
    if plan["uid"] is not None:
        _stage(plan["stage"], plan["sources"])
        os.setgroups([])
        os.setresgid(plan["uid"], plan["uid"], plan["uid"])
        os.setresuid(plan["uid"], plan["uid"], plan["uid"])
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    os.execv(command[0], command)  # noqa: S606 - no shell is wanted


def _stage(stage: str, sources: list[str]) -> None:
    """Bind each source to a readable place, in a mount namespace that ends with the wall.

    The interpreter may lie where the dedicated user cannot enter, such as root's home.
    """
    libc = ctypes.CDLL(None, use_errno=True)

    def call(name: str, *arguments: Any) -> None:
        if getattr(libc, name)(*arguments) != 0:
            number = ctypes.get_errno()
            raise OSError(number, f"{name}: {os.strerror(number)}")

    call("unshare", CLONE_NEWNS)
    call("mount", b"none", b"/", None, ctypes.c_ulong(MS_REC | MS_PRIVATE), None)
    held = [os.open(source, os.O_PATH) for source in sources]
    call("mount", b"stage", stage.encode(), b"tmpfs", ctypes.c_ulong(0), b"mode=0755")
    for number, descriptor in enumerate(held):
        place = Path(stage, str(number))
        if os.path.isdir(f"/proc/self/fd/{descriptor}"):  # noqa: PTH112 - a link of the kernel
            place.mkdir(mode=0o755)
        else:
            place.touch()
        source = f"/proc/self/fd/{descriptor}".encode()
        call("mount", source, str(place).encode(), None, ctypes.c_ulong(MS_BIND | MS_REC), None)
        os.close(descriptor)


def _remove_groups(parent: str = "", prefix: str = "") -> None:
    """Remove the control groups of runs that the host could not end."""
    if parent:
        for folder in Path(parent).glob(f"{prefix}-{os.getpid()}-*"):
            _remove_group(folder)


def _remove_group(folder: Path) -> None:
    """Remove one group as soon as the kernel has let go of its last process."""
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
