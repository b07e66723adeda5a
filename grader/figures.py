"""What the page draws: own values beside a tolerance band that gives no reference value away.

The band is for the eye, not for the mark: it is 0.3 of the panel's largest reference value wide or
more, and both edges lie on a fixed grid of that width's half. All references between two grid lines
give the same band, so submitting again narrows nothing, and a band's middle is off by more than the
one per cent that marking asks for. It belongs to the visible parameters alone; the grade needs the
hidden ones too.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from grader.explanation import AnswerProblem
from grader.metrics import tolerance_band

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from grader.criteria import GradingContext
    from grader.report import CriterionResult


def plot(context: GradingContext, results: Mapping[str, CriterionResult]) -> dict[str, Any] | None:
    """The data of the declared figure; None when there is none or nothing to draw.

    The band is wide, so a wrong answer may lie in it: whether the criteria that mark the output
    passed is told as well.
    """
    figure = context.exercise.figure
    if figure is None:
        return None
    output = context.exercise.output(figure.output)
    own, reference = context.answers[output.name], context.expected(output.name)
    if isinstance(own, AnswerProblem) or own.shape != reference.shape or own.dtype.kind not in "fi":
        return None
    labels = context.reference.labels.get(output.name, ())
    row_names = labels if own.ndim > 1 and len(labels) == len(own) else _row_names(context, own)
    names = output.columns or labels or (_row_names(context, own) if own.ndim == 1 else ())
    rows = [row for row in figure.rows if own.ndim == 1 or row < len(own)]
    panels = [
        _panel(
            own,
            reference,
            row,
            figure.top if figure.kind == "bars" else None,
            names,
            row_names=row_names,
        )
        for row in (rows[:1] if own.ndim <= 1 else rows)
    ]
    return {
        "kind": figure.kind,
        "title": figure.title,
        "unit": output.unit,
        "panels": panels,
        "right": all(
            results[criterion.id].passed
            for criterion in context.exercise.criteria
            if output.name in (criterion.output, criterion.base, criterion.fx)
        ),
    }


def _row_names(context: GradingContext, own: NDArray[Any]) -> tuple[str, ...]:
    """What the data calls the rows: the one parameter that numbers as many as there are."""
    lists = [
        value
        for value in context.parameters.values()
        if isinstance(value, list) and own.ndim and len(value) == len(own)
    ]
    if len(lists) != 1 or not all(type(item) is int for item in lists[0]):
        return ()
    return tuple(f"row {item}" for item in lists[0])


def _panel(
    own: NDArray[Any],
    reference: NDArray[Any],
    row: int,
    top: int | None,
    names: tuple[str, ...],
    *,
    row_names: tuple[str, ...],
) -> dict[str, Any]:
    """One row's values; the largest own ones first for bars, in their order for lines."""
    values = np.atleast_1d(own if own.ndim <= 1 else own[row]).ravel().astype(float)
    expected = np.atleast_1d(reference if own.ndim <= 1 else reference[row]).ravel().astype(float)
    low, high = tolerance_band(expected)
    order = np.arange(values.size)
    if top is not None:
        order = np.argsort(-np.abs(values), kind="stable")[:top]
    labels = [names[i] if values.size == len(names) else str(i) for i in order]
    return {
        "label": "" if own.ndim <= 1 else row_names[row] if row_names else f"row {row}",
        "features": labels,
        "own": [round(float(values[i]), 6) for i in order],
        "low": [round(float(low[i]), 6) for i in order],
        "high": [round(float(high[i]), 6) for i in order],
    }
