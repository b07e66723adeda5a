"""The limits of a grading process."""

from __future__ import annotations

import resource
from typing import Final

MIB: Final = 2**20
JOBS: Final = 100
"""After so many the process is replaced: a leak or a fragmented heap ends there."""
MEMORY_BYTES: Final = 1024 * MIB
"""Private memory that a job may add to what the warm process has."""
REFERENCE_CPU_SECONDS: Final = 1200
"""For the author's code that computes a missing reference, over many seeds."""
GRADING_CPU_SECONDS: Final = 120
"""For reading frames, marking and packing: a hundred times what a real notebook takes."""
PAGE_CPU_SECONDS: Final = 6
"""For the page, which limits its own formatting to less."""
READY_SECONDS: Final = 300.0
"""How long a child may import; seconds, but for a machine that starts many things at once."""
PAGE_WAIT_SECONDS: Final = 15.0
"""How long the caller waits for a page once it has the grade; without it the grade stands."""
SILENCE_SECONDS: Final = 1800.0
"""How long the caller waits for any message: longer than references and a run may take."""


def limit_memory() -> None:
    """Limit private memory to what is used now and `MEMORY_BYTES` more."""
    used = _data_bytes()
    resource.setrlimit(resource.RLIMIT_DATA, (used + MEMORY_BYTES, used + MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def limit_cpu(seconds: int) -> None:
    """Let the kernel end this process once it has used `seconds` more of CPU time."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    soft = int(used.ru_utime + used.ru_stime) + 1 + seconds
    if hard != resource.RLIM_INFINITY:
        soft = min(soft, hard)
    resource.setrlimit(resource.RLIMIT_CPU, (soft, hard))


def _data_bytes() -> int:
    with open("/proc/self/status", encoding="ascii") as status:  # noqa: PTH123 - a kernel file
        for line in status:
            if line.startswith("VmData:"):
                return int(line.split()[1]) * 1024
    return 0
