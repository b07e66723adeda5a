"""Measures the notebook in the browser on a site of its own, beside other ways to run a notebook.

``python -m bench.workbench [--runs N] [--learners N] [--seconds N] [--dry]`` prints a table and
writes it into docs/features/workbench.md: from click to the last cell's output through HTTP, with
the states after the cells before and without; a running kernel and nbconvert; the memory of a
chain; what learners who edit at once wait for, and what that does to verdicts.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import statistics
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from bench import peers
from bench.peers import CHECKOUT, emptied
from config.run import run_temporary_site
from exercises.demo import Learner, sign_up, submit_notebook
from grader.sandbox import open_sandbox
from grader.sandbox.job import Job, Limits

if TYPE_CHECKING:
    from pathlib import Path

CONTENT: Final = CHECKOUT / "var" / "bench" / "workbench-content"
PAGE: Final = CHECKOUT / "docs" / "features" / "workbench.md"
BEGIN: Final = "<!-- figures: begin -->"
END: Final = "<!-- figures: end -->"
SLUG: Final = "treeshap-gradient-boosting"
KERNEL: Final = """
import json, sys, time
from jupyter_client.manager import start_new_kernel
cells = json.load(open(sys.argv[1]))
manager, client = start_new_kernel()
for cell in cells:
    client.execute_interactive(cell, output_hook=lambda message: None)
for _ in range(int(sys.argv[2])):
    started_at = time.monotonic()
    client.execute_interactive(cells[-1], output_hook=lambda message: None)
    print("took", time.monotonic() - started_at, flush=True)
manager.shutdown_kernel(now=True)
"""
LIMITS: Final = Limits(wall_seconds=120, cpu_seconds=120, memory_bytes=2048 * 2**20)


def main() -> int:
    """Measure the site and the others; print and write down."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=10)
    parser.add_argument("--learners", type=int, default=30)
    parser.add_argument("--seconds", type=float, default=60.0, help="how long they edit")
    parser.add_argument("--alone", action="store_true", help="leave the other tools out")
    parser.add_argument("--dry", action="store_true", help="leave the page as it is")
    chosen = parser.parse_args()
    load = os.getloadavg()[0]
    exercises = emptied(CONTENT) / "exercises"
    shutil.copytree(CHECKOUT / "content" / "exercises" / SLUG, exercises / SLUG)
    os.environ["WHYBOX_CONTENT"] = str(CONTENT)
    found: dict[str, Any] = {}
    measure = partial(
        _site, found, runs=chosen.runs, learners=chosen.learners, seconds=chosen.seconds
    )
    status = run_temporary_site(measure)
    if status:
        return status
    if not chosen.alone:
        found |= _others(chosen.runs)
    found["chain"] = _chain()
    command = (
        f"`python -m bench.workbench --runs {chosen.runs} --learners {chosen.learners} "
        f"--seconds {chosen.seconds:g}`"
    )
    cores = len(os.sched_getaffinity(0))
    head = f"{command}, {time.strftime('%Y-%m-%d')}; {cores} cores, load before {load:.1f}."
    text = "\n".join([head, "", *_table(found, chosen.learners)])
    sys.stdout.write(text + "\n")
    if not chosen.dry:
        before, _begin, rest = PAGE.read_text().partition(BEGIN)
        _old, _end, after = rest.partition(END)
        PAGE.write_text(f"{before}{BEGIN}\n{text}\n{END}{after}")
    return 0


class Editor:
    """A learner with a draft of the exercise."""

    def __init__(self, address: str) -> None:
        self.learner = Learner(address)
        sign_up(self.learner)
        self._cells = [
            {"id": f"c{number}", "type": "code", "source": source}
            for number, source in enumerate(sources())
        ]
        self._edits = 0
        self._version = 0

    def run(self) -> tuple[float, float]:
        """Edit the last cell and run it; return the wait, and the cell's own seconds."""
        self._edits += 1
        cells = [dict(cell) for cell in self._cells]
        cells[-1]["source"] += f"\n# edit {self._edits}"
        path = f"exercises/{SLUG}/draft/"
        started_at = time.monotonic()
        told = self._started(path, cells)
        events = list(told["events"])
        while told["state"] in ("queued", "running"):
            time.sleep(told["poll_ms"] / 1000)
            told = self.learner.call(f"{path}runs/{told['id']}/?after={told['cursor']}")
            events += told["events"]
        waited = time.monotonic() - started_at
        if told["state"] != "done":
            raise RuntimeError(f"a run ended as {told['state']}: {told['detail']}")
        return waited, float(events[-1]["seconds"])

    def _started(self, path: str, cells: list[dict[str, str]]) -> dict[str, Any]:
        if self._edits == 1:
            self._version = self.learner.call(path)["version"]
        body = {"base": self._version, "cells": cells, "until": None}
        told: dict[str, Any] = self.learner.call(f"{path}runs/", body)
        self._version = told["version"]
        return told


def sources() -> list[str]:
    """Return the code of the exercise's solution."""
    file = CHECKOUT / "content" / "exercises" / SLUG / "solution.ipynb"
    cells = json.loads(file.read_text())["cells"]
    return ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]


