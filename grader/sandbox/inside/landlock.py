"""Restricts file access with Landlock where available: some paths writable, the rest read-only.

The mounts enforce the same; Landlock is a second layer in case a mount is wrong.
"""

from __future__ import annotations

import ctypes
import errno
import os
import struct
from typing import Final

from . import kernel

_CREATE_RULESET: Final = 444
_ADD_RULE: Final = 445
_RESTRICT_SELF: Final = 446
_VERSION_FLAG: Final = 1
_PATH_BENEATH: Final = 1

_EXECUTE: Final = 1 << 0
_WRITE_FILE: Final = 1 << 1
_READ_FILE: Final = 1 << 2
_READ_DIR: Final = 1 << 3
_IOCTL_DEV: Final = 1 << 15
_READ: Final = _EXECUTE | _READ_FILE | _READ_DIR
_RIGHTS_BY_VERSION: Final = {1: 13, 2: 14, 3: 15, 4: 15, 5: 16}
"""How many rights on files each version knows; later ones know as many as version 5."""
_SCOPES: Final = 0b11
"""Abstract sockets and signals stay within the run (from version 6)."""


def version() -> int:
    """Return the kernel's Landlock version; 0 where there is none, or a container forbids it.

    A container's filter may answer EPERM (systemd-nspawn, LXC): then only the mounts enforce it.
    """
    try:
        return kernel.syscall(_CREATE_RULESET, None, 0, _VERSION_FLAG)
    except OSError as error:
        if error.errno in (errno.ENOSYS, errno.EOPNOTSUPP, errno.EPERM):
            return 0
        raise


def restrict(*, writable: tuple[str, ...]) -> None:
    """Restrict this process, irrevocably, to writing beneath `writable`."""
    known = version()
    if known == 0:
        return
    every = (1 << _RIGHTS_BY_VERSION[min(known, 5)]) - 1
    attributes = struct.pack("QQQ", every, 0, _SCOPES if known >= 6 else 0)  # noqa: PLR2004
    size = 24 if known >= 6 else 8  # noqa: PLR2004 - the structure grew with version 6
    buffer = ctypes.create_string_buffer(attributes, len(attributes))
    ruleset = kernel.syscall(_CREATE_RULESET, ctypes.byref(buffer), size, 0)
    for place in ("/", *writable):
        rights = every if place in writable else _READ | (every & _IOCTL_DEV)
        _allow(ruleset, place, rights)
    kernel.prctl(kernel.PR_SET_NO_NEW_PRIVS, 1)
    kernel.syscall(_RESTRICT_SELF, ruleset, 0)
    os.close(ruleset)


def _allow(ruleset: int, place: str, rights: int) -> None:
    folder = os.open(place, os.O_PATH | os.O_CLOEXEC)
    rule = ctypes.create_string_buffer(struct.pack("=Qi", rights, folder), 12)
    kernel.syscall(_ADD_RULE, ruleset, _PATH_BENEATH, ctypes.byref(rule), 0)
    os.close(folder)
