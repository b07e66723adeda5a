"""Runs the same notebooks through other tools and through our own, side by side, in one go.

``python -m bench.sandbox [--runs N]`` prints a table and writes it into
docs/features/sandbox.md. Every contestant has the same machine, the same minute and the same cells.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from bench import peers
from bench.notebooks import NOTEBOOKS
from bench.peers import CHECKOUT, Measured
from bench.route import TAUGHT
from grader.sandbox import open_sandbox
from grader.sandbox.job import Job, Limits, Run, Verdict

if TYPE_CHECKING:
    from collections.abc import Callable

    from grader.sandbox.pool import BubblewrapSandbox

PAGE: Final = CHECKOUT / "docs" / "features" / "sandbox.md"
BEGIN: Final = "<!-- figures: begin -->"
END: Final = "<!-- figures: end -->"
GRADER_RUNS: Final = 3
"""nbgrader and otter take so long that three runs say enough."""
SITE: Final = "this site, upload to verdict"
SANDBOX: Final = "this sandbox"
HOSTILE: Final = (
    """
import os, threading
for _ in range(64):
    threading.Thread(target=lambda: [None for _ in iter(int, 1)], daemon=True).start()
held = []
while True:
    held.append(os.urandom(2**20))
    if len(held) == 400:
        held.clear()
    if len(os.listdir("/proc")) < 40:
        os.fork()
""",
)
"""Takes what it can of processor, memory and processes until its time is up."""
LIMITS: Final = Limits(wall_seconds=300, cpu_seconds=300, memory_bytes=2048 * 2**20)


def main() -> None:
    """Measure everything, print it and write it down."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--runs", type=int, default=5)
    arguments.add_argument("--dry", action="store_true", help="leave the page as it is")
    chosen = arguments.parse_args()
    peers.install()
    load = os.getloadavg()[0]
    lines: list[str] = []
    site = _site(chosen.runs)
    with open_sandbox(concurrency=2) as sandbox:
        boot = sandbox.ready()["boot_seconds"]
        for name in NOTEBOOKS:
            measured = _contest(name, sandbox, chosen.runs)
            measured[SITE] = Measured(tuple(site["verdicts"][name]["seconds"]))
            lines += _table(name, measured)
        lines += _throughput(sandbox, site["per_minute"], chosen.runs)
        lines += _first_cells(sandbox, 4 * chosen.runs)
        lines += _neighbour(sandbox, 2 * chosen.runs)
    lines += _verdicts(site["verdicts"])
    what = f"`python -m bench.sandbox --runs {chosen.runs}`, {time.strftime('%Y-%m-%d')}"
    state = f"load before the start {load:.1f}; the server booted in {boot:.1f} s"
    head = [
        f"{what}; {_machine()}; {state}; {peers.versions()}.",
        'Medians; the spread is the lowest and the highest; "by" is how many times faster.',
        "",
    ]
    text = "\n".join([*head, *lines])
    sys.stdout.write(text + "\n")
    if not chosen.dry:
        _write(text)


def _site(runs: int) -> dict[str, Any]:
    """Let `bench.route` measure a whole site, in a process of its own."""
    result = CHECKOUT / "var" / "bench" / "route.json"
    result.parent.mkdir(parents=True, exist_ok=True)
    sys.stderr.write("the whole site\n")
    route = [sys.executable, "-m", "bench.route", str(result), "--runs", str(2 * runs)]
    subprocess.run(route, check=True, cwd=CHECKOUT, stdout=subprocess.DEVNULL)
    measured: dict[str, Any] = json.loads(result.read_text())
    return measured


def _contest(name: str, sandbox: BubblewrapSandbox, runs: int) -> dict[str, Measured]:
    cells = NOTEBOOKS[name]
    contestants: dict[str, Callable[[Path], Measured]] = {
        "nbclient": lambda folder: peers.execute("nbclient", cells, folder, runs),
        "papermill": lambda folder: peers.execute("papermill", cells, folder, runs),
        "nbgrader autograde": lambda folder: peers.nbgrader(cells, folder, GRADER_RUNS),
        "otter run": lambda folder: peers.otter(cells, folder, GRADER_RUNS),
        SANDBOX: lambda _: _ours(sandbox, cells, runs),
    }
    measured = {}
    for title, contestant in contestants.items():
        sys.stderr.write(f"{name}: {title}\n")
        folder = peers.emptied(CHECKOUT / "var" / "bench" / name / title.split()[0])
        measured[title] = contestant(folder)
    return measured


def _ours(sandbox: BubblewrapSandbox, cells: tuple[str, ...], runs: int) -> Measured:
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
    ours = {each: statistics.median(measured[each].seconds) for each in (SANDBOX, SITE)}
    lines = [
        f"**{name.capitalize()}**",
        "",
        "| contestant | seconds | spread | processor | private memory | sandbox by | site by |",
        "|---|---|---|---|---|---|---|",
    ]
    for title, found in measured.items():
        median = statistics.median(found.seconds)
        ratios = ["" if title in ours else f"{median / own:.1f} times" for own in ours.values()]
        used = f"{found.cpu_seconds:.2f} s" if found.cpu_seconds else ""
        held = f"{found.private_bytes / 2**20:.0f} MiB" if found.private_bytes else ""
        lines.append(
            f"| {title} | {median:.2f} | {min(found.seconds):.2f}-{max(found.seconds):.2f} "
            f"| {used} | {held} | {' | '.join(ratios)} |"
        )
    return [*lines, ""]


