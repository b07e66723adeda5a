"""Figure of the lesson on fast exact explainers: the two tree games on the same patients."""

import numpy as np
import shap
from figure_style import Theme, panels
from matplotlib.figure import Figure
from sklearn.datasets import load_diabetes
from sklearn.ensemble import GradientBoostingRegressor
from sklearn.model_selection import train_test_split

__all__ = ["two_games"]


def two_games(theme: Theme) -> Figure:
    """Return path-dependent against interventional shares, and the distances of three variants."""
    table, target = load_diabetes(return_X_y=True, as_frame=True, scaled=False)
    train, test, outcome, _ = train_test_split(
        table.to_numpy(), target.to_numpy(), test_size=100, random_state=0
    )
    model = GradientBoostingRegressor(n_estimators=100, max_depth=3, random_state=0)
    model.fit(train, outcome)
    every_row = shap.maskers.Independent(train, max_samples=len(train))
    reference = shap.TreeExplainer(model, every_row).shap_values(test)
    path = shap.TreeExplainer(model)
    variants = {
        "100 sampled\nrows": shap.TreeExplainer(model, train).shap_values(test),
        "path-\ndependent": path.shap_values(test),
        "Saabas": path.shap_values(test, approximate=True),
    }
    figure, (left, right) = panels(theme, 2, height=3.5)
    shares = variants["path-\ndependent"]
    for column, marker, colour, name in (
        (2, "o", theme.blue, "bmi"),
        (8, "^", theme.vermilion, "s5"),
    ):
        left.scatter(
            reference[:60, column],
            shares[:60, column],
            s=16,
            marker=marker,
            color=colour,
            label=name,
            linewidth=0,
        )
    left.plot([-45, 80], [-45, 80], color=theme.muted, linewidth=1)
    left.set(xlabel="interventional share", ylabel="path-dependent share")
    left.legend(loc="upper left")
    distances = [
        np.abs(values - reference).sum() / np.abs(reference).sum() for values in variants.values()
    ]
    right.bar(list(variants), distances, color=theme.blue, width=0.6)
    for place, distance in enumerate(distances):
        right.text(place, distance + 0.004, f"{distance:.3f}", ha="center")
    right.grid(visible=False, axis="x")
    right.set(ylabel="relative distance", ylim=(0, 0.4))
    return figure
