"""Figures of the lesson on output scales: steps on the logistic curve, and two waterfalls."""

from collections.abc import Callable
from itertools import combinations
from math import factorial

import numpy as np
from figure_style import Theme, canvas, panels
from matplotlib.figure import Figure
from sklearn.datasets import load_breast_cancer
from sklearn.ensemble import GradientBoostingClassifier
from sklearn.model_selection import train_test_split

__all__ = ["steps", "two_scales"]

FEATURES = ("worst concave points", "worst area", "worst texture", "area error")
PATIENT = 128


def steps(theme: Theme) -> Figure:
    """Return the logistic curve with three equal steps in log-odds."""
    figure, axes = canvas(theme, height=3.2)
    grid = np.linspace(-4, 6, 200)
    axes.plot(grid, 1 / (1 + np.exp(-grid)), color=theme.muted)
    for start in (0.0, 2.0, 4.0):
        low, high = (1 / (1 + np.exp(-u)) for u in (start, start + 1))
        axes.plot(
            [start, start + 1, start + 1],
            [low, low, high],
            color=theme.vermilion,
            marker="o",
            markersize=4,
        )
        axes.text(
            start + 1.12, low - 0.02, f"+{100 * (high - low):.1f} points", va="top", fontsize=10
        )
    axes.set(xlabel="log-odds", ylabel="probability", ylim=(0, 1.03))
    return figure


def _explain(
    output: Callable[[np.ndarray], np.ndarray], background: np.ndarray, row: np.ndarray
) -> tuple[float, list[float]]:
    """Return base value and exact shares."""
    n = len(row)
    values = {}
    for known in (s for size in range(n + 1) for s in combinations(range(n), size)):
        hybrid = background.copy()
        hybrid[:, list(known)] = row[list(known)]
        values[known] = float(output(hybrid).mean())
    shares = [0.0] * n
    for i in range(n):
        for s, without in values.items():
            if i not in s:
                weight = factorial(len(s)) * factorial(n - len(s) - 1) / factorial(n)
                shares[i] += weight * (values[tuple(sorted((*s, i)))] - without)
    return values[()], shares


def two_scales(theme: Theme) -> Figure:
    """Return waterfalls of one patient's shares in log-odds and in probability."""
    data = load_breast_cancer(as_frame=True)
    malignant = 1 - data.target.to_numpy()
    train, test, outcome, _ = train_test_split(
        data.data[list(FEATURES)].to_numpy(),
        malignant,
        test_size=150,
        random_state=0,
        stratify=malignant,
    )
    model = GradientBoostingClassifier(n_estimators=80, max_depth=2, random_state=0)
    model.fit(train, outcome)
    figure, both = panels(theme, 2, height=3.6, sharey=True)
    for axes, output, title, digits in (
        (both[0], model.decision_function, "log-odds", 2),
        (both[1], lambda rows: model.predict_proba(rows)[:, 1], "probability", 3),
    ):
        reached, shares = _explain(output, train, test[PATIENT])
        axes.axvline(reached, color=theme.muted, linestyle="--", linewidth=1.2)
        axes.text(reached, -0.75, "base", ha="center", fontsize=10)
        for row, share in enumerate(shares):
            axes.barh(
                row,
                share,
                left=reached,
                height=0.6,
                color=theme.positive if share > 0 else theme.negative,
            )
            axes.text(
                reached + share / 2,
                row + 0.42,
                f"{share:+.{digits}f}",
                ha="center",
                va="center",
                fontsize=10,
            )
            reached += share
        axes.axvline(reached, color=theme.ink, linewidth=1.2)
        axes.text(reached, len(shares) - 0.25, "output", ha="center", fontsize=10)
        axes.set_title(title)
        axes.grid(visible=False, axis="y")
    both[0].set_xlim(-4.2, -0.4)
    both[1].set_xlim(-0.05, 0.44)
    both[0].set_yticks(range(len(FEATURES)), FEATURES)
    both[0].set_ylim(4.1, -1.05)
    return figure
