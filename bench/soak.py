"""Runs thousands of notebooks through one server and watches that nothing grows.

``python -m bench.soak [--runs 10000]`` prints a line per thousand runs and exits 1 when a run
failed or the server's memory grew.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from pathlib import Path
from typing import Final

from grader.sandbox import open_sandbox
from grader.sandbox.job import Job, Verdict

JOB: Final = Job(
    cells=("import numpy as np\nx = np.arange(1000.0)", "v = float(x.sum())\nprint(v)"),
    outputs=("v",),
)
BATCH: Final = 100
GROWTH_BYTES: Final = 4 * 2**20
"""What a server may grow in a whole soak: allocator noise, a thousandth of its size."""


def main() -> None:
    """Run the soak."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--runs", type=int, default=10_000)
    total = arguments.parse_args().runs
    failures = 0
    with open_sandbox(concurrency=2) as sandbox:
        sandbox.ready()
        sandbox.run_many((JOB,) * BATCH)
        first, started_at = _resident_bytes(), time.monotonic()
        for done in range(BATCH, total + BATCH, BATCH):
            runs = sandbox.run_many((JOB,) * BATCH)
            failures += sum(run.verdict is not Verdict.OK for run in runs)
            if done % 1000 == 0:
                grown, seconds = _resident_bytes() - first, time.monotonic() - started_at
                sys.stdout.write(
                    f"{done} runs, {failures} failures, {60 * done / seconds:.0f} per minute, "
                    f"server grown by {grown / 1024:.0f} KiB, "
                    f"own descriptors {len(os.listdir('/proc/self/fd'))}\n"  # noqa: PTH208
                )
                sys.stdout.flush()
        grown = _resident_bytes() - first
    sys.exit(failures > 0 or grown > GROWTH_BYTES)


def _resident_bytes() -> int:
    """Return the resident size of the fork server beneath this process."""
    waiting = [os.getpid()]
    while waiting:
        pid = waiting.pop()
        if b"inside.server" in Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0"):
            return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * 4096
        for children in Path(f"/proc/{pid}/task").glob("*/children"):
            waiting += [int(child) for child in children.read_text().split()]
    raise RuntimeError("no fork server is running")


if __name__ == "__main__":
    main()
