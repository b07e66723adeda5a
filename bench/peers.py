"""The other ways to run a notebook, in an environment of their own under ``var/``."""

from __future__ import annotations

import contextlib
import json
import os
import resource
import shutil
import subprocess
import sys
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from bench.notebooks import as_notebook

if TYPE_CHECKING:
    from collections.abc import Iterator

CHECKOUT: Final = Path(__file__).resolve().parents[1]
ENVIRONMENT: Final = CHECKOUT / "var" / "bench-environment"
PACKAGES: Final = ("nbclient", "papermill", "nbgrader", "otter-grader", "ipykernel")
SAMPLE_SECONDS: Final = 0.05

# A driver imports its tool first, so that only the notebook's own execution is timed.
NBCLIENT: Final = """
import sys, time, nbformat
from nbclient import NotebookClient
for _ in range(int(sys.argv[2])):
    notebook = nbformat.read(sys.argv[1], as_version=4)
    started_at = time.monotonic()
    NotebookClient(notebook, timeout=600).execute()
    print("took", time.monotonic() - started_at, flush=True)
"""
PAPERMILL: Final = """
import logging, sys, time, papermill
logging.disable(logging.CRITICAL)
for _ in range(int(sys.argv[2])):
    started_at = time.monotonic()
    papermill.execute_notebook(sys.argv[1], sys.argv[1] + ".out.ipynb", progress_bar=False,
                               parameters={"unused": 1})
    print("took", time.monotonic() - started_at, flush=True)
"""
OTTER_TEST: Final = """
OK_FORMAT = True
test = {"name": "q1", "points": 1, "suites": [{"cases": [
    {"code": ">>> shap_values.ndim\\n2", "hidden": False, "locked": False}],
    "scored": True, "setup": "", "teardown": "", "type": "doctest"}]}
"""


@dataclass(frozen=True)
class Measured:
    """What one contestant needed for one notebook, run after run.

    Attributes:
        seconds: from the call to the executed notebook (for graders: to the mark).
        cpu_seconds: of all its processes, per run; 0 where it was not measured.
        private_bytes: the most that its process tree held beyond shared pages; 0 likewise.
    """

    seconds: tuple[float, ...]
    cpu_seconds: float = 0.0
    private_bytes: int = 0


def install() -> None:
    """Make the environment of the other tools, once."""
    python = str(ENVIRONMENT / "bin" / "python")
    if not (ENVIRONMENT / "bin" / "otter").exists():
        subprocess.run([sys.executable, "-m", "venv", ENVIRONMENT], check=True)
        pip = [python, "-m", "pip", "install", "--quiet"]
        locked = str(CHECKOUT / "requirements" / "sandbox.txt")
        subprocess.run([*pip, "-r", locked], check=True)
        subprocess.run([*pip, *PACKAGES], check=True)


def versions() -> str:
    """Return the releases that are compared."""
    question = (
        "from importlib.metadata import version as v;"
        f"print(', '.join(n + ' ' + v(n) for n in {PACKAGES!r}))"
    )
    line = [str(ENVIRONMENT / "bin" / "python"), "-c", question]
    return subprocess.run(line, check=True, capture_output=True, text=True).stdout.strip()


def execute(tool: str, cells: tuple[str, ...], folder: Path, runs: int) -> Measured:
    """Run a notebook `runs` times in a row by nbclient or papermill."""
    notebook = folder / "notebook.ipynb"
    notebook.write_text(json.dumps(as_notebook(cells)))
    driver = {"nbclient": NBCLIENT, "papermill": PAPERMILL}[tool]
    with _measured() as tree:
        process = _started([ENVIRONMENT / "bin" / "python", "-c", driver, notebook, str(runs)])
        tree.append(process.pid)
        words, _ = process.communicate()
    return _result(process, [float(line.split()[1]) for line in _lines(words, "took")], tree)


