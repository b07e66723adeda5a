"""Figures of the lesson on partial dependence."""

from typing import Any

import numpy as np
import pandas as pd
from figure_style import Theme, canvas
from matplotlib.figure import Figure
from sklearn.datasets import load_diabetes
from sklearn.ensemble import GradientBoostingRegressor

__all__ = ["crossing", "patients"]

ROWS = 3000
FEATURES = {
    "bmi": "body mass index",
    "bp": "mean blood pressure",
    "s5": "s5 (log of triglycerides)",
    "age": "age in years",
}


def _ice(model: Any, rows: pd.DataFrame, column: str, grid: np.ndarray) -> np.ndarray:
    return np.column_stack([model.predict(rows.assign(**{column: value})) for value in grid])


def crossing(theme: Theme) -> Figure:
    """Return ICE curves that cross, and their flat mean."""
    rng = np.random.default_rng(2)
    trials = pd.DataFrame(
        {
            "dose": rng.uniform(0, 10, ROWS),
            "type_b": rng.binomial(1, 0.5, ROWS),
            "age": rng.uniform(20, 80, ROWS),
        }
    )
    effect = np.where(trials["type_b"] == 1, -1.0, 1.0) * (trials["dose"] - 5)
    response = 20 + 2 * effect - 0.05 * trials["age"] + rng.normal(0, 1, ROWS)
    model = GradientBoostingRegressor(n_estimators=200, random_state=0).fit(trials, response)
    grid = np.linspace(0, 10, 21)
    sample = trials.sample(200, random_state=0)
    curves = _ice(model, sample, "dose", grid)
    figure, axes = canvas(theme, height=3.7)
    for kind, colour, dash in ((0, theme.blue, "-"), (1, theme.vermilion, "--")):
        rows = np.flatnonzero(sample["type_b"] == kind)[:15]
        axes.plot(grid, curves[rows].T, color=colour, linestyle=dash, linewidth=0.8, alpha=0.7)
        axes.plot([], [], color=colour, linestyle=dash, label=f"patients of type {'AB'[kind]}")
    axes.plot(grid, curves.mean(axis=0), color=theme.ink, linewidth=4, label="mean of all: PDP")
    axes.set(xlabel="dose", ylabel="predicted response")
    axes.legend(loc="upper center", ncols=3, fontsize=10)
    axes.set_ylim(4, 34)
    return figure


def patients() -> dict[str, Any]:
    """Return ICE curves of a boosted model for 24 patients and four features."""
    everyone, y = load_diabetes(return_X_y=True, as_frame=True, scaled=False)
    known = everyone[list(FEATURES)]
    model = GradientBoostingRegressor(
        n_estimators=120, learning_rate=0.05, max_depth=3, subsample=0.7, random_state=0
    ).fit(known, y)
    sample = known.sample(24, random_state=3).sort_values("bmi").reset_index(drop=True)
    features, table = (
        [],
        [["feature", "value", "lowest curve", "mean of all rows", "highest curve"]],
    )
    for name, label in FEATURES.items():
        grid = np.linspace(*np.quantile(known[name], [0.02, 0.98]), 17).round(2)
        all_curves = _ice(model, known, name, grid)
        curves = _ice(model, sample, name, grid)
        own = model.predict(sample)
        features.append(
            {
                "name": name,
                "label": label,
                "grid": " ".join(f"{value:g}" for value in grid),
                "mean": " ".join(f"{value:.0f}" for value in all_curves.mean(axis=0)),
                "curves": [" ".join(f"{value:.0f}" for value in curve) for curve in curves],
                "at": [
                    [round(float(v), 2), round(float(p))]
                    for v, p in zip(sample[name], own, strict=True)
                ],
            }
        )
        table.extend(
            [
                name,
                f"{grid[k]:g}",
                f"{curves[:, k].min():.0f}",
                f"{all_curves[:, k].mean():.0f}",
                f"{curves[:, k].max():.0f}",
            ]
            for k in (0, 4, 8, 12, 16)
        )
    return {
        "renderer": "pdp-ice",
        "output": "predicted progression",
        "features": features,
        "rows": [
            ", ".join(f"{name} {value:.4g}" for name, value in row.items())
            for _, row in sample.iterrows()
        ],
        "words": {
            "feature": "Feature",
            "row": "Patient",
            "centred": "Start all curves at zero",
            "mean": "mean of all rows (PDP)",
            "chosen": "chosen patient",
            "here": "With {name} = {value}, the model says {own} for this patient "
            "and {mean} on average.",
            "change": "From left to right, the chosen curve changes by {own}, the mean by {mean}.",
        },
        "table": table,
    }
