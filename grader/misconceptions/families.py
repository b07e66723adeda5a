"""Ready-made families of misconceptions: what the reference would look like under each of them.

A family turns the reference's samples (m, ...) into one or more candidates of the same shape. An
exercise names a family in exercise.yaml; whatever needs the model or the data is a `mistake_<id>`
function in the exercise's own reference.py instead.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from numpy.typing import NDArray

    from grader.exercise import ExerciseDefinition, Output
    from grader.reference import Reference

    Samples = NDArray[Any]


class RelatedOutputs:
    """The base values and the model's output that belong to an output."""

    def __init__(self, exercise: ExerciseDefinition, reference: Reference, output: str) -> None:
        found = (c for c in exercise.criteria if c.kind == "local_accuracy" and c.output == output)
        criterion = next(found, None)
        self.base = self.fx = None
        if criterion is not None:
            self.fx = reference.outputs[criterion.fx].mean
            if criterion.base:
                self.base = reference.outputs[criterion.base].mean


def family_candidates(
    family: str, samples: Samples, output: Output, related: RelatedOutputs
) -> list[Samples]:
    """The reference's samples under a ready-made mistake; none where it cannot happen."""
    if samples.dtype.kind != "f":
        return []
    if family == "sorted_features":
        return _sorted_features(samples, output)
    if family in TRANSFORMS_WITH_RELATED:
        return TRANSFORMS_WITH_RELATED[family](samples, related)
    return TRANSFORMS[family](samples) if family in TRANSFORMS else []


def satisfies_invariants(family: str, found: Samples) -> bool:
    """Whether an answer has what every answer under the family has, however it scatters."""
    return family not in INVARIANTS or INVARIANTS[family](found)


def _sign(x: Samples) -> list[Samples]:
    return [-x]


def _absolute(x: Samples) -> list[Samples]:
    return [np.abs(x)]


def _normalised(x: Samples) -> list[Samples]:
    if x.ndim < 2:  # noqa: PLR2004 - a single value per seed has nothing to be divided by
        return []
    size = np.abs(x).sum(axis=-1, keepdims=True)
    largest = np.abs(x).max(axis=-1, keepdims=True)
    return [x / np.where(s > 0, s, 1) for s in (size, largest)]


def _percent(x: Samples) -> list[Samples]:
    return [100 * x]


def _transposed(x: Samples) -> list[Samples]:
    square = x.ndim == 3 and x.shape[1] == x.shape[2]  # noqa: PLR2004 - samples, rows, columns
    return [x.transpose(0, 2, 1)] if square else []


def _row_mean(x: Samples) -> list[Samples]:
    return [np.broadcast_to(x.mean(axis=1, keepdims=True), x.shape)] if _rows(x) else []


def _global_importance(x: Samples) -> list[Samples]:
    return [np.broadcast_to(np.abs(x).mean(axis=1, keepdims=True), x.shape)] if _rows(x) else []


def _shifted_rows(x: Samples) -> list[Samples]:
    return [np.roll(x, step, axis=1) for step in (1, -1)] if _rows(x) else []


def _reversed_rows(x: Samples) -> list[Samples]:
    return [x[:, ::-1]] if _rows(x) else []


def _sorted_values(x: Samples) -> list[Samples]:
    if x.ndim < 2:  # noqa: PLR2004 - a single value per seed has no order
        return []
    by_size = np.take_along_axis(x, np.argsort(-np.abs(x), axis=-1, kind="stable"), axis=-1)
    ascending = np.sort(x, axis=-1)
    return [by_size, by_size[..., ::-1], ascending, ascending[..., ::-1]]


def _sorted_features(x: Samples, output: Output) -> list[Samples]:
    if not output.columns:
        return []
    order = sorted(range(len(output.columns)), key=lambda index: output.columns[index])
    return [x[..., order]]


def _predicted_class(x: Samples, related: RelatedOutputs) -> list[Samples]:
    if related.fx is None or not _rows(x) or related.fx.shape != (x.shape[1],):
        return []
    signs = np.where(related.fx < 0, -1.0, 1.0)
    return [x * signs.reshape(1, -1, *[1] * (x.ndim - 2))] if (signs < 0).any() else []


def _base_added(x: Samples, related: RelatedOutputs) -> list[Samples]:
    return [] if related.base is None else [x + related.base]


def _base_spread(x: Samples, related: RelatedOutputs) -> list[Samples]:
    return [] if related.base is None else [x + related.base / x.shape[-1]]


def _base_forgotten(x: Samples) -> list[Samples]:
    return [np.zeros_like(x)]


def _rounded_away(x: Samples) -> list[Samples]:
    return [np.round(x)]


def _top_only(x: Samples) -> list[Samples]:
    """Ten features, as LIME and KernelExplainer keep by default, and five."""
    found = []
    for kept in (10, 5):
        if x.ndim > 1 and x.shape[-1] > kept:
            ranks = np.argsort(np.argsort(-np.abs(x), axis=-1), axis=-1)
            found.append(np.where(ranks < kept, x, 0.0))
    return found


def _rows(x: Samples) -> bool:
    return x.ndim > 2 and x.shape[1] > 1  # noqa: PLR2004 - samples, rows, features


TRANSFORMS: Mapping[str, Callable[[Samples], list[Samples]]] = {
    "sign": _sign,
    "absolute": _absolute,
    "normalised": _normalised,
    "percent": _percent,
    "transposed": _transposed,
    "row_mean": _row_mean,
    "global_importance": _global_importance,
    "shifted_rows": _shifted_rows,
    "reversed_rows": _reversed_rows,
    "sorted_values": _sorted_values,
    "base_forgotten": _base_forgotten,
    "rounded_away": _rounded_away,
    "top_only": _top_only,
}


def _adds_up_to_one(x: Samples) -> bool:
    size = np.abs(x)
    total, largest = size.sum(axis=-1), size.max(axis=-1, initial=0.0)
    return bool(np.allclose(total, 1, atol=ROUNDED) or np.allclose(largest, 1, atol=1e-6))


def _in_order(x: Samples) -> bool:
    slack = ROUNDED * float(np.abs(x).max(initial=0.0))
    steps = (np.diff(np.abs(x)), np.diff(x))
    return any(bool((s >= -slack).all() or (s <= slack).all()) for s in steps)


def _rows_alike(x: Samples) -> bool:
    return bool(
        np.allclose(x, x[:1], rtol=ROUNDED, atol=ROUNDED * float(np.abs(x).max(initial=0.0)))
    )


ROUNDED = 0.01
"""What two printed decimals may change."""
INVARIANTS: Mapping[str, Callable[[Samples], bool]] = {
    "absolute": lambda x: bool((x >= 0).all()),
    "normalised": _adds_up_to_one,
    "sorted_values": _in_order,
    "row_mean": _rows_alike,
    "global_importance": _rows_alike,
}
TRANSFORMS_WITH_RELATED: Mapping[str, Callable[[Samples, RelatedOutputs], list[Samples]]] = {
    "predicted_class": _predicted_class,
    "base_added": _base_added,
    "base_spread": _base_spread,
}
