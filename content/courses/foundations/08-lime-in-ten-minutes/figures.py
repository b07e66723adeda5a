"""Figures of the lesson "LIME in ten minutes": a local plane, and the spread over seeds."""

from functools import cache
from itertools import product

import numpy as np
from figure_style import Theme, canvas, panels
from lime.lime_tabular import LimeTabularExplainer
from matplotlib.figure import Figure
from sklearn.datasets import load_breast_cancer
from sklearn.ensemble import GradientBoostingClassifier
from sklearn.linear_model import Ridge
from sklearn.model_selection import train_test_split

__all__ = ["neighbourhood", "spread"]

ROW = 25
SHOWN = 6


def surface(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Return a probability with a curved boundary."""
    return 1 / (1 + np.exp(-6 * (y - 0.9 * np.sin(1.6 * x) - 0.2 * x)))


def neighbourhood(theme: Theme) -> Figure:
    """Draw a curved boundary, samples weighted by nearness, and the local boundary."""
    rng = np.random.default_rng(4)
    here = np.array([0.35, 0.75])
    rows = rng.normal((0.4, 0.4), (1.3, 1.1), (220, 2))  # as in training, not around the row
    weight = np.exp(-((rows - here) ** 2).sum(axis=1) / 0.55**2)
    answers = surface(*rows.T)
    plane = Ridge(alpha=1e-3).fit(rows - here, answers, sample_weight=weight)
    xs, ys = np.meshgrid(np.linspace(-2.2, 3, 36), np.linspace(-1.8, 2.6, 36))
    figure, axes = canvas(theme, height=3.9)
    axes.contourf(xs, ys, surface(xs, ys), levels=[0, 0.5, 1], alpha=0.16,
                  colors=[theme.blue, theme.vermilion])  # fmt: skip
    axes.contour(xs, ys, surface(xs, ys), levels=[0.5], colors=[theme.ink], linewidths=1.5)
    size = np.digitize(weight, [0.05, 0.2, 0.45, 0.7])
    for step, positive in product(range(5), (True, False)):
        chosen = (size == step) & ((answers >= 0.5) == positive)
        axes.plot(
            *rows[chosen].T,
            "o" if positive else "s",
            color=theme.vermilion if positive else theme.blue,
            markersize=2.5 + 2 * step,
            alpha=0.8,
            markeredgewidth=0,
        )
    axes.scatter(*here, s=170, marker="*", color=theme.ink, zorder=5)
    label = {"facecolor": theme.paper, "alpha": 0.85, "edgecolor": "none", "pad": 1.5}
    axes.annotate("the row", here, xytext=(-66, 26), textcoords="offset points", bbox=label)
    x = np.linspace(-2.2, 3, 2)
    slope_x, slope_y = plane.coef_
    y = here[1] + (0.5 - plane.intercept_ - slope_x * (x - here[0])) / slope_y
    axes.plot(x, y, "--", color=theme.ink, linewidth=1.6)
    axes.set(xlim=(-2.2, 3), ylim=(-1.8, 2.6), xlabel="first feature", ylabel="second feature")
    axes.text(2.0, -0.55, "model's boundary", ha="center")
    axes.text(2.25, 1.95, "LIME's plane", ha="center")
    axes.grid(visible=False)
    return figure


@cache
def weights(num_samples: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the names of the features and LIME's weights for twenty seeds."""
    data = load_breast_cancer()
    malignant = 1 - data.target
    x_train, x_test, y_train, _ = train_test_split(
        data.data, malignant, test_size=0.25, random_state=0, stratify=malignant
    )
    model = GradientBoostingClassifier(random_state=0).fit(x_train, y_train)
    runs = np.zeros((20, 30))
    for seed in range(20):
        explanation = LimeTabularExplainer(x_train, random_state=seed).explain_instance(
            x_test[ROW], model.predict_proba, num_features=30, num_samples=num_samples
        )
        for column, weight in explanation.as_map()[1]:
            runs[seed, column] = weight
    return data.feature_names, runs


def spread(theme: Theme) -> Figure:
    """Draw twenty runs' weights of the leading features, with few samples and with many."""
    figure, both = panels(theme, 2, height=3.4, sharey=True, sharex=True)
    names, many = weights(5000)
    order = np.argsort(-np.abs(many.mean(axis=0)))[:SHOWN]
    offset = np.linspace(-0.22, 0.22, 20)
    for axes, num_samples in zip(both, (500, 5000), strict=True):
        _, runs = weights(num_samples)
        for line, column in enumerate(order):
            axes.plot(runs[:, column], line + offset, "o", color=theme.blue, markersize=3.2)
            axes.plot(many[:, column].mean(), line, "|", color=theme.vermilion, markersize=20)
        axes.axvline(0, color=theme.muted, linewidth=1)
        axes.set_title(f"{num_samples} perturbed samples")
        axes.set_xlabel("weight, in probability")
    both[0].set_yticks(range(SHOWN), [names[j] for j in order])
    both[0].invert_yaxis()
    return figure
