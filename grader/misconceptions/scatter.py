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
