"""Figures of the lesson on gradients: maps of one image under trained and random networks."""

import contextlib
import io
import re
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from figure_style import Theme, panels
from matplotlib.figure import Figure
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from sklearn.neural_network import MLPClassifier

__all__ = ["cascade", "randomised"]


@cache
def _lesson() -> dict[str, Any]:
    """Run the code blocks of the lesson and return the names that they define."""
    text = Path(__file__).with_name("lesson.md").read_text(encoding="utf-8")
    names: dict[str, Any] = {}
    with contextlib.redirect_stdout(io.StringIO()):
        for code in re.findall(r"```python run\n(.*?)```", text, flags=re.DOTALL):
            exec(code, names)  # noqa: S102  our own lesson, run by its test as well
    return names


def cascade(theme: Theme) -> Figure:
    """Return gradient and class activation map of the cat with ever more of the network random."""
    names = _lesson()
    cascade = names["cascade"]
    kept = {
        "trained": names["originals"]["chelsea"],
        "last layer": cascade["last layer"]["chelsea"],
        "down to block 5": cascade["blocks 5 to 10"]["chelsea"],
        "everything": cascade["everything"]["chelsea"],
    }
    figure, axes = panels(theme, 4, rows=2, height=3.9)
    for column, (title, (fine, _, votes)) in enumerate(kept.items()):
        slope = fine.reshape(28, 2, 28, 2).mean(axis=(1, 3))
        top = np.quantile(slope, 0.99)
        axes[0][column].imshow(slope, cmap=theme.sequential, vmin=0, vmax=top, interpolation="none")
        limit = np.abs(votes).max()
        axes[1][column].imshow(
            votes, cmap=theme.diverging, vmin=-limit, vmax=limit, interpolation="none"
        )
        axes[0][column].set_title(title, loc="center", fontsize=11)
    for panel in axes.flat:
        panel.set(xticks=[], yticks=[])
        panel.grid(visible=False)
    axes[0][0].set_ylabel("gradient")
    axes[1][0].set_ylabel("class map")
    return figure


def _gradient(
    weights: list[np.ndarray], biases: list[np.ndarray], x: np.ndarray, c: int
) -> np.ndarray:
    first = np.maximum(x @ weights[0] + biases[0], 0)
    second = np.maximum(first @ weights[1] + biases[1], 0)
    back = weights[2][:, c] * (second > 0)
    back = (weights[1] @ back) * (first > 0)
    return weights[0] @ back


def randomised(theme: Theme) -> Figure:
    """Return gradient maps for a trained, a partly and an entirely random network."""
    images, labels = load_digits(return_X_y=True)
    train, test, y_train, y_test = train_test_split(
        images / 16, labels, test_size=500, random_state=0, stratify=labels
    )
    network = MLPClassifier((64, 32), max_iter=400, random_state=0).fit(train, y_train)
    rng = np.random.default_rng(0)
    x, digit = test[0], int(y_test[0])
    maps = []
    for count in (0, 1, 3):
        weights = [w.copy() for w in network.coefs_]
        biases = [b.copy() for b in network.intercepts_]
        for k in range(3 - count, 3):
            weights[k] = rng.normal(0, weights[k].std(), weights[k].shape)
            biases[k] = rng.normal(0, biases[k].std(), biases[k].shape)
        maps.append(_gradient(weights, biases, x, digit))
    figure, axes = panels(theme, 4, rows=2, height=3.9)
    axes[0][0].imshow(x.reshape(8, 8), cmap=theme.sequential)
    axes[0][0].set_title("image", loc="center")
    axes[1][0].axis("off")
    for column, (gradient, title) in enumerate(
        zip(maps, ("trained", "last layer random", "all random"), strict=True), start=1
    ):
        for row, values in enumerate((gradient, gradient * x)):
            axes[row][column].imshow(np.abs(values).reshape(8, 8), cmap=theme.sequential)
        axes[0][column].set_title(title, loc="center", fontsize=11)
    axes[0][1].set_ylabel("gradient")
    axes[1][1].set_ylabel("times input")
    for panel in axes.flat:
        panel.set(xticks=[], yticks=[])
        panel.grid(visible=False)
    return figure
