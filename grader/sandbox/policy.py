"""The outer sandbox as pure data: mounts, environment variables and timeouts."""

from __future__ import annotations

from typing import Final

from grader.sandbox.inside import bounds

SANDBOX_UID: Final = 60789
"""Root drops to this user and group: neither root, nor the site's, nor in a range
that Debian or systemd gives out (60578 to 61183 are free)."""

STAGING_FOLDER: Final = "/tmp"  # noqa: S108 - the supervisor mounts a private tmpfs there first
"""Where root bind-mounts the paths that the dedicated user must be able to read."""

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
MODELS: Final = "/models"
"""Where the weights of real networks are inside, read-only; whybox_models looks there."""
PACKAGES: Final = "/opt/packages"
"""Where the environment's packages are mounted, whatever their path on the host."""

PASSWD: Final = f"learner:x:{bounds.UID}:{bounds.UID}::{bounds.HOME}:/nonexistent\n"
GROUP: Final = f"learner:x:{bounds.UID}:\n"

SERVER_SCRATCH_BYTES: Final = 64 * bounds.MIB
"""The size of each of the server's own temporary file systems; a run mounts its own over them."""

BOOT_SECONDS: Final = 300.0
"""The boot timeout of a fork server; it takes fourteen seconds on an idle machine, and on one with
ten times as much to do as it has cores more than two minutes: to begin anew would never end."""
READY_SECONDS: Final = 20.0
"""The timeout for an isolated process to be ready; usually 30 ms."""
EXIT_REPORT_SECONDS: Final = 5.0
"""How long a process may live on after it closed its pipe; usually 10 ms."""
TEARDOWN_SECONDS: Final = 120.0
"""The timeout from a kill to the reaper's exit report; usually 10 ms. The kernel takes seconds to
free a tree with many processes and mappings, and longer on a busy machine: that is the run's own
cost, not a broken sandbox."""
MEMORY_POLL_SECONDS: Final = 0.1
"""How often a run's memory is measured."""
INTERRUPT_SECONDS: Final = 2.0
"""How long a notebook may take to end after its KeyboardInterrupt before it is killed."""
MEASURING_SHARE: Final = 0.1
"""The share of one core that measuring a run may take: a tree that is slow to measure is measured
less often."""
MAX_MAPPINGS: Final = 20_000
"""How many memory mappings a run's processes may have, beyond those that each inherited. Measuring
and freeing a mapping takes kernel time that no other limit counts; scientific code has hundreds."""
WALL_BACKSTOP: Final = 5.0
"""A run is ended at this multiple of its wall time limit, however long it waited for a core."""
MAX_CHECKPOINTS: Final = 40
"""How many cells of a notebook are kept as checkpoints; it may have as many processes more."""
CHECKPOINT_SECONDS: Final = 10.0
"""How long a checkpoint may take to fork; usually 15 ms."""
QUESTION_SECONDS: Final = 3.0
"""How long an editor's question may occupy a slot; its answer is late after a second."""
BUSY_SECONDS: Final = 3.0
"""How long a run waits for the one that it replaces, which holds its checkpoints."""
IDLE_SECONDS: Final = 600.0
"""Checkpoints that no run has used for this long end."""
CHECKPOINT_MEMORY_SHARE: Final = 8
"""Which part of the machine's memory checkpoints may take, unless a setting says otherwise."""
LEAST_CHECKPOINT_BYTES: Final = 256 * bounds.MIB
"""What they may take at least."""
CHEAP_SECONDS: Final = 0.2
"""Over the bounds, checkpoints between which less than this passes are given up first."""
GONE_SECONDS: Final = 0.5
"""How long to wait until the memory of a checkpoint is free; usually 5 ms."""
OTHER_DESCRIPTORS: Final = 512
"""Descriptors of the process that are not for checkpoints."""
CHECKPOINT_DESCRIPTORS: Final = 2
"""How many a checkpoint takes: the process, and its line."""
CHAIN_DESCRIPTORS: Final = 8
"""How many a chain takes besides."""
CLOSE_SECONDS: Final = 10.0
"""How long a server may take to exit before it is killed."""


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
    # Two runs that each start a thread per core compete by spinning: 0.3 s become 10 s.
    "OMP_WAIT_POLICY": "PASSIVE",
    # One: the server must not start a second thread; `threads` sets a run's number.
    **dict.fromkeys(bounds.THREAD_VARIABLES, "1"),
}
"""The complete environment; no variable of the host is passed on."""
