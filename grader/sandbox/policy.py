"""The outer wall as pure data: what is mounted, what the environment says, and how long we wait."""

from __future__ import annotations

from typing import Final

from grader.sandbox.inside import bounds

SANDBOX_UID: Final = 60789
"""Root drops to this user and group: neither root, nor the site's, nor in a range
that Debian or systemd gives out (60578 to 61183 are free)."""

STAGE: Final = "/tmp"  # noqa: S108 - covered by a file system of the keeper's own before it is used
"""Where root binds what the dedicated user must be able to read."""

SYSTEM_FOLDERS: Final = (
    "/usr/lib",
    "/usr/lib64",
    "/lib",
    "/lib64",
    "/usr/share/zoneinfo",
    "/etc/ld.so.cache",
    "/etc/alternatives",
)
"""Shared libraries and time zones, where they exist. No programs: there is no shell to start."""

RUNNER: Final = "/opt/whybox"
"""Where the `inside` package is mounted, and nothing else of the project."""
PACKAGES: Final = "/opt/packages"
"""Where the environment's packages are mounted, wherever they lie on the host."""

PASSWD: Final = f"learner:x:{bounds.UID}:{bounds.UID}::{bounds.HOME}:/nonexistent\n"
GROUP: Final = f"learner:x:{bounds.UID}:\n"

SERVER_SCRATCH_BYTES: Final = 64 * bounds.MIB
"""Each of the server's own temporary places; a run covers them with its own."""

BOOT_SECONDS: Final = 120.0
"""The longest start of a fork server: fourteen seconds on a quiet machine."""
READY_SECONDS: Final = 20.0
"""The longest wait for a sealed process; 30 ms usually."""
LAST_WORDS_SECONDS: Final = 5.0
"""From a kill to the warden's report; 10 ms usually."""
WATCH_SECONDS: Final = 0.1
"""How often a run's memory is measured."""
CLOSE_SECONDS: Final = 10.0
"""How long a server may take to leave before it is killed."""


VARIABLES: Final = {
    "HOME": bounds.HOME,
    "PATH": "/nonexistent",
    "LANG": "C.UTF-8",
    "TZ": "UTC",
    "USER": "learner",
    "LOGNAME": "learner",
    "PYTHONPATH": f"{RUNNER}:{PACKAGES}",
    "PYTHONDONTWRITEBYTECODE": "1",
    "PYTHONNOUSERSITE": "1",
    "IPYTHONDIR": "/tmp/.ipython",  # noqa: S108 - inside
    "MPLCONFIGDIR": "/tmp/.matplotlib",  # noqa: S108 - inside
    "NUMBA_CACHE_DIR": "/tmp/.numba",  # noqa: S108 - inside
    "MPLBACKEND": "module://matplotlib_inline.backend_inline",
    # Two runs that each start a thread per core spin against one another: 0.3 s become 10 s.
    "OMP_WAIT_POLICY": "PASSIVE",
    # One while the server imports, since it must not have a second thread; `threads` sets a run's.
    **dict.fromkeys(bounds.THREAD_VARIABLES, "1"),
}
"""The whole environment: nothing of the host's comes in."""
