"""Work at the lowest priority beside a site that is open: references, models."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

LOWEST_PRIORITY = ("nice", "-n", "19")
"""Requests and gradings that a learner waits for come first."""


@contextlib.contextmanager
def in_background(
    command: Sequence[str], log: Path, *, environment: Mapping[str, str]
) -> Iterator[subprocess.Popen[bytes]]:
    """Run a command until the block ends, with its children; what it prints goes to `log`."""
    with (
        log.open("wb") as output,
        subprocess.Popen(
            [*LOWEST_PRIORITY, *command],
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        ) as process,
    ):
        try:
            yield process
        finally:
            with contextlib.suppress(ProcessLookupError):  # its own session: its children too
                os.killpg(process.pid, signal.SIGTERM)
