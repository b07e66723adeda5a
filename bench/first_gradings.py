"""Measure the first grading in a new process, with and without a rehearsal, beside the next ones.

    python -m bench.first_gradings [content/] [--exercise SLUG ...] [--references FOLDER]

Graded are the reference's own answers, of the visible and of one hidden variant; printed is the
processor time, which other load does not change. References are computed beforehand.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")

from grader.__main__ import exercise_folders
from grader.exercise import load_exercise
from grader.explanation import ParameterUsage
from grader.grading import grade_answers
from grader.grading_process.rehearsal import Rehearsals, reference_answers
from grader.reference import ReferenceStore
from grader.variants import hidden_variant, visible_variant

SECRET = b"first gradings"
NEXT = 7


def main() -> int:
    """Print for each exercise the first grading without and with a rehearsal, and a later one."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("content", type=Path, nargs="?", default=Path("content"))
    parser.add_argument("--exercise", nargs="*", default=[])
    parser.add_argument("--references", type=Path, default=Path("var/references"))
    options = parser.parse_args()
    sys.stdout.write("exercise: first without a rehearsal, first after one, then (ms)\n")
    for folder in exercise_folders(options.content):
        if options.exercise and folder.name not in options.exercise:
            continue
        with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
            pool.submit(_gradings, folder, options.references, rehearsed=False).result()
        times = []
        for rehearsed in (False, True):
            # A pool of one process for each: nothing is warm but what the process imports.
            with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
                times.append(
                    pool.submit(_gradings, folder, options.references, rehearsed=rehearsed).result()
                )
        (cold, _), (warm, later) = times
        sys.stdout.write(f"{folder.name}: {cold:.0f}, {warm:.0f}, {later:.0f}\n")
        sys.stdout.flush()
    return 0


def _gradings(folder: Path, references: Path, *, rehearsed: bool) -> tuple[float, float]:
    """The first grading of this process, and the median of the next, in ms."""
    import grader.grading_process.child  # noqa: F401, PLC0415 - what a grading process imports

    exercise, store = load_exercise(folder), ReferenceStore(references)
    variants = [visible_variant(exercise)]
    if exercise.variants:
        variants.append(hidden_variant(exercise, SECRET, 0))
    runs = [
        reference_answers(exercise, variant, store, visible=place == 0)
        for place, variant in enumerate(variants)
    ]
    thread = Rehearsals().start(exercise, variants, store) if rehearsed else None
    if thread is not None:
        thread.join()
    times = []
    for _ in range(NEXT + 1):
        started = time.process_time()
        grade_answers(exercise, runs, ParameterUsage(), references=store)
        times.append(1000 * (time.process_time() - started))
    return times[0], statistics.median(times[1:])


if __name__ == "__main__":
    sys.exit(main())
