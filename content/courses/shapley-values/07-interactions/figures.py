"""Figures of the lesson on interactions: two matrices, and a share that fans out."""

from functools import cache
from itertools import combinations
from math import factorial

import numpy as np
import shap
from figure_style import Theme, canvas, panels
from matplotlib.figure import Figure
from sklearn.ensemble import GradientBoostingRegressor

__all__ = ["fan", "matrices"]

NAMES = ("visitors", "rate", "weekend", "temperature")
GOOD_DAY = np.array([9.0, 4.5, 1.0, 20.0])
N = 4


def _truth(rows: np.ndarray) -> np.ndarray:
    return rows[:, 0] * rows[:, 1] + 4 * rows[:, 2]


@cache
def _days() -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    days = np.column_stack(
        [
            rng.uniform(2, 10, 1500),
            rng.uniform(1, 5, 1500),
            rng.integers(0, 2, 1500),
            rng.normal(15, 6, 1500),
        ]
    )
    return days, _truth(days) + rng.normal(0, 1, 1500)


@cache
def _model() -> GradientBoostingRegressor:
    days, revenue = _days()
    return GradientBoostingRegressor(n_estimators=200, max_depth=3, random_state=0).fit(
        days, revenue
    )


def _exact_matrix() -> np.ndarray:
    """Return the interaction matrix of the true function on the good day."""
    v = {}
    for known in (s for size in range(N + 1) for s in combinations(range(N), size)):
        rows = _days()[0][:300].copy()
        rows[:, list(known)] = GOOD_DAY[list(known)]
        v[frozenset(known)] = _truth(rows).mean()
    matrix, shares = np.zeros((N, N)), np.zeros(N)
    for i in range(N):
        for s, without in v.items():
            if i in s:
                continue
            k = len(s)
            weight = factorial(k) * factorial(N - k - 1) / factorial(N)
            shares[i] += weight * (v[s | {i}] - without)
            for j in set(range(N)) - s - {i}:
                second = v[s | {i, j}] - v[s | {i}] - v[s | {j}] + without
                matrix[i, j] += (
                    factorial(k) * factorial(N - k - 2) / (2 * factorial(N - 1)) * second
                )
    np.fill_diagonal(matrix, shares - matrix.sum(axis=1))
    return matrix


def matrices(theme: Theme) -> Figure:
    """Return the interaction matrix of the truth and of the fitted model."""
    fitted = shap.TreeExplainer(_model()).shap_interaction_values(GOOD_DAY[None])[0]
    figure, both = panels(theme, 2, height=3.6, sharey=True)
    for axes, matrix, title in (
        (both[0], _exact_matrix(), "true function"),
        (both[1], fitted, "fitted model"),
    ):
        axes.pcolormesh(matrix, cmap=theme.diverging, vmin=-12, vmax=12)
        for i in range(N):
            for j in range(N):
                axes.text(
                    j + 0.5, i + 0.5, f"{matrix[i, j].round(1) + 0.0:.1f}", ha="center", va="center"
                )
        axes.set_xticks(np.arange(N) + 0.5, NAMES, rotation=25, ha="right")
        axes.set_yticks(np.arange(N) + 0.5, NAMES)
        axes.set_title(title)
        axes.grid(visible=False)
        axes.tick_params(length=0)
    both[0].invert_yaxis()
    return figure


def fan(theme: Theme) -> Figure:
    """Return the share of the visitors against their number, by buying rate."""
    days = _days()[0][:420]
    shares = shap.TreeExplainer(_model()).shap_values(days)[:, 0]
    figure, axes = canvas(theme, height=3.4)
    for low, high, marker, colour in (
        (1, 1.8, "v", theme.blue),
        (2.7, 3.3, "o", theme.amber),
        (4.2, 5, "^", theme.vermilion),
    ):
        chosen = (days[:, 1] >= low) & (days[:, 1] < high)
        axes.scatter(
            days[chosen, 0],
            shares[chosen],
            s=16,
            marker=marker,
            color=colour,
            linewidth=0,
            label=f"buying rate {low:g} to {high:g}",
        )
    axes.axhline(0, color=theme.muted, linewidth=1)
    axes.set(xlabel="visitors (hundreds)", ylabel="share of the visitors")
    axes.legend(loc="upper left")
    return figure
