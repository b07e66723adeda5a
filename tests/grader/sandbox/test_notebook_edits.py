"""A run with checkpoints gives what a run without gives, over random edits of random notebooks."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from bench.notebook_edits import CELLS, OWN_KILLS, PLOTS, Compared, compare

if TYPE_CHECKING:
    from collections.abc import Callable

    from grader.sandbox.job import Sandbox

RUNS = int(os.environ.get("WHYBOX_TEST_EDITS", "120"))
EACH = 15


def _compared(sandbox: Sandbox, *, first: int, runs: int, pieces: tuple[str, ...]) -> Compared:
    total = Compared()
    for seed in range(first, first + max(1, runs // EACH)):
        one = compare(sandbox, seed=seed, runs=EACH, pieces=pieces)
        total.runs += one.runs
        total.cached += one.cached
        total.differences += one.differences
    return total


def test_a_run_with_checkpoints_gives_what_a_run_without_gives(
    own: Sandbox, record_testsuite_property: Callable[[str, object], None]
) -> None:
    """Exceptions, threads, processes, files, timers, exits, kills: nothing differs but the time.

    A cell that kills its own process is left out: outside a chain that process is init, which
    such signals do not reach.
    """
    pieces = tuple(cell for cell in CELLS if not cell.startswith(OWN_KILLS))
    done = _compared(own, first=1000, runs=RUNS, pieces=pieces)

    record_testsuite_property("compared runs", done.runs)
    assert not done.differences, done.differences[0]
    assert done.cached > done.runs / 2  # or nothing was shown


def test_so_it_is_with_plots_and_models(warm: Sandbox) -> None:
    """Figures, data frames, boosted trees, forests, SHAP values."""
    done = _compared(warm, first=2000, runs=RUNS // 3, pieces=(*CELLS[:6], *PLOTS, *PLOTS))

    assert not done.differences, done.differences[0]
    assert done.cached > done.runs / 2
