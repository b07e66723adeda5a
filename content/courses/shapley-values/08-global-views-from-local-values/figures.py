"""Figures of the lesson on global views: two kinds of importance, and a beeswarm."""

from functools import cache

import numpy as np
import shap
from figure_style import Theme, canvas, panels
from matplotlib.figure import Figure
from sklearn.ensemble import GradientBoostingClassifier
from sklearn.inspection import permutation_importance

__all__ = ["beeswarm", "two_importances"]

NAMES = ("tenure", "calls", "price", "failure", "number")
LABELS = ("tenure", "calls", "price", "line failure", "customer number")


@cache
def _customers() -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(1)
    n = 1200
    tenure = rng.exponential(24, n)
    calls = rng.poisson(1.2, n)
    price = rng.normal(40, 10, n)
    failure = (rng.random(n) < 0.03).astype(float)
    number = rng.normal(size=n)
    log_odds = -0.8 - 0.05 * tenure + 0.5 * calls + 0.03 * (price - 40) + 5 * failure
    left = (rng.random(n) < 1 / (1 + np.exp(-log_odds))).astype(int)
    return np.column_stack([tenure, calls, price, failure, number]), left


@cache
def _fitted(trees: int, depth: int) -> tuple[GradientBoostingClassifier, np.ndarray]:
    """Return the model and the shares of the new customers."""
    rows, left = _customers()
    model = GradientBoostingClassifier(n_estimators=trees, max_depth=depth, random_state=0)
    model.fit(rows[:300], left[:300])
    return model, shap.TreeExplainer(model, rows[:100]).shap_values(rows[300:])


def two_importances(theme: Theme) -> Figure:
    """Return mean absolute shares and drops of AUC of the large model."""
    rows, left = _customers()
    model, shares = _fitted(200, 4)
    drops = permutation_importance(
        model, rows[300:], left[300:], scoring="roc_auc", n_repeats=30, random_state=0
    )
    figure, (first, second) = panels(theme, 2, height=2.9, sharey=True)
    places = np.arange(len(NAMES))
    colours = [theme.blue] * 4 + [theme.vermilion]
    first.barh(places, np.abs(shares).mean(axis=0), color=colours, height=0.6)
    first.set_yticks(places, LABELS)
    first.invert_yaxis()
    first.set(xlabel="mean absolute share (log-odds)")
    second.barh(
        places,
        drops.importances_mean,
        xerr=drops.importances_std,
        color=colours,
        ecolor=theme.muted,
        height=0.6,
    )
    second.set(xlabel="drop of AUC when shuffled")
    for axes in (first, second):
        axes.grid(visible=False, axis="y")
    return figure


def beeswarm(theme: Theme) -> Figure:
    """Return the shares of the small model, one point for each of 160 customers and feature."""
    rows, _ = _customers()
    _, shares = _fitted(40, 2)
    hit = np.flatnonzero(rows[300:, 3] == 1)
    chosen = np.unique(np.concatenate([hit, np.arange(0, 900, 7)]))
    figure, axes = canvas(theme, height=3.6)
    rng = np.random.default_rng(0)
    for row in range(len(NAMES)):
        values = rows[300:][chosen, row]
        high = values > np.median(values)
        jitter = rng.uniform(-0.26, 0.26, len(chosen))
        for group, marker, colour in ((~high, "v", theme.blue), (high, "^", theme.vermilion)):
            axes.scatter(
                shares[chosen, row][group],
                row + jitter[group],
                s=11,
                marker=marker,
                color=colour,
                linewidth=0,
                rasterized=True,
            )
    axes.scatter([], [], marker="v", color=theme.blue, label="value up to the median")
    axes.scatter([], [], marker="^", color=theme.vermilion, label="value above it")
    axes.axvline(0, color=theme.muted, linewidth=1)
    axes.set_yticks(range(len(NAMES)), LABELS)
    axes.invert_yaxis()
    axes.grid(visible=False, axis="y")
    axes.set(xlabel="share (log-odds)")
    axes.legend(loc="upper right")
    return figure
