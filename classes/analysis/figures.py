"""Figures of test theory, each with its interval; nothing here reads a database.

Sources: Ebel and Frisbie, *Essentials of Educational Measurement*, for facility and
discrimination and their limits; Kuder and Richardson (1937) for formula 20; Wilson (1927) for the
interval of a share; Fisher (1921) for that of a correlation.
"""

from __future__ import annotations

import math
import statistics
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence

LEVEL: Final = 0.95
"""Of every interval."""
_Z: Final = statistics.NormalDist().inv_cdf(0.5 + LEVEL / 2)
_FEWEST_PAIRS: Final = 4
"""Pairs that Fisher's interval of a correlation needs."""


class Estimate(NamedTuple):
    """A figure with its 95 % interval."""

    value: float
    low: float
    high: float


def share(count: int, total: int) -> Estimate:
    """Return a share of at least one with Wilson's interval."""
    p, z2 = count / total, _Z * _Z
    middle = (p + z2 / (2 * total)) / (1 + z2 / total)
    half = _Z * math.sqrt(p * (1 - p) / total + z2 / (4 * total * total)) / (1 + z2 / total)
    return Estimate(p, max(0.0, min(p, middle - half)), min(1.0, max(p, middle + half)))


def discrimination(right: Sequence[bool], rest: Sequence[float]) -> Estimate | None:
    """Return the point-biserial correlation of an item with the rest of the score.

    Args:
        right: whether each learner answered the item right, shape (n,).
        rest: each learner's score without the item, shape (n,).

    Returns:
        The correlation with Fisher's interval; None where all answered alike, where all rests are
        equal, or where there are fewer than four learners.
    """
    if len(right) < _FEWEST_PAIRS or len(set(right)) == 1 or len(set(rest)) == 1:
        return None
    r = statistics.correlation([float(one) for one in right], rest)
    r = max(-1.0, min(1.0, r))
    if abs(r) == 1.0:
        return Estimate(r, r, r)
    half = _Z / math.sqrt(len(right) - 3)
    return Estimate(r, math.tanh(math.atanh(r) - half), math.tanh(math.atanh(r) + half))


def kr20(rows: Sequence[Sequence[bool]]) -> float | None:
    """Return Kuder and Richardson's formula 20, how well the items of a quiz agree.

    Args:
        rows: a row a learner, a truth value an item, shape (learners, items).

    Returns:
        At most 1; None with fewer than two items or learners, or where all have the same score.
    """
    if len(rows) < 2 or len(rows[0]) < 2:  # noqa: PLR2004  # a variance needs two
        return None
    items = len(rows[0])
    scores = [sum(row) for row in rows]
    spread = statistics.pvariance(scores)
    if not spread:
        return None
    p = [sum(column) / len(rows) for column in zip(*rows, strict=True)]
    return float(items / (items - 1) * (1 - sum(one * (1 - one) for one in p) / spread))


def thirds(scores: Sequence[float]) -> list[int]:
    """Return the third of the class of each score: 0 the lowest, 2 the highest.

    Equal scores are in the same third, that of their middle rank, so thirds may differ in size.
    """
    total = len(scores)
    ranked = sorted(scores)
    middle = {score: ranked.index(score) + (ranked.count(score) - 1) / 2 for score in set(scores)}
    return [min(2, int(3 * (middle[score] + 0.5) / total)) for score in scores]