def _throughput(sandbox: BubblewrapSandbox, site: dict[str, float], runs: int) -> list[str]:
    """Count finished small notebooks per minute, one at a time and two at once."""
    cells = NOTEBOOKS["small"]
    folder = CHECKOUT / "var" / "bench" / "throughput"

    def rate(work: Callable[[Path], Measured], workers: int) -> float:
        folders = [peers.emptied(folder / str(worker)) for worker in range(workers)]
        with ThreadPoolExecutor(workers) as threads:
            found = list(threads.map(work, folders))
        return sum(60 / statistics.mean(each.seconds) for each in found)

    contestants: dict[str, Callable[[Path], Measured]] = {
        "nbclient": lambda place: peers.execute("nbclient", cells, place, runs),
        "nbgrader autograde": lambda place: peers.nbgrader(cells, place, GRADER_RUNS),
        SANDBOX: lambda _: _ours(sandbox, cells, 4 * runs),
    }
    rates = {
        title: {str(workers): rate(work, workers) for workers in (1, 2)}
        for title, work in contestants.items()
    } | {SITE: site}
    rows = [
        f"| {title} | {found['1']:.0f} | {found['2']:.0f} "
        f"| {rates[SANDBOX]['2'] / found['2']:.1f} times | {site['2'] / found['2']:.1f} times |"
        for title, found in rates.items()
    ]
    return [
        "**Throughput, small notebook, finished per minute**",
        "",
        "| contestant | one at a time | two at once | sandbox by | site by |",
        "|---|---|---|---|---|",
        *rows,
        "",
    ]


def _first_cells(sandbox: BubblewrapSandbox, runs: int) -> list[str]:
    first = [_first_cell(sandbox) for _ in range(runs)]
    median, worst = 1000 * statistics.median(first), 1000 * max(first)
    words = f"The first cell starts {median:.0f} ms after the sandbox has the job, {worst:.0f}"
    return [f"{words} at most in {runs} runs.", ""]


def _first_cell(sandbox: BubblewrapSandbox) -> float:
    run = sandbox.run(Job(cells=("1",), outputs=()))
    if run.first_cell_seconds is None:
        raise RuntimeError("no cell was started")
    return run.first_cell_seconds


def _neighbour(sandbox: BubblewrapSandbox, runs: int) -> list[str]:
    """Run a benign notebook beside a benign and beside a hostile one: seconds and values."""
    cells = NOTEBOOKS["small"]
    benign = Job(cells=cells, outputs=("shap_values",), limits=LIMITS)

    def beside(neighbour: Job) -> tuple[float, set[bytes]]:
        ended = threading.Event()

        def keep_busy() -> None:
            while not ended.is_set():
                sandbox.run(neighbour)

        busy = threading.Thread(target=keep_busy)
        busy.start()
        try:
            time.sleep(1)  # until the neighbour is at its work
            found = [sandbox.run(benign) for _ in range(runs)]
        finally:
            ended.set()
            busy.join()
        seconds = statistics.median(run.wall_seconds for run in found)
        return seconds, {_values(run) for run in found}

    hostile = Job(HOSTILE, outputs=(), limits=Limits(wall_seconds=5, cpu_seconds=60))
    with_benign, values = beside(benign)
    with_hostile, same = beside(hostile)
    word = "the same" if values == same and len(values) == 1 else "DIFFERENT"
    words = (
        f"Beside another benign notebook the small one takes {with_benign:.2f} s, beside one that "
        f"forks, spins and fills its memory {with_hostile:.2f} s; its values are {word}."
    )
    return [words, ""]


def _values(run: Run) -> bytes:
    array = run.answers["shap_values"].array
    if array is None:
        raise RuntimeError(f"{run.verdict}: {run.error}")
    return array.tobytes()


def _verdicts(found: dict[str, dict[str, list[float]]]) -> list[str]:
    """What a learner of the course waits for: upload to verdict, the hidden re-run included."""
    lines = [
        "**From upload to verdict, by HTTP, hidden variant included**",
        "",
        "| exercise | seconds | spread | of these the learner's own run | beyond it |",
        "|---|---|---|---|---|",
    ]
    for slug in TAUGHT:
        seconds, own = found[slug]["seconds"], found[slug]["run_seconds"]
        beyond = statistics.median(all_ - run for all_, run in zip(seconds, own, strict=True))
        lines.append(
            f"| {slug} | {statistics.median(seconds):.2f} | {min(seconds):.2f}-{max(seconds):.2f} "
            f"| {statistics.median(own):.2f} | {beyond:.2f} |"
        )
    return [*lines, ""]


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