def nbgrader(cells: tuple[str, ...], folder: Path, runs: int) -> Measured:
    """Mark one submission by `nbgrader autograde`, `runs` times."""
    for place in ("source/ps1", "submitted/learner/ps1"):
        (folder / place).mkdir(parents=True)
        notebook = as_notebook(cells, graded=True)
        (folder / place / "notebook.ipynb").write_text(json.dumps(notebook))
    (folder / "nbgrader_config.py").write_text(
        "c = get_config()\nc.ExecutePreprocessor.timeout = 600\n"
    )
    program = ENVIRONMENT / "bin" / "nbgrader"
    _run([program, "generate_assignment", "ps1", "--create", "--force"], folder)
    return _timed([program, "autograde", "ps1", "--create", "--force"], folder, runs)


def otter(cells: tuple[str, ...], folder: Path, runs: int) -> Measured:
    """Mark one submission by `otter run`, `runs` times."""
    (folder / "tests").mkdir()
    (folder / "tests" / "q1.py").write_text(OTTER_TEST)
    (folder / "notebook.ipynb").write_text(json.dumps(as_notebook(cells)))
    program = ENVIRONMENT / "bin" / "otter"
    _run([program, "generate", "-t", "tests", "-o", "autograder.zip", "--no-environment"], folder)
    return _timed([program, "run", "-a", "autograder.zip", "notebook.ipynb"], folder, runs)


def _timed(line: list[Path | str], folder: Path, runs: int) -> Measured:
    seconds = []
    with _measured() as tree:
        for _ in range(runs):
            started_at = time.monotonic()
            process = _started(line, folder)
            tree.append(process.pid)
            words, _ = process.communicate()
            seconds.append(time.monotonic() - started_at)
            if process.returncode != 0:
                raise RuntimeError(words[-2000:])
    return _result(process, seconds, tree)


def _started(line: list[Path | str], folder: Path | None = None) -> subprocess.Popen[str]:
    path = f"{ENVIRONMENT / 'bin'}:{os.environ['PATH']}"
    return subprocess.Popen(
        line,
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env={**os.environ, "PATH": path, "MPLBACKEND": "agg"},
    )


def _run(line: list[Path | str], folder: Path) -> None:
    process = _started(line, folder)
    words, _ = process.communicate()
    if process.returncode != 0:
        raise RuntimeError(words[-2000:])


def _lines(words: str, start: str) -> list[str]:
    return [line for line in words.splitlines() if line.startswith(start)]


def _result(process: subprocess.Popen[str], seconds: list[float], tree: Tree) -> Measured:
    if process.returncode != 0 or not seconds:
        raise RuntimeError(f"{process.args!r} failed")
    return Measured(tuple(seconds), tree.cpu_seconds / len(seconds), tree.private_bytes)


class Tree(list[int]):
    """The processes that are measured, by their roots, and what they used."""

    cpu_seconds = 0.0
    private_bytes = 0


@contextlib.contextmanager
def _measured() -> Iterator[Tree]:
    """Count the processor time of children, and sample the memory of their trees."""
    tree, ended = Tree(), threading.Event()

    def sample() -> None:
        while not ended.wait(SAMPLE_SECONDS):
            used = sum(_private_bytes(pid) for root in tree[-1:] for pid in _descendants(root))
            tree.private_bytes = max(tree.private_bytes, used)

    thread = threading.Thread(target=sample)
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    thread.start()
    try:
        yield tree
    finally:
        ended.set()
        thread.join()
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        tree.cpu_seconds = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def _descendants(root: int) -> list[int]:
    found, waiting = [], [root]
    while waiting:
        found.append(waiting.pop())
        for children in Path(f"/proc/{found[-1]}/task").glob("*/children"):
            with contextlib.suppress(OSError):
                waiting += [int(child) for child in children.read_text().split()]
    return found


def _private_bytes(pid: int) -> int:
    with contextlib.suppress(OSError):
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss_Anon:"):
                return int(line.split()[1]) * 1024
    return 0


def emptied(folder: Path) -> Path:
    """Return `folder`, made anew."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder
