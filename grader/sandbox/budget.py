"""What checkpoints may take of the machine, where no setting says it."""

from __future__ import annotations

import os
import resource
from pathlib import Path
from typing import Final

from grader.sandbox import policy

CONTAINER_LIMITS: Final = (
    Path("/sys/fs/cgroup/memory.max"),
    Path("/sys/fs/cgroup/memory/memory.limit_in_bytes"),
)


def machine_bytes() -> int:
    """Return the memory of the machine, or of the container, if that has less."""
    found = [os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")]
    for limit in CONTAINER_LIMITS:
        try:
            text = limit.read_text().strip()
        except OSError:
            continue
        if text.isdecimal():
            found.append(int(text))
    return min(found)


def checkpoint_bytes() -> int:
    """Return the memory that all checkpoints of a sandbox may take."""
    share = machine_bytes() // policy.CHECKPOINT_MEMORY_SHARE
    return max(policy.LEAST_CHECKPOINT_BYTES, share)


def checkpoint_descriptors() -> int:
    """Return how many descriptors of this process checkpoints may take."""
    limit, _hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if limit == resource.RLIM_INFINITY:
        limit = 1 << 20
    return max(limit // 4, limit - policy.OTHER_DESCRIPTORS)


def raise_descriptors(at_most: int) -> None:
    """Let this process open as many files as it is allowed to, up to a bound."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard == resource.RLIM_INFINITY:
        hard = at_most
    if soft != resource.RLIM_INFINITY and soft < min(hard, at_most):
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, at_most), -1 if hard < 0 else hard))
