"""A sandbox without isolation that shares work: notebooks with equal first cells run them once.

The cases are this repository's own, so nothing has to be confined. Each distinct cell runs in a
fork of the process that ran the cells before it: a case that appends one cell costs one cell.
"""

from __future__ import annotations

import contextlib
import importlib
import io
import json
import os
import pickle
import signal
import sys
import tempfile
import warnings
from collections import defaultdict
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from grader.sandbox.environment import LIBRARY, MODELS_VARIABLE, models_folder
from grader.sandbox.inside import frames
from grader.sandbox.inside.answers import Collector
from grader.sandbox.job import CellError, CellOutcome, Run, Verdict
from grader.sandbox.validation import validate_answer

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from grader.sandbox.job import Event, Job

    Numbered = list[tuple[int, Job]]
    Namespace = dict[str, Any]
    Frames = list[tuple[int, bytes]]

WARM = (
    "lime.lime_tabular", "lime.lime_text", "matplotlib.pyplot", "pandas", "scipy.stats", "shap",
    "sklearn.datasets", "sklearn.ensemble", "sklearn.inspection", "sklearn.linear_model",
    "sklearn.neural_network", "sklearn.preprocessing", "sklearn.tree",
)  # fmt: skip
CELL_SECONDS = 240
"""A cell that runs longer is killed, and its notebooks end with `Verdict.TIME_LIMIT`."""


def job_key(job: Job) -> str:
    """Return what a run depends on."""
    parameters = [dict(job.parameters), job.parameters_cells]
    return json.dumps([job.cells, job.outputs, *parameters, str(job.data or "")])


class ForkSandbox:
    """Runs trusted notebooks; `prepare` runs many at once."""

    def __init__(self, kept: Path | None = None) -> None:
        """Keep all runs in the file `kept`, and begin with those that are in it."""
        self._runs: dict[str, Run] = {}
        self._kept = kept
        if kept is not None and kept.is_file():
            self._runs = pickle.loads(kept.read_bytes())  # noqa: S301 - written below

    def prepare(self, jobs: Sequence[Job]) -> None:
        """Run jobs that were not run before, sharing their first cells."""
        wanted = {job_key(job): job for job in jobs if job_key(job) not in self._runs}
        if not wanted:
            return
        _warm_up()
        groups: dict[str, Numbered] = defaultdict(list)
        for number, job in enumerate(wanted.values()):
            parameters = [dict(job.parameters), job.parameters_cells]
            rest = [job.outputs, *parameters, str(job.data or "")]
            groups[json.dumps(rest)].append((number, job))
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            for group in groups.values():
                _in_fork(partial(_Explorer(folder, group[0][1]).start, group))
            for number, (key, job) in enumerate(wanted.items()):
                self._runs[key] = _run(folder / f"{number}.pickle", job)
        if self._kept is not None:
            self._kept.parent.mkdir(parents=True, exist_ok=True)
            self._kept.write_bytes(pickle.dumps(self._runs))

    def run(self, job: Job, *, on_event: Callable[[Event], None] | None = None) -> Run:  # noqa: ARG002
        """Run `job`, unless it was prepared."""
        self.prepare([job])
        return self._runs[job_key(job)]

    def run_many(
        self,
        jobs: tuple[Job, ...],
        *,
        on_event: Callable[[int, Event], None] | None = None,  # noqa: ARG002
    ) -> tuple[Run, ...]:
        """Run several jobs."""
        self.prepare(jobs)
        return tuple(self._runs[job_key(job)] for job in jobs)

    def close(self) -> None:
        """Do nothing: no process outlives its call."""


def _warm_up() -> None:
    """Import once what the forks would import and compile again and again."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for name in WARM:
            importlib.import_module(name)
        shap = importlib.import_module("shap")
        shap.KernelExplainer(lambda x: x[:, 0], np.zeros((2, 3))).shap_values(
            np.ones((1, 3)), silent=True
        )


def _in_fork(work: Callable[[], None]) -> None:
    """Run `work` in a child process and wait for it; how it ends is seen by what it wrote."""
    sys.stdout.flush()
    child = os.fork()
    if child == 0:
        with contextlib.suppress(BaseException):
            work()
        os._exit(0)
    os.waitpid(child, 0)


class _Explorer:
    """Goes through the tree of cells depth first, with one fork for each branch."""

    def __init__(self, folder: Path, job: Job) -> None:
        self._folder = folder
        self._parameters, self._places = dict(job.parameters), job.parameters_cells
        self._data = None if job.data is None else job.data.resolve()
        self._collector = Collector(list(job.outputs), budget_bytes=job.limits.answer_bytes)

    def start(self, jobs: Numbered) -> None:
        """Run all jobs of the group."""
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, 1)
        os.dup2(null, 2)
        sys.stdout = sys.stderr = io.StringIO()
        os.chdir(self._folder)
        self._furnish()
        self._descend(jobs, 0, {"__name__": "__main__"}, [])

    def _furnish(self) -> None:
        """Put in place what a sandbox mounts: the exercise's data, and the real networks."""
        place, models = Path("data"), models_folder()
        place.unlink(missing_ok=True)
        if self._data is not None:
            place.symlink_to(self._data, target_is_directory=True)
        if models is not None:
            os.environ[MODELS_VARIABLE] = str(models)
        sys.path.append(str(LIBRARY.parent))

    def _descend(self, jobs: Numbered, depth: int, names: Namespace, found: Frames) -> None:
        branches: dict[str, Numbered] = defaultdict(list)
        for number, job in jobs:
            if len(job.cells) == depth:
                self._write([(number, job)], found, None)
            else:
                branches[job.cells[depth]].append((number, job))
        for source, group in branches.items():
            if len(branches) == 1:
                self._step(group, depth, source, names, found)
            else:
                _in_fork(partial(self._step, group, depth, source, names, found))

    def _step(
        self, jobs: Numbered, depth: int, source: str, names: Namespace, found: Frames
    ) -> None:
        signal.alarm(CELL_SECONDS)
        error: tuple[int, str, str] | None = None
        try:
            exec(compile(source, f"<cell {depth}>", "exec"), names)  # noqa: S102 - our own cases
        except BaseException as problem:  # noqa: BLE001 - a case may raise anything
            error = (depth, type(problem).__name__, str(problem)[:200])
        signal.alarm(0)
        found = found + [(depth, each) for each in self._collector.collect(names, depth)]
        if error is not None:
            self._write(jobs, found, error)
            return
        if depth in self._places:
            names.update(json.loads(json.dumps(self._parameters)))
        self._descend(jobs, depth + 1, names, found)

    def _write(self, jobs: Numbered, found: Frames, error: tuple[int, str, str] | None) -> None:
        for number, _ in jobs:
            (self._folder / f"{number}.pickle").write_bytes(pickle.dumps((found, error)))


def _run(file: Path, job: Job) -> Run:
    cells = tuple(CellOutcome() for _ in job.cells)
    if not file.exists():
        return Run(Verdict.TIME_LIMIT, cells, {}, limit=CELL_SECONDS, peak=CELL_SECONDS)
    found, error = pickle.loads(file.read_bytes())  # noqa: S301 - written by our own fork
    answers = {}
    for cell, frame in found:
        body = frame[frames.HEADER.size :]
        answer = validate_answer(
            body, declared=job.outputs, cell=cell, bound_bytes=job.limits.answer_bytes
        )
        answers[answer.name] = answer
    if error is None:
        return Run(Verdict.OK, cells, answers)
    cell, name, message = error
    return Run(Verdict.RUNTIME_ERROR, cells, answers, error=CellError(cell, name, message))
