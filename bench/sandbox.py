"""Runs the same notebooks through other tools and through the sandbox, side by side, in one go.

``python -m bench.sandbox [--runs N] [--only NOTEBOOK]`` prints a table and writes it into
docs/features/sandbox.md. Every contestant has the same machine, the same minute and the same cells.
"""

from __future__ import annotations

import argparse
import os
import platform
import statistics
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Final

from bench import peers
from bench.notebooks import NOTEBOOKS
from bench.peers import CHECKOUT, Measured
from grader.sandbox import open_sandbox
from grader.sandbox.job import Job, Limits, Verdict

if TYPE_CHECKING:
    from collections.abc import Callable

    from grader.sandbox.pool import WallSandbox

PAGE: Final = CHECKOUT / "docs" / "features" / "sandbox.md"
BEGIN: Final = "<!-- figures: begin -->"
END: Final = "<!-- figures: end -->"
GRADER_RUNS: Final = 3
"""nbgrader and otter take so long that three runs say enough."""
LIMITS: Final = Limits(wall_seconds=300, cpu_seconds=300, memory_bytes=2048 * 2**20)


def main() -> None:
    """Measure everything, print it and write it down."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--runs", type=int, default=5)
    arguments.add_argument("--only", choices=NOTEBOOKS, action="append")
    arguments.add_argument("--dry", action="store_true", help="leave the page as it is")
    chosen = arguments.parse_args()
    peers.install()
    load = os.getloadavg()[0]
    lines: list[str] = []
    with open_sandbox(concurrency=2) as sandbox:
        boot = sandbox.ready()["boot_seconds"]
        for name in chosen.only or NOTEBOOKS:
            lines += _table(name, _contest(name, sandbox, chosen.runs))
        lines += _throughput(sandbox, chosen.runs)
    what = f"`python -m bench.sandbox --runs {chosen.runs}`, {time.strftime('%Y-%m-%d')}"
    state = f"load before the start {load:.1f}; the server booted in {boot:.1f} s"
    head = [
        f"{what}; {_machine()}; {state}; {peers.versions()}.",
        "Medians; the spread is the lowest and the highest.",
        "",
    ]
    text = "\n".join([*head, *lines])
    sys.stdout.write(text + "\n")
    if not chosen.dry:
        _write(text)


def _contest(name: str, sandbox: WallSandbox, runs: int) -> dict[str, Measured]:
    cells = NOTEBOOKS[name]
    contestants: dict[str, Callable[[Path], Measured]] = {
        "nbclient": lambda folder: peers.execute("nbclient", cells, folder, runs),
        "papermill": lambda folder: peers.execute("papermill", cells, folder, runs),
        "nbgrader autograde": lambda folder: peers.nbgrader(cells, folder, GRADER_RUNS),
        "otter run": lambda folder: peers.otter(cells, folder, GRADER_RUNS),
        "this sandbox": lambda _: _ours(sandbox, cells, runs),
    }
    measured = {}
    for title, contestant in contestants.items():
        sys.stderr.write(f"{name}: {title}\n")
        folder = peers.emptied(CHECKOUT / "var" / "bench" / name / title.split()[0])
        measured[title] = contestant(folder)
    return measured


def _ours(sandbox: WallSandbox, cells: tuple[str, ...], runs: int) -> Measured:
    job = Job(cells=cells, outputs=("shap_values",), limits=LIMITS)
    seconds, cpu, memory = [], [], []
    for _ in range(runs):
        started_at = time.monotonic()
        run = sandbox.run(job)
        seconds.append(time.monotonic() - started_at)
        cpu.append(run.cpu_seconds)
        memory.append(run.peak_memory_bytes)
        if run.verdict is not Verdict.OK:
            raise RuntimeError(f"{run.verdict}: {run.error}")
    return Measured(tuple(seconds), statistics.median(cpu), max(memory))


def _table(name: str, measured: dict[str, Measured]) -> list[str]:
    ours = statistics.median(measured["this sandbox"].seconds)
    lines = [
        f"**{name.capitalize()}**",
        "",
        "| contestant | seconds | spread | processor | private memory | ours is faster by |",
        "|---|---|---|---|---|---|",
    ]
    for title, found in measured.items():
        median = statistics.median(found.seconds)
        ratio = "" if title == "this sandbox" else f"{median / ours:.1f} times"
        lines.append(
            f"| {title} | {median:.2f} | {min(found.seconds):.2f}-{max(found.seconds):.2f} "
            f"| {found.cpu_seconds:.2f} s | {found.private_bytes / 2**20:.0f} MiB | {ratio} |"
        )
    return [*lines, ""]


def _throughput(sandbox: WallSandbox, runs: int) -> list[str]:
    """Count finished small notebooks per minute with one worker and with two."""
    cells = NOTEBOOKS["small"]
    lines = [
        "**Throughput, small notebook, runs per minute**",
        "",
        "| contestant | 1 worker | 2 workers |",
        "|---|---|---|",
    ]
    folder = CHECKOUT / "var" / "bench" / "throughput"

    def rate(work: Callable[[int], object], workers: int, each: int) -> float:
        started_at = time.monotonic()
        with ThreadPoolExecutor(workers) as threads:
            list(threads.map(work, range(workers)))
        return 60 * workers * each / (time.monotonic() - started_at)

    def nbclient(worker: int) -> object:
        return peers.execute("nbclient", cells, peers.emptied(folder / str(worker)), runs)

    def ours(_: int) -> object:
        return _ours(sandbox, cells, 4 * runs)

    for title, work, each in (("nbclient", nbclient, runs), ("this sandbox", ours, 4 * runs)):
        one, two = rate(work, 1, each), rate(work, 2, each)
        lines.append(f"| {title} | {one:.0f} | {two:.0f} |")
    first = [_first_cell(sandbox) for _ in range(4 * runs)]
    worst = max(first)
    median = f"{1000 * statistics.median(first):.0f} ms"
    lines += [
        "",
        f"The first cell starts {median} after the job has arrived, {1000 * worst:.0f} at most.",
    ]
    return [*lines, ""]


def _first_cell(sandbox: WallSandbox) -> float:
    run = sandbox.run(Job(cells=("1",), outputs=()))
    if run.first_cell_seconds is None:
        raise RuntimeError("no cell was started")
    return run.first_cell_seconds


def _machine() -> str:
    names = [
        line.split(":")[1].strip()
        for line in Path("/proc/cpuinfo").read_text().splitlines()
        if line.startswith("model name")
    ]
    bubblewrap = subprocess.run(
        ["bwrap", "--version"], check=True, capture_output=True, text=True
    ).stdout.strip()
    return (
        f"{len(names)} cores ({names[0] if names else platform.machine()}), "
        f"kernel {platform.release().split('-')[0]}, "
        f"Python {platform.python_version()}, {bubblewrap}"
    )


def _write(text: str) -> None:
    page = PAGE.read_text()
    before, _, rest = page.partition(BEGIN)
    _, _, after = rest.partition(END)
    PAGE.write_text(f"{before}{BEGIN}\n{text}\n{END}{after}")


if __name__ == "__main__":
    main()
