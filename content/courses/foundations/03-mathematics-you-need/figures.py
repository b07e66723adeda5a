"""Figures of the lesson on mathematics: the logistic curve, and two correlated columns."""

import numpy as np
from figure_style import Theme, canvas
from matplotlib.figure import Figure
from sklearn.datasets import load_diabetes

__all__ = ["correlated", "log_odds"]


def log_odds(theme: Theme) -> Figure:
    """Draw the curve from log-odds to probability with two equal steps."""
    z = np.linspace(-5, 5, 101)
    figure, axes = canvas(theme, height=3.6)
    axes.plot(z, 1 / (1 + np.exp(-z)), color=theme.blue)
    for start, style in ((0.0, "-"), (np.log(19), "--")):
        ends = np.array([start, start + 1])
        low, high = 1 / (1 + np.exp(-ends))
        axes.plot(
            [start, start + 1, start + 1], [low, low, high], style, color=theme.vermilion, lw=1.6
        )
        axes.plot(ends, [low, high], "o", color=theme.vermilion, markersize=5)
        words = f"{low:.2f} to {high:.2f}"
        axes.annotate(words, (start + 1, (low + high) / 2), xytext=(8, -14 if start else 0),
                      textcoords="offset points")  # fmt: skip
    axes.axhline(0.5, color=theme.muted, linestyle=":", linewidth=1)
    axes.set(xlabel="log-odds", ylabel="probability", xlim=(-5, 5), ylim=(0, 1.03))
    return figure


def correlated(theme: Theme) -> Figure:
    """Draw total against LDL cholesterol, and a step in one of them alone."""
    data = load_diabetes(scaled=False)
    s1, s2 = (data.data[:, data.feature_names.index(name)] for name in ("s1", "s2"))
    some = np.random.default_rng(0).choice(len(s1), 150, replace=False)
    figure, axes = canvas(theme, width=5.6, height=4.0)
    axes.plot(s1[some], s2[some], "o", color=theme.blue, markersize=4, alpha=0.8)
    axes.annotate(
        "", (272, 100), xytext=(178, 100),
        arrowprops={"arrowstyle": "-|>", "color": theme.vermilion, "lw": 2},
    )  # fmt: skip
    axes.text(282, 84, "s1 changed,\ns2 held fixed", color=theme.vermilion, ha="right", va="top")
    axes.set(xlabel="s1, total cholesterol", ylabel="s2, LDL cholesterol")
    return figure
