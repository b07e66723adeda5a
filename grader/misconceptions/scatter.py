"""Which misconceptions the scatter of an answer's runs shows."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from grader.metrics import scatter_ratio

if TYPE_CHECKING:
    from collections.abc import Iterable

    from grader.misconceptions.evidence import Evidence
    from grader.reference import Replicates


def alike_in_scatter(evidence: Evidence, name: str, fitting: Iterable[str]) -> tuple[str, ...]:
    """Return those of the misconceptions that fit by their mean whose runs scatter as the answer's.

    None where the answer's runs scatter as those of the truth, within the criterion's own bound.
    """
    context = evidence.context
    criteria = context.exercise.criteria
    bounds = [each.threshold for each in criteria if each.kind == "scatter" and each.output == name]
    if not bounds or name not in context.runs:
        return ()
    spread = context.runs[name].astype(np.float64).std(axis=0, ddof=1)

    def alike(replicates: Replicates) -> bool:
        ratio = scatter_ratio(spread, replicates.run_spread)
        return all(1 / (1 + bound) <= ratio <= 1 + bound for bound in bounds)

    if alike(context.reference.outputs[name]):
        return ()
    known = context.reference.misconceptions
    ids = [each for each in fitting if name in known.get(each, ()) and alike(known[each][name])]
    return tuple(dict.fromkeys(ids))


def contradicts_scatter(evidence: Evidence, name: str, misconception: str) -> bool:
    """Whether the answer's runs scatter otherwise than runs with the misconception do.

    A mean alone says little: what scatters widely lies near everything.
    """
    runs = evidence.context.runs.get(name)
    replicates = evidence.context.reference.misconceptions.get(misconception, {}).get(name)
    if runs is None or replicates is None or runs.shape[1:] != replicates.samples.shape[1:]:
        return False
    if replicates.count == 1 or replicates.samples.dtype.kind != "f":
        return False
    spread = replicates.run_spread
    own = runs.astype(np.float64).std(axis=0, ddof=1)
    if not spread.any():
        # Equal values have a standard deviation of some rounding error.
        return bool(own.max(initial=0.0) > EQUAL * np.abs(runs).max(initial=0.0))
    ratio = scatter_ratio(own, spread)
    moving = max(int(np.count_nonzero(spread)), 1)
    error = np.sqrt((1 / (len(runs) - 1) + 1 / (replicates.count - 1)) / (2 * moving))
    slack = max(LEAST_SLACK, ERRORS * float(error))
    return not np.exp(-slack) <= ratio <= np.exp(slack)


ERRORS = 5
"""So many standard errors two scatters may be apart: values of one run go together."""
LEAST_SLACK = 0.2
EQUAL = 1e-6
"""Share of the values below which runs do not scatter at all."""
