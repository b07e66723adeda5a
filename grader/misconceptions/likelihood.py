"""How well an answer fits what a misconception gives, with the noise that correct work has.

Variance of one value: s²(1 + 1/K) + (r|μ|)² + (0.2 r·rms)², with s the spread over K seeds and r,
the relative error of everything else (another version, a rounded printout), profiled.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import chdtri

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

RHO_GRID = np.geomspace(1e-5, 0.05, 30)
FLAT_SHARE = 0.2
"""Share of r that small values get too: an error does not shrink with the value alone."""
GOODNESS = 0.999
"""An answer that truly is the mistake is turned away once in a thousand."""
FEW_VALUES = 6
FEW_RHO = 0.003
"""Few values fit anything at 5 %: there only a close hit counts."""
MOST_SCATTER = 1 / 3
"""Scatter as a share of the values from which on a run of one mistake looks like many others."""
SCATTER_RHO = 0.01
"""Where runs scatter, that scatter already holds most of what else may differ."""
TOO_GOOD = 0.001
"""An answer nearer to a scattering mistake's mean than its own runs are did not come from one."""


@dataclass(frozen=True)
class Candidate:
    """What one mistake would produce: mean and spread over `seeds` seeds.

    Attributes:
        id: the misconception.
        seeds: 1 when deterministic.
        pooled: the spread was estimated from many values at once, so it is known well.
        penalty: what was fitted to the answer costs log-likelihood, else more freedom always wins.
    """

    id: str
    mean: Floats
    spread: Floats
    seeds: float = 1
    penalty: float = 0.0
    pooled: bool = False

    @property
    def is_informative(self) -> bool:
        """Whether one run says much: those under the mistake are more alike than apart."""
        return bool(self.spread.sum() <= MOST_SCATTER * np.abs(self.mean).sum())

    @property
    def scatters(self) -> bool:
        """Whether runs under the mistake differ by their seed at all."""
        return self.seeds > 1 and bool(self.spread.any())


@dataclass(frozen=True)
class Fit:
    """One candidate against one answer."""

    candidate: Candidate
    log_likelihood: float
    good: bool
    distance: float


def fit(found: Floats, candidate: Candidate) -> Fit:
    """Profile r and test the goodness of fit by chi-square, widened for a spread of few seeds."""
    gap = (found - candidate.mean).ravel()
    mean = candidate.mean.ravel()
    seeds = candidate.seeds
    inflation = 1 + 1 / seeds if seeds > 1 else 0.0
    rms = float(np.sqrt(np.mean(mean**2)))
    largest = FEW_RHO if gap.size < FEW_VALUES else SCATTER_RHO if candidate.scatters else 1.0
    rho = RHO_GRID[largest >= RHO_GRID]
    own = inflation * candidate.spread.ravel() ** 2
    # A mistake that leaves nothing but zeros has no scale of its own: take the answer's.
    floor = (1e-9 * max(rms, float(np.abs(found).max(initial=0.0)), 1e-12)) ** 2
    variance = (
        own + (rho[:, None] * np.abs(mean)) ** 2 + (FLAT_SHARE * rho[:, None] * rms) ** 2 + floor
    )
    scores = -0.5 * (np.log(variance) + gap**2 / variance).sum(axis=1)
    best = int(np.argmax(scores))
    chi = float((gap**2 / variance[best]).sum())
    # The variance of Student's t: a spread from few seeds is itself uncertain.
    uncertain = seeds > 3 and not candidate.pooled  # noqa: PLR2004
    heavier = (seeds - 1) / (seeds - 3) if uncertain else 1.0
    limit = float(chdtri(gap.size, 1 - GOODNESS)) * heavier
    moving = np.count_nonzero(own)
    least = float(chdtri(moving, 1 - TOO_GOOD)) if moving else 0.0
    size = float(np.abs(found).sum() + np.abs(mean).sum())
    distance = 2 * float(np.abs(gap).sum()) / size if size > 0 else 0.0
    good = least <= chi <= limit
    return Fit(candidate, float(scores[best]) - candidate.penalty, good, distance)


def noise_likelihood(found: Floats, truth: Floats) -> float:
    """Log-likelihood of the truth with noise on it whose size is fitted, and paid for.

    What a named misconception must explain better: a wide scatter alone explains any answer. Two
    kinds of noise count: of one size everywhere, and in proportion to the value.
    """
    gap = found - truth
    same = _gaussian(gap)
    size = np.abs(truth)
    floor = LEAST_SHARE * float(size.max(initial=0.0))
    if floor <= 0:
        return same
    scale = np.maximum(size, floor)
    # The density of the answer itself: the scale of each value is part of it.
    return max(same, _gaussian(gap / scale) - float(np.log(scale).sum()))


LEAST_SHARE = 0.001
"""Values below this share of the largest have noise as if they were that large."""


def _gaussian(gap: Floats) -> float:
    size = max(float(np.mean(gap**2)), 1e-300)
    return -0.5 * gap.size * (float(np.log(size)) + 1) - 0.5 * float(np.log(gap.size))
