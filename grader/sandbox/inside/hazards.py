"""Tells whether this process may be forked later, as if nothing but its memory had to be copied.

What a fork shares with its parent, or loses, is no part of a checkpoint: threads, children, open
files (whose position is shared), shared memory, mapped files that others can change, timers.
"""

from __future__ import annotations

import gc
import os
import re
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from . import bounds

if TYPE_CHECKING:
    from collections.abc import Iterable

TIMERS: Final = (signal.ITIMER_REAL, signal.ITIMER_VIRTUAL, signal.ITIMER_PROF)
_PLACES: Final = "|".join(re.escape(place) for place in bounds.SCRATCH_PLACES)
_SHARED: Final = re.compile(
    rf"^\S+ (?:\S*w\S*s \S+ \S+ \S+.*|\S+ \S+ \S+ \S+ +(?:{_PLACES})/(?!data/).*)$", re.MULTILINE
)
"""In ``/proc/self/maps``: writable shared memory, or a file of the scratch folder."""


def is_fit(expected: Iterable[int], caches: Iterable[Any]) -> bool:
    """Whether a fork of this process, now, is the same as this process.

    Args:
        expected: the descriptors that may be open.
        caches: what may be cleared to close files that a library keeps open.
    """
    if len(os.listdir("/proc/self/task")) != 1:  # noqa: PTH208 - names of threads, not paths
        return False
    if Path(f"/proc/self/task/{os.getpid()}/children").read_text():
        return False
    if any(signal.getitimer(kind)[0] for kind in TIMERS) or _has_timers():
        return False
    return _has_only(set(expected), caches) and not _SHARED.search(
        Path("/proc/self/maps").read_text()
    )


def _has_timers() -> bool:
    try:
        return bool(Path("/proc/self/timers").read_text())
    except OSError:
        return False  # a kernel that does not tell


def _has_only(expected: set[int], caches: Iterable[Any]) -> bool:
    if _open() <= expected:
        return True
    if "matplotlib" in sys.modules:
        for cache in caches:
            cache.cache_clear()
    if _open() <= expected:
        return True
    gc.collect()
    return _open() <= expected


def _open() -> set[int]:
    names = os.listdir("/proc/self/fd")  # noqa: PTH208 - numbers, not paths
    return {int(name) for name in names if os.path.lexists(f"/proc/self/fd/{name}")}
