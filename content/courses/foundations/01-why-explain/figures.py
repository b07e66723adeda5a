"""Figures of the lesson "Why explain a model?": a shortcut, seen and paid for."""

from functools import cache

import numpy as np
from figure_style import Theme, panels
from matplotlib.figure import Figure
from sklearn.ensemble import GradientBoostingClassifier
from sklearn.inspection import permutation_importance

__all__ = ["shortcut"]

COLUMNS = ["age", "oxygen", "temperature", "portable\nscanner"]


def hospital(rng: np.random.Generator, n: int, agreement: float) -> tuple[np.ndarray, np.ndarray]:
    """Return patients whose scanner column agrees with their illness with this probability."""
    age = rng.normal(60, 12, n)
    oxygen = rng.normal(95, 2.5, n)
    temperature = rng.normal(37.4, 0.8, n)
    z = 0.05 * (age - 60) - 0.5 * (oxygen - 95) + 1.0 * (temperature - 37.4)
    ill = rng.random(n) < 1 / (1 + np.exp(-z))
    portable = np.where(rng.random(n) < agreement, ill, ~ill)
    return np.column_stack([age, oxygen, temperature, portable]), ill


@cache
def results() -> tuple[np.ndarray, list[float], list[float]]:
    """Return the importance of each column, and the scores with and without the shortcut."""
    rng = np.random.default_rng(0)
    x_train, y_train = hospital(rng, 3000, 0.9)
    x_test, y_test = hospital(rng, 1000, 0.9)
    x_second, y_second = hospital(rng, 1000, 0.5)
    model = GradientBoostingClassifier(random_state=0).fit(x_train, y_train)
    honest = GradientBoostingClassifier(random_state=0).fit(x_train[:, :3], y_train)
    importance = permutation_importance(model, x_test, y_test, n_repeats=20, random_state=0)
    scores = [model.score(x_test, y_test), model.score(x_second, y_second)]
    honest_scores = [honest.score(x_test[:, :3], y_test), honest.score(x_second[:, :3], y_second)]
    return importance.importances_mean, scores, honest_scores


def shortcut(theme: Theme) -> Figure:
    """Draw what the model leans on beside its accuracy in both hospitals."""
    importance, scores, honest_scores = results()
    figure, (left, right) = panels(theme, 2, height=3.2)
    left.barh(COLUMNS, importance, color=[theme.blue] * 3 + [theme.vermilion])
    left.set_xlabel("accuracy lost when shuffled")
    left.set_title("What it leans on")
    left.grid(visible=False, axis="y")
    places = ["same\nhospital", "second\nhospital"]
    right.plot(places, scores, "o-", color=theme.vermilion)
    right.plot(places, honest_scores, "s--", color=theme.blue)
    right.annotate("with scanner", (0, scores[0]), xytext=(8, 4), textcoords="offset points")
    right.annotate("without", (0, honest_scores[0]), xytext=(8, -14), textcoords="offset points")
    right.axhline(0.5, color=theme.muted, linewidth=1, linestyle=":")
    right.text(-0.2, 0.51, "coin", color=theme.muted)
    right.set_ylim(0.45, 1)
    right.set_xlim(-0.25, 1.25)
    right.set_ylabel("accuracy")
    right.set_title("What that costs elsewhere")
    return figure
