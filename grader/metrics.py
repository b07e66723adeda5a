"""Numbers that compare two explanations; every one is written so that NaN never looks small.

`found` is the learner's array, `expected` the reference's; both finite, of one shape.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.special import stdtrit

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]


GRID_SHARE = 0.15
"""Distance of a band's grid lines, as a share of the row's largest |reference value|, rounded."""

COARSEST = 0.25
"""What is lost by rounding, as a share of the size, up to which a message says so."""


def rel_l1(found: Floats, expected: Floats) -> float:
    """Σ|x - r| / Σ|r|, pooled over all values; infinite when only the reference is all zero."""
    gap, size = float(np.abs(found - expected).sum()), float(np.abs(expected).sum())
    if size > 0:
        return gap / size
    return 0.0 if gap == 0 else float("inf")


def symmetric_l1(one: Floats, other: Floats) -> float:
    """2 Σ|a - b| / (Σ|a| + Σ|b|): 0 for equal arrays, at most 2."""
    size = float(np.abs(one).sum() + np.abs(other).sum())
    return 2 * float(np.abs(one - other).sum()) / size if size > 0 else 0.0


def range_gap(found: Floats, expected: Floats) -> float:
    """Max |x - r| as a share of the reference's range; for curves (PDP, ICE, ALE)."""
    gap, size = float(np.abs(found - expected).max()), float(np.ptp(expected))
    if size > 0:
        return gap / size
    return 0.0 if gap == 0 else float("inf")


def additivity_gap(values: Floats, base: Floats, fx: Floats) -> Floats:
    """|base + Σφ - f(x)| per row, as a share of the mean |f(x)| (SHAP's local accuracy).

    Lundberg & Lee 2017, property 1. `values` is (n, f) or, for interactions, (n, f, f); of a single
    explained row, with `fx` a single number, (f,).
    """
    sums = values.reshape(*fx.shape, -1).sum(axis=-1) + base
    size = float(np.abs(fx).mean())
    return np.asarray(np.abs(sums - fx) / (size if size > 0 else 1.0), dtype=np.float64)


def envelope_excess(
    found: Floats,
    mean: Floats,
    spread: Floats,
    *,
    replicates: int,
    alpha: float,
    mean_of: int = 1,
) -> Floats:
    """|x - μ| / (s √(1 + 1/m)) as a share of what correct work may reach; above 1 lies outside.

    Where the answer is a mean of k runs and `spread` that of such means, the m seeds are m/k means:
    the factor is √(1 + k/m).

    The bound is Student's t quantile with m - 1 degrees of freedom at 1 - alpha / 2N: a prediction
    interval for one further correct run, corrected for N values (Bonferroni), so that correct work
    is rejected with probability at most `alpha`, whatever m is.
    """
    bound = stdtrit(replicates - 1, 1 - alpha / (2 * mean.size))
    # A value that no seed ever moved must be met exactly, up to what a decimal print loses.
    floor = 1e-6 * max(float(np.abs(mean).max()), 1e-12)
    scale = np.maximum(spread, floor) * np.sqrt(1 + mean_of / replicates)
    return np.asarray(np.abs(found - mean) / (scale * bound), dtype=np.float64)


def within(found: Floats, expected: Floats, slack: float) -> bool:
    """Whether the values differ by at most `slack` on average: a floor beside a relative band."""
    return bool(np.abs(found - expected).mean() <= slack * (1 + 1e-9)) if found.size else True


def is_rounded(found: Floats, expected: Floats) -> bool:
    """Whether `found` is `expected` at fewer decimals: right, and printed too coarsely.

    Only while a quarter of the size is lost at most: else every small number would be zero,
    rounded, and a search by decimals would tell the expected values.
    """
    if not rel_l1(found, expected) <= COARSEST:
        return False
    return any(
        bool(np.allclose(found, np.round(expected, decimals), rtol=1e-6, atol=1e-9))
        for decimals in range(-3, 7)
    )


def scatter_ratio(found: Floats, expected: Floats) -> float:
    """How much larger one scatter is than the other: the root mean square over all values.

    Each value is taken by its own expected scatter; those that do not scatter at all say nothing.
    """
    moving = expected > 1e-9 * float(expected.max(initial=0.0))
    if not moving.any():
        return 1.0 if not found.any() else float("inf")
    return float(np.sqrt(((found[moving] / expected[moving]) ** 2).mean()))


def top_k_agreement(found: Floats, expected: Floats, k: int) -> float:
    """Share of the k largest |values| that both name (Krishna et al. 2022); never graded."""
    tops = [set(np.argsort(-np.abs(array), kind="stable")[:k]) for array in (found, expected)]
    return len(tops[0] & tops[1]) / k


def cosine(found: Floats, expected: Floats) -> float:
    """Cosine of the angle between two explanations; informs, never graded: blind to the scale."""
    size = float(np.linalg.norm(found) * np.linalg.norm(expected))
    return float((found * expected).sum()) / size if size > 0 else 0.0


def tolerance_band(expected: Floats) -> tuple[Floats, Floats]:
    """Edges of the band around each value, on a fixed grid: what a learner may see of them."""
    largest = float(np.abs(expected).max(initial=0.0))
    if largest < 1e-300:  # noqa: PLR2004 - zero, or too small for a grid
        return expected - 1.0, expected + 1.0
    # One significant digit, so that the grid itself does not give the largest value away.
    raw = GRID_SHARE * largest
    digit = 10.0 ** np.floor(np.log10(raw))
    step = float(np.ceil(raw / digit) * digit)
    # Always two steps wide: a narrower band would give the value between two lines away.
    low = np.floor(expected / step - 0.5) * step
    return low, low + 2 * step
