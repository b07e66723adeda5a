"""Malformed input that is led by the code it reaches (atheris), for two readers of learners' bytes.

``python -m bench.coverage_guided frames|notebooks [--seconds 60] [--corpus FOLDER]`` feeds the
parser of a run's frames, or the reader of notebooks, until the time is up or something is raised
that their docstrings do not name. It ends with atheris's own line of counts.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Final

import atheris  # type: ignore[import-untyped]  # it has no types

with atheris.instrument_imports(include=["grader"]):
    from grader.errors import NotebookRefused, SandboxUnavailable
    from grader.notebook import read_notebook
    from grader.sandbox.inside import frames
    from grader.sandbox.job import Job
    from grader.sandbox.monitor import RunMonitor

if TYPE_CHECKING:
    from collections.abc import Callable

MOST_BYTES: Final = 20_000
MEMORY_MIB: Final = 2048


def read_frames(data: bytes) -> None:
    """Read bytes as a run's monitor does."""
    job = Job(cells=("a = 1", "b = 2"), outputs=("x",))
    monitor = RunMonitor(job, {}, cores=frozenset({0}), received_at=0.0, on_event=None)
    monitor._begin()  # noqa: SLF001  # the part that reads, without a process
    try:
        monitor._read_frames(data)  # noqa: SLF001  # the same
    except SandboxUnavailable:
        return  # a frame that says that isolation failed


def read_upload(data: bytes) -> None:
    """Read bytes as an uploaded notebook."""
    try:
        read_notebook(data)
    except NotebookRefused:
        return


TARGETS: Final[dict[str, tuple[Callable[[bytes], None], bytes]]] = {
    "frames": (
        read_frames,
        frames.pack(frames.CELL, {"cell": 0})
        + frames.pack(frames.STREAM, {"name": "stdout", "text": "1"})
        + frames.pack(frames.CELL_END, {"cell": 0, "execution_count": 1, "ok": True}),
    ),
    "notebooks": (
        read_upload,
        json.dumps(
            {
                "nbformat": 4,
                "nbformat_minor": 5,
                "metadata": {},
                "cells": [
                    {
                        "cell_type": "code",
                        "id": "a",
                        "source": ["x = 1"],
                        "metadata": {"tags": ["parameters"]},
                        "outputs": [],
                        "execution_count": None,
                    }
                ],
            }
        ).encode(),
    ),
}


def main() -> None:
    """Read the command line and run; atheris ends the process."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("target", choices=sorted(TARGETS))
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--corpus", type=Path, help="a folder that keeps what reached new code")
    options = parser.parse_args()
    act, genuine = TARGETS[options.target]
    corpus = options.corpus or Path(tempfile.mkdtemp(prefix="whybox-corpus-"))
    corpus.mkdir(parents=True, exist_ok=True)
    (corpus / "genuine").write_bytes(genuine)
    bounds = [f"-max_len={MOST_BYTES}", f"-rss_limit_mb={MEMORY_MIB}", "-print_final_stats=1"]
    atheris.Setup([sys.argv[0], f"-max_total_time={options.seconds}", *bounds, str(corpus)], act)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
