"""Figure of the lesson on conformal prediction: one width for all, and a width for each group."""

import numpy as np
from figure_style import Theme, panels
from matplotlib.figure import Figure
from sklearn.datasets import load_diabetes
from sklearn.linear_model import LinearRegression

__all__ = ["intervals"]


def _width(residuals: np.ndarray, alpha: float = 0.1) -> float:
    rank = int(np.ceil((len(residuals) + 1) * (1 - alpha)))
    return float(np.sort(residuals)[rank - 1])


def intervals(theme: Theme) -> Figure:
    """Return test patients with their intervals under both ways of calibrating."""
    features, target = load_diabetes(return_X_y=True, scaled=False)
    order = np.random.default_rng(3).permutation(len(target))
    train, calibration, test = order[:200], order[200:320], order[320:]
    model = LinearRegression().fit(features[train], target[train])
    at_calibration = model.predict(features[calibration])
    error = np.abs(target[calibration] - at_calibration)
    limit = np.median(at_calibration)
    test = test[np.argsort(model.predict(features[test]))]
    predicted = model.predict(features[test])
    low = predicted < limit
    widths = {
        "one width": np.full(len(test), _width(error)),
        "a width for each group": np.where(
            low, _width(error[at_calibration < limit]), _width(error[at_calibration >= limit])
        ),
    }
    figure, axes = panels(theme, 2, height=3.4, sharey=True)
    for panel, (title, half) in zip(axes, widths.items(), strict=True):
        places = np.arange(len(test))
        panel.fill_between(
            places, predicted - half, predicted + half, color=theme.blue, alpha=0.2, linewidth=0
        )
        panel.plot(places, predicted, color=theme.blue)
        hit = np.abs(target[test] - predicted) <= half
        panel.scatter(places[hit], target[test][hit], s=9, color=theme.muted, linewidth=0)
        panel.scatter(
            places[~hit], target[test][~hit], s=42, marker="x", color=theme.vermilion, linewidth=1.6
        )
        panel.set_title(title)
        panel.set(xlabel="patients, by prediction", xticks=[])
    axes[0].set_ylabel("disease progression")
    return figure
