"""Structural detectors: what an answer is made of, whatever its parameters.

Each proposes what the reference would look like under its hypothesis, fitted to the answer; the
proposal then has to pass the same goodness of fit as any mistake of the library. They generalise
where a list of mistakes cannot: any other order, any other rows, any other background.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from scipy.optimize import linear_sum_assignment, nnls
from scipy.special import gammaln

from grader.misconceptions.likelihood import Candidate

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

BACKGROUND_RESIDUAL = 0.005
"""An explanation with another background is met to rounding; anything else misses by per cents."""
SUM_TOLERANCE = 1e-3
FEWEST_FEATURES = 5
"""A factor per row, or an order of the features, fits almost anything where there are few."""


def structural_candidates(
    found: Floats, reference: Candidate, every_row: Candidate | None, backgrounds: Floats | None
) -> Iterator[Candidate]:
    """Proposals in the order in which they should be believed."""
    yield from _scaled(found, reference)
    yield from _reciprocal(reference)
    yield from _absolute(found, reference)
    if found.ndim >= 2 and len(found) > 1:  # noqa: PLR2004 - rows and features
        yield from _one_row(found, reference)
        yield from _row_order(found, reference)
    if every_row is not None and found.ndim >= 2:  # noqa: PLR2004
        yield from _other_rows(found, reference, every_row)
    if found.ndim == 2 and found.shape[1] >= FEWEST_FEATURES:  # noqa: PLR2004
        yield from _feature_order(found, reference)
        yield from _scaled_rows(found, reference)
    if backgrounds is not None:
        yield from _background(found, backgrounds)


def _scaled(found: Floats, reference: Candidate) -> Iterator[Candidate]:
    size = float((reference.mean**2).sum())
    if found.size < FEWEST_FEATURES or size == 0:
        return
    factor = float((found * reference.mean).sum()) / size
    if abs(factor - 1) > 0.1 and factor != 0:  # noqa: PLR2004 - nearer than that is another mistake
        name = "scaled"
        if abs(factor + 1) < 0.01:  # noqa: PLR2004
            name = "sign"
        elif abs(factor - 100) < 1:
            name = "percent"
        spread = abs(factor) * reference.spread
        cost = 0.5 * np.log(found.size)
        yield Candidate(name, factor * reference.mean, spread, reference.seeds, cost)


def _reciprocal(reference: Candidate) -> Iterator[Candidate]:
    """One over each value, as the odds of the other outcome are."""
    if not reference.scatters and bool((np.abs(reference.mean) > 0).all()):
        yield Candidate("reciprocal", 1 / reference.mean, np.zeros_like(reference.mean))


def _absolute(found: Floats, reference: Candidate) -> Iterator[Candidate]:
    """The magnitudes without their signs."""
    if bool((found >= 0).all()) and bool((reference.mean < 0).any()):
        yield Candidate("absolute", np.abs(reference.mean), reference.spread, reference.seeds)


def _one_row(found: Floats, reference: Candidate) -> Iterator[Candidate]:
    """One row of the reference in the place of every row, as `values[1]` gives it."""
    if not np.allclose(found, found[:1], rtol=1e-6, atol=0):
        return
    rows = reference.mean.reshape(len(reference.mean), -1)
    nearest = int(np.abs(rows - found[0].ravel()).sum(axis=1).argmin())
    mean = np.broadcast_to(reference.mean[nearest], found.shape)
    spread = np.broadcast_to(reference.spread[nearest], found.shape)
    yield Candidate("one_row", mean, spread, reference.seeds, float(np.log(len(rows))))


def few_values_candidate(found: Floats, reference: Candidate) -> Candidate | None:
    """Return the opposite sign or the reciprocal of few values that are met to rounding."""
    size = float(np.abs(reference.mean).sum())
    if reference.scatters or size == 0:
        return None
    for name, mean in (("sign", -reference.mean), ("reciprocal", _inverted(reference.mean))):
        apart = float(np.abs(mean - reference.mean).sum()) > 0.1 * size
        scale = float(np.abs(mean).sum())
        if apart and float(np.abs(found - mean).sum()) <= FEW_EXACTLY * scale:
            return Candidate(name, mean, np.zeros_like(mean))
    return None


FEW_EXACTLY = 0.001
"""Few values are named plainly only where they are met to three digits."""


def _inverted(x: Floats) -> Floats:
    return np.asarray(1 / np.where(x == 0, np.inf, x))


def _row_order(found: Floats, reference: Candidate) -> Iterator[Candidate]:
    rows = len(found)
    order = _assign(found.reshape(rows, -1), reference.mean.reshape(rows, -1), reference, axis=0)
    if not np.array_equal(order, np.arange(rows)):
        mean, spread = reference.mean[order], reference.spread[order]
        yield Candidate("row_order", mean, spread, reference.seeds, gammaln(rows + 1))


def _feature_order(found: Floats, reference: Candidate) -> Iterator[Candidate]:
    features = found.shape[1]
    order = _assign(found.T, reference.mean.T, reference, axis=1)
    if not np.array_equal(order, np.arange(features)):
        mean, spread = reference.mean[:, order], reference.spread[:, order]
        yield Candidate("feature_order", mean, spread, reference.seeds, gammaln(features + 1))


def _assign(
    found: Floats, expected: Floats, reference: Candidate, *, axis: int
) -> NDArray[np.intp]:
    """Which of the reference's rows (or columns) each of the answer's is (Hungarian matching)."""
    scale = float(np.abs(reference.mean).mean()) * 0.02
    spread = np.moveaxis(reference.spread, axis, 0).reshape(len(expected), -1)
    variance = spread**2 + scale**2
    variance = np.maximum(variance, 1e-200)
    cost = ((found[:, None, :] - expected[None, :, :]) ** 2 / variance[None]).sum(axis=2)
    # Matching refuses what is infinite.
    order: NDArray[np.intp] = linear_sum_assignment(np.minimum(cost, 1e300))[1]
    return order


def row_pool(samples: Floats, reference: Candidate, mean_of: int = 1) -> Candidate:
    """Explanations of all rows: (N, ...), or (S, N, ...) over S seeds where they are stochastic.

    Few seeds say little of one value's scatter. Its size is taken per row, its profile over the
    features from the reference. An answer that is the mean of many runs scatters less than the
    pool's own means of few do: both count.
    """
    if samples.ndim == reference.mean.ndim:
        return Candidate("other_rows", samples, np.zeros_like(samples))
    mean = samples.mean(axis=0)
    profile = np.maximum(reference.spread.mean(axis=0), 1e-12)
    size = np.sqrt((samples.var(axis=0, ddof=1) / profile**2).reshape(len(mean), -1).mean(axis=1))
    spread = size.reshape(-1, *[1] * (mean.ndim - 1)) * profile
    if mean_of > 1:
        # With this many seeds the fit adds nothing for the pool's own means: they are in already.
        spread, seeds = spread * np.sqrt(1 / mean_of + 1 / len(samples)), KNOWN_WELL
        return Candidate("other_rows", mean, spread, seeds, pooled=True)
    return Candidate("other_rows", mean, spread, len(samples), pooled=True)


KNOWN_WELL = 1_000_000


def _other_rows(found: Floats, reference: Candidate, every_row: Candidate) -> Iterator[Candidate]:
    """Look each row up among the explanations of all rows."""
    flat, pool = found.reshape(len(found), -1), every_row.mean.reshape(len(every_row.mean), -1)
    nearest = [int(np.abs(pool - row).sum(axis=1).argmin()) for row in flat]
    mean, spread = every_row.mean[nearest], every_row.spread[nearest]
    # Rows of the reference itself do not count as others, however they are listed in the pool.
    if not np.allclose(mean, reference.mean, rtol=1e-6, atol=1e-9):
        yield replace(every_row, mean=mean, spread=spread, penalty=len(found) * np.log(len(pool)))


def _scaled_rows(found: Floats, reference: Candidate) -> Iterator[Candidate]:
    size = (reference.mean**2).sum(axis=1)
    factors = (found * reference.mean).sum(axis=1) / np.where(size > 0, size, 1)
    if np.ptp(factors) > 0.05 * float(np.abs(factors).max()):
        mean = factors[:, None] * reference.mean
        spread = np.abs(factors)[:, None] * reference.spread
        name = "predicted_class" if np.allclose(np.abs(factors), 1, atol=0.01) else "scaled_rows"
        # Noise alone makes factors differ: one common factor is said unless this is e^5 likelier.
        cost = 0.5 * len(found) * np.log(found.shape[1]) + 5
        yield Candidate(name, mean, spread, reference.seeds, cost)


def _background(found: Floats, backgrounds: Floats) -> Iterator[Candidate]:
    """Non-negative weights of the background rows that reproduce the answer, adding up to one.

    An interventional explanation is the mean of those with one background row each.
    """
    single = backgrounds.reshape(len(backgrounds), -1).T
    weight = 10 * float(np.abs(found).max(initial=0.0))
    system = np.vstack([single, np.full((1, single.shape[1]), weight)])
    target = np.append(found.ravel(), weight)
    try:
        weights, _ = nnls(system, target)
    except RuntimeError:  # no solution within its steps: numbers from nowhere
        return
    mean = (single @ weights).reshape(found.shape)
    size = float(np.abs(found).sum())
    if size > 0 and float(np.abs(mean - found).sum()) <= BACKGROUND_RESIDUAL * size:
        cost = 0.5 * np.count_nonzero(weights) * np.log(found.size)
        yield Candidate("background", mean, np.zeros_like(mean), 1, cost)


def adds_up_to(sums: Floats, others: dict[str, Floats]) -> str | None:
    """The name of the model output that base + Σφ equals on every row; None when there is none."""
    for name, values in others.items():
        size = float(np.abs(values).mean())
        if values.shape == sums.shape and bool(
            np.all(np.abs(sums - values) <= SUM_TOLERANCE * max(size, 1e-12))
        ):
            return name
    return None
