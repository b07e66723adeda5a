"""Figures of the lesson on linear regression."""

import numpy as np
import pandas as pd
from figure_style import Theme, canvas
from matplotlib.figure import Figure
from sklearn.datasets import load_diabetes
from sklearn.linear_model import LinearRegression
from sklearn.model_selection import train_test_split

__all__ = ["contributions", "tradeoff"]

X, y = load_diabetes(return_X_y=True, as_frame=True, scaled=False)
X_TRAIN, X_TEST, Y_TRAIN, _ = train_test_split(X, y, test_size=0.25, random_state=0)


def contributions(theme: Theme) -> Figure:
    """Return a waterfall of the contributions to the first test row's prediction."""
    model = LinearRegression().fit(X_TRAIN, Y_TRAIN)
    means, row = X_TRAIN.mean(), X_TEST.iloc[0]
    parts = pd.Series(model.coef_ * (row - means).to_numpy(), index=X.columns)
    parts = parts[parts.abs().sort_values(ascending=False).index]
    figure, axes = canvas(theme, height=4.2)
    level = float(model.predict(means.to_frame().T)[0])
    axes.axvline(level, color=theme.muted, linestyle="--", linewidth=1.2)
    axes.text(level - 1.5, -0.85, f"base {level:.1f}", ha="right", va="center")
    for place, part in enumerate(parts):
        colour = theme.positive if part > 0 else theme.negative
        axes.barh(place, part, left=level, color=colour, hatch="" if part > 0 else "///", alpha=0.9)
        label = axes.text(max(level, level + part) + 1.5, place, f"{part:+.1f}", va="center")
        label.set_bbox({"facecolor": theme.paper, "edgecolor": "none", "pad": 1})
        level += part
        if place < len(parts) - 1:
            axes.plot([level, level], [place, place + 1], color=theme.muted, linewidth=1)
    axes.axvline(level, color=theme.ink, linestyle="--", linewidth=1.2)
    axes.text(level + 1.5, -0.85, f"prediction {level:.1f}", va="center")
    axes.set_yticks(range(len(parts)), [f"{name} = {row[name]:.5g}" for name in parts.index])
    axes.set(xlabel="predicted progression", ylim=(9.6, -1.4), xlim=(135, 275))
    axes.grid(visible=False, axis="y")
    return figure


def tradeoff(theme: Theme) -> Figure:
    """Return the bootstrap coefficients of s1 against those of s2."""
    rng = np.random.default_rng(0)
    draws = []
    for _ in range(500):
        take = rng.integers(0, len(X_TRAIN), len(X_TRAIN))
        draws.append(LinearRegression().fit(X_TRAIN.iloc[take], Y_TRAIN.iloc[take]).coef_)
    coef = pd.DataFrame(draws, columns=X.columns)
    figure, axes = canvas(theme, height=3.9)
    axes.axhline(0, color=theme.muted, linewidth=1.2)
    axes.axvline(0, color=theme.muted, linewidth=1.2)
    axes.scatter(
        coef["s1"], coef["s2"], s=14, color=theme.blue, alpha=0.55, linewidth=0, rasterized=True
    )
    axes.set(xlabel="coefficient of s1", ylabel="coefficient of s2")
    return figure