def _site(found: dict[str, Any], address: str, *, runs: int, learners: int, seconds: float) -> int:
    notebook = CONTENT / "exercises" / SLUG / "solution.ipynb"
    submitting = Learner(address)
    sign_up(submitting)
    _until_runs_start(address)
    submit_notebook(submitting, SLUG, notebook, poll_seconds=0.02)
    submitted = [_verdict(submitting, notebook) for _ in range(runs)]
    found["verdict"] = [wait for wait, _ in submitted]
    found["submission"] = [own for _, own in submitted]
    found["cold"] = [Editor(address).run()[0] for _ in range(runs)]
    editor = Editor(address)
    editor.run()
    found["warm"] = [editor.run() for _ in range(runs)]
    found |= _together(address, submitting, notebook, learners=learners, seconds=seconds)
    return 0


def _until_runs_start(address: str) -> None:
    """Wait for the worker for runs to open its sandbox."""
    editor = Editor(address)
    while True:
        try:
            editor.run()
        except Exception as error:
            if "503" not in str(error):
                raise
            editor._edits = 0  # noqa: SLF001 - its own class
            time.sleep(2)
        else:
            return


def _verdict(learner: Learner, notebook: Path) -> tuple[float, float]:
    started_at = time.monotonic()
    graded = submit_notebook(learner, SLUG, notebook, poll_seconds=0.02)
    return time.monotonic() - started_at, float(graded["timings"]["run_seconds"])


def _together(
    address: str, submitting: Learner, notebook: Path, *, learners: int, seconds: float
) -> dict[str, Any]:
    """Let learners edit at once while somebody submits."""
    editors = [Editor(address) for _ in range(learners)]
    for editor in editors:
        editor.run()
    ends_at = time.monotonic() + seconds
    waits: list[tuple[float, float]] = []
    lock = threading.Lock()

    def edit(editor: Editor, seed: int) -> None:
        rng = random.Random(seed)  # noqa: S311 - reproducible on purpose
        while time.monotonic() < ends_at:
            time.sleep(rng.uniform(2, 6))
            one = editor.run()
            with lock:
                waits.append(one)

    verdicts = []
    with ThreadPoolExecutor(learners) as threads:
        working = [threads.submit(edit, one, number) for number, one in enumerate(editors)]
        while time.monotonic() < ends_at:
            time.sleep(2.5)
            verdicts.append(_verdict(submitting, notebook)[0])
        for one in working:
            one.result()
    return {"together": waits, "verdict_together": verdicts}


def _others(runs: int) -> dict[str, list[float]]:
    """Time a running kernel and nbconvert on the same notebook."""
    peers.install()
    folder = emptied(CHECKOUT / "var" / "bench" / "workbench-peers")
    cells = folder / "cells.json"
    cells.write_text(json.dumps(sources()))
    shutil.copy(CONTENT / "exercises" / SLUG / "solution.ipynb", folder / "notebook.ipynb")
    data = CONTENT / "exercises" / SLUG / "data"
    if data.exists():
        shutil.copytree(data, folder / "data")
    python = str(peers.ENVIRONMENT / "bin" / "python")
    told = subprocess.run(
        [python, "-c", KERNEL, cells, str(runs)],
        cwd=folder,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    kernel = [float(line.split()[1]) for line in told.splitlines() if line.startswith("took")]
    line = [python, "-m", "nbconvert", "--to", "notebook", "--execute", "notebook.ipynb"]
    converted = []
    for _ in range(max(2, runs // 3)):
        started_at = time.monotonic()
        output = ["--output", "executed.ipynb"]
        subprocess.run([*line, *output], cwd=folder, capture_output=True, check=True)
        converted.append(time.monotonic() - started_at)
    return {"kernel": kernel, "nbconvert": converted}


def _chain() -> tuple[int, int]:
    """Return how many cells of the notebook were kept, and the bytes of all of them."""
    data = CONTENT / "exercises" / SLUG / "data"
    job = Job(
        cells=tuple(sources()),
        outputs=(),
        limits=LIMITS,
        chain="bench",
        data=data if data.exists() else None,
    )
    with open_sandbox(concurrency=1) as sandbox:
        sandbox.run(job)
        ((cells, used),) = sandbox.chains.usage().values()
    return cells, used


def _table(found: dict[str, Any], learners: int) -> list[str]:
    median = statistics.median
    over = [waited - own for waited, own in found["warm"]]
    cells, used = found["chain"]
    together = sorted(waited - own for waited, own in found["together"])
    submission = median(found["submission"])
    rows: list[tuple[str, float, str]] = [
        ("last cell again after an edit, by HTTP", median(w for w, _ in found["warm"]), ""),
        ("… beyond the cell's own compute", median(over), "0.15"),
        ("first run of all cells, by HTTP", median(found["cold"]), ""),
        ("a submission's run", submission, ""),
        ("… the first run of all cells, times that", median(found["cold"]) / submission, "1.2"),
        (f"memory of a chain of {cells} cells, MiB a cell", used / cells / 2**20, "10"),
        (f"{learners} who edit at once: beyond the cell's compute, median", median(together), ""),
        (f"… 95 of 100 of {len(together)} runs", statistics.quantiles(together, n=20)[18], ""),
        ("upload to verdict, alone", median(found["verdict"]), ""),
        ("… while they edit", median(found["verdict_together"]), ""),
    ]
    if "kernel" in found:
        rows.append(
            ("last cell again, running kernel (jupyter_client)", median(found["kernel"]), "")
        )
        rows.append(("all cells, `nbconvert --execute`", median(found["nbconvert"]), ""))
    head = ["| TreeSHAP notebook (seconds, median) | measured | target |", "|---|---|---|"]
    return head + [f"| {name} | {value:.3f} | {target} |" for name, value, target in rows]


if __name__ == "__main__":
    sys.exit(main())
