"""Checks many exercises in parallel, and prints a table."""

from __future__ import annotations

import os
import time
from concurrent.futures import ProcessPoolExecutor, as_completed
from functools import cache
from multiprocessing import get_context
from multiprocessing.util import Finalize
from typing import TYPE_CHECKING

from grader.check.exercise_check import FULL, SHORT, CheckScope, check_exercise
from grader.check.report import ExerciseCheck, report_page, table
from grader.errors import GraderError
from grader.exercise import load_exercise

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path
    from typing import TextIO

    from grader.sandbox.job import Sandbox


def check_content(
    folders: Sequence[Path],
    *,
    references: Path,
    short: bool,
    jobs: int,
    page: Path | None,
    stream: TextIO,
) -> bool:
    """Check the exercises in `folders`, print a table and the problems; True when all are sound.

    Args:
        folders: exercise folders.
        references: where reference values are cached.
        short: fewer variants and seeds.
        jobs: exercises at a time.
        page: where to write the table as Markdown; None writes none.
        stream: where to print.

    Raises:
        SandboxUnavailable: nothing can be run safely here.
    """
    scope = SHORT if short else FULL
    results: list[ExerciseCheck] = []
    form = "short check" if short else "full check; stochastic exercises take minutes"
    print(
        f"Checking {len(folders)} exercise(s), {jobs} at a time ({form})", file=stream, flush=True
    )
    started = time.perf_counter()
    # Spawn: a fork would share a sandbox's threads and sockets.
    with ProcessPoolExecutor(max(jobs, 1), mp_context=get_context("spawn")) as pool:
        longest_first = sorted(folders, key=_expected_effort, reverse=True)
        waiting = [
            pool.submit(_check_in_process, folder, references, scope) for folder in longest_first
        ]
        for done, future in enumerate(as_completed(waiting), start=1):
            found = future.result()
            word = "sound" if not found.problems else f"{len(found.problems)} problem(s)"
            line = f"[{done}/{len(folders)}] {found.slug}: {word} ({found.seconds:.0f} s)"
            print(line, file=stream, flush=True)
            results.append(found)
            results.sort(key=lambda each: each.slug)
            if page is not None:  # after each: a check that is stopped has told what it found
                seconds = time.perf_counter() - started
                how = (
                    f"{done} of {len(folders)} exercises, {jobs} at a time on {os.cpu_count()} "
                    f"cores, {seconds / 60:.0f} minutes, load {os.getloadavg()[2]:.1f} in the last "
                    "quarter of an hour"
                )
                page.write_text(report_page(results, how), encoding="utf-8")
    print(f"\n{table(results)}", file=stream)
    for found in results:
        for problem in found.problems:
            print(f"{found.slug}: {problem}", file=stream)
    return not any(found.problems for found in results)


def _expected_effort(folder: Path) -> tuple[int, float]:
    """Seeds, then the time limit of a run: projects start early too; zeros if it does not load."""
    try:
        exercise = load_exercise(folder)
    except GraderError:
        return 0, 0.0
    return exercise.seeds, exercise.limits.wall_seconds


def _check_in_process(folder: Path, references: Path, scope: CheckScope) -> ExerciseCheck:
    """Check one exercise in a worker process of the pool."""
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    return check_exercise(folder, references, scope, _process_sandbox())


@cache
def _process_sandbox() -> Sandbox:
    """Return the sandbox of this process, shared by all exercises that it checks."""
    from grader.sandbox import open_sandbox  # noqa: PLC0415 - Linux only; the rest needs it not

    sandbox = open_sandbox()
    # Worker processes of a pool exit without `atexit`.
    Finalize(sandbox, sandbox.close, exitpriority=0)
    return sandbox
