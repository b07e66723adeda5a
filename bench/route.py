"""Measures the whole route on a site of its own: upload by HTTP, queue, worker, sandbox, verdict.

``python -m bench.route RESULT.json [--runs N]`` starts web, worker and beat as `make run` does, and
writes down what learners waited for. `bench.sandbox` runs it beside the other tools.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from bench.notebooks import NOTEBOOKS, write_exercise
from bench.peers import CHECKOUT, emptied
from config.run import run_temporary_site
from exercises.demo import Learner, sign_up, submit_notebook

if TYPE_CHECKING:
    from collections.abc import Sequence

CONTENT: Final = CHECKOUT / "var" / "bench" / "content"
TAUGHT: Final = ("treeshap-gradient-boosting", "lime-tabular")
"""Exercises of the course on whose solutions hidden variants are run too."""
MOST_OF_ONE_LEARNER: Final = 25
"""A learner may submit thirty notebooks a minute."""
POLL_SECONDS: Final = 0.02


def main() -> int:
    """Read the command line, open the site, measure, write the result."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("result", type=Path)
    parser.add_argument("--runs", type=int, default=5)
    options = parser.parse_args()
    exercises = emptied(CONTENT) / "exercises"
    for name, cells in NOTEBOOKS.items():
        write_exercise(exercises / name, cells)
    for slug in TAUGHT:
        shutil.copytree(CHECKOUT / "content" / "exercises" / slug, exercises / slug)
    os.environ["WHYBOX_CONTENT"] = str(CONTENT)
    return run_temporary_site(partial(_measure, options.runs, options.result))


def _measure(runs: int, result: Path, address: str) -> int:
    submit_notebook(_learner(address), "small", _notebook("small"))  # boots the sandbox
    verdicts = {name: _wait(address, name, runs) for name in (*NOTEBOOKS, *TAUGHT)}
    rates = {str(learners): _rate(address, learners, 4 * runs) for learners in (1, 2)}
    result.write_text(json.dumps({"verdicts": verdicts, "per_minute": rates}))
    return 0


def _wait(address: str, slug: str, runs: int) -> dict[str, list[float]]:
    """Submit repeatedly: seconds from upload to verdict, and how many were the run's own."""
    waited, own = [], []
    learner = _learner(address)
    for number in range(runs):
        if number and number % MOST_OF_ONE_LEARNER == 0:
            learner = _learner(address)
        seconds, graded = _submitted(learner, slug)
        waited.append(seconds)
        own.append(graded["timings"]["run_seconds"])
    return {"seconds": waited, "run_seconds": own}


def _rate(address: str, learners: int, each: int) -> float:
    """Return verdicts a minute on the small notebook, by so many learners at once."""

    def work(members: Sequence[Learner]) -> list[float]:
        return [
            _submitted(members[number // MOST_OF_ONE_LEARNER], "small")[0] for number in range(each)
        ]

    needed = -(-each // MOST_OF_ONE_LEARNER)
    groups = [[_learner(address) for _ in range(needed)] for _ in range(learners)]
    with ThreadPoolExecutor(learners) as threads:
        return sum(60 / statistics.mean(seconds) for seconds in threads.map(work, groups))


def _submitted(learner: Learner, slug: str) -> tuple[float, dict[str, Any]]:
    started_at = time.monotonic()
    graded = submit_notebook(learner, slug, _notebook(slug), poll_seconds=POLL_SECONDS)
    seconds = time.monotonic() - started_at
    if not graded["passed"]:
        raise RuntimeError(f"{slug} was not passed: {graded['verdict']}, {graded['error']}")
    return seconds, graded


def _learner(address: str) -> Learner:
    learner = Learner(address)
    sign_up(learner)
    return learner


def _notebook(slug: str) -> Path:
    return CONTENT / "exercises" / slug / "solution.ipynb"


if __name__ == "__main__":
    sys.exit(main())
