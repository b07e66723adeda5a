"""Figures of the lesson on additive models."""

import numpy as np
import pandas as pd
from figure_style import Theme, panels
from matplotlib.figure import Figure
from sklearn.linear_model import LinearRegression, RidgeCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import SplineTransformer
from sklearn.tree import DecisionTreeRegressor

__all__ = ["concurvity", "curves"]

ROWS = 3000
TITLES = {"hour": "hour of the day", "temperature": "temperature, °C", "wind": "wind, km/h"}


def _bikes() -> tuple[pd.DataFrame, pd.DataFrame, pd.Series]:
    rng = np.random.default_rng(3)
    hires = pd.DataFrame(
        {
            "hour": rng.uniform(0, 24, ROWS),
            "temperature": rng.uniform(-5, 35, ROWS),
            "wind": rng.gamma(3.0, 4.0, ROWS),
        }
    )
    morning = 60 * np.exp(-((hires["hour"] - 8) ** 2) / 4)
    evening = 80 * np.exp(-((hires["hour"] - 17.5) ** 2) / 6)
    warmth = 90 * np.exp(-((hires["temperature"] - 22) ** 2) / 160)
    truth = pd.DataFrame(
        {"hour": morning + evening, "temperature": warmth, "wind": -1.5 * hires["wind"]}
    )
    return hires, truth, 60 + truth.sum(axis=1) + rng.normal(0, 15, ROWS)


def _staircases(
    rows: pd.DataFrame, y: pd.Series
) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
    edges = {c: np.quantile(rows[c], np.linspace(0, 1, 65)[1:-1]) for c in rows}
    bins = {c: np.digitize(rows[c], edges[c]) for c in rows}
    steps = {c: np.zeros(64) for c in rows}
    left_over = (y - y.mean()).to_numpy()
    for _ in range(300):
        for c in rows:
            tree = DecisionTreeRegressor(max_leaf_nodes=3).fit(bins[c][:, None], left_over)
            step = 0.05 * tree.predict(np.arange(64)[:, None])
            steps[c] += step
            left_over = left_over - step[bins[c]]
    return edges, {c: steps[c] - steps[c][bins[c]].mean() for c in rows}


def curves(theme: Theme) -> Figure:
    """Return the true, the spline and the boosted curve of each feature."""
    hires, truth, bikes = _bikes()
    gam = make_pipeline(
        SplineTransformer(n_knots=12, degree=3, extrapolation="linear"),
        RidgeCV(alphas=np.logspace(-4, 3, 15)),
    ).fit(hires, bikes)
    edges, steps = _staircases(hires, bikes)
    figure, axes = panels(theme, 3, height=3.3, sharey=True)
    for ax, name in zip(axes, hires, strict=True):
        ranked = hires[name].sort_values().index
        order = [*ranked[::50], ranked[-1]]
        x = hires.loc[order, name]
        at = pd.concat([hires.mean().to_frame().T] * len(order)).assign(**{name: x.to_numpy()})
        smooth = gam.predict(at)
        target = truth.loc[order, name]
        ax.plot(x, target - truth[name].mean(), color=theme.muted, linewidth=5, alpha=0.45)
        ax.plot(x, smooth - smooth.mean(), color=theme.blue, linewidth=1.6)
        ax.step(
            np.r_[hires[name].min(), edges[name], hires[name].max()],
            np.r_[steps[name], steps[name][-1]],
            where="post",
            color=theme.vermilion,
            linewidth=1.2,
        )
        ax.plot(hires[name][::150], np.full(20, -82.0), "|", color=theme.muted, markersize=5)
        ax.set_xlabel(TITLES[name])
    axes[0].set_ylabel("contribution, bikes")
    for colour, width, label in (
        (theme.muted, 5, "truth"),
        (theme.blue, 1.6, "splines"),
        (theme.vermilion, 1.2, "cyclic boosting"),
    ):
        axes[2].plot([], [], color=colour, linewidth=width, label=label)
    axes[2].legend(fontsize=9, loc="upper right")
    return figure


def concurvity(theme: Theme) -> Figure:
    """Return the curves of two nearly equal columns in four refits, and their sums."""
    rng = np.random.default_rng(5)
    x1 = rng.uniform(0, 1, 300)
    x2 = np.clip(x1 + rng.normal(0, 0.01, 300), 0, 1)
    outcome = np.sin(2 * np.pi * x1) + rng.normal(0, 0.4, 300)
    line = np.linspace(0.1, 0.9, 33)
    grids = (
        np.column_stack([line, 0 * line + 0.5]),
        np.column_stack([0 * line + 0.5, line]),
        np.column_stack([line, line]),
    )
    figure, axes = panels(theme, 3, height=2.9, sharey=True)
    for seed, dash in zip(range(4), ("-", "--", "-.", ":"), strict=True):
        take = np.random.default_rng(seed).integers(0, 300, 300)
        model = make_pipeline(SplineTransformer(n_knots=6), LinearRegression())
        model.fit(np.column_stack([x1, x2])[take], outcome[take])
        for ax, grid in zip(axes, grids, strict=True):
            height = model.predict(grid)
            ax.plot(line, height - height.mean(), linestyle=dash, color=theme.cycle[seed])
    titles = ("column 1: the signal", "column 2: its copy", "both move together")
    for ax, title in zip(axes, titles, strict=True):
        ax.set_title(title, fontsize=11)
    return figure
