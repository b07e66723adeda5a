"""Figures of the lesson on integrated gradients: words, three baselines, the gap against steps."""

import contextlib
import io
import re
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from figure_style import Theme, canvas, panels
from matplotlib.figure import Figure
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from sklearn.neural_network import MLPClassifier

__all__ = ["baselines", "steps", "words"]


@cache
def _tables() -> dict[str, Any]:
    """Run the lesson's code up to its table of words, and return the table by sentence."""
    text = Path(__file__).with_name("lesson.md").read_text(encoding="utf-8")
    names: dict[str, Any] = {}
    with contextlib.redirect_stdout(io.StringIO()):
        for code in re.findall(r"```python run\n(.*?)```", text, flags=re.DOTALL)[:3]:
            exec(code, names)  # noqa: S102  our own lesson, run by its test as well
    return dict(names["found"])


def words(theme: Theme) -> Figure:
    """Return the shares of the words of two sentences, and what masking each one takes away."""
    figure, axes = panels(theme, 2, height=4.0)
    for panel, (_, (tokens, shares, _, hidden)) in zip(axes, _tables().items(), strict=True):
        places = np.arange(len(tokens) - 2)[::-1]
        panel.barh(places, hidden[1:-1], 0.7, fill=False, edgecolor=theme.muted, label="masked")
        panel.barh(places, shares[1:-1], 0.4, color=theme.blue, label="integrated gradients")
        panel.set_yticks(places, tokens[1:-1])
        panel.axvline(0, color=theme.ink, linewidth=1)
        panel.set(xlim=(-5.8, 0.8), xlabel="part of the logit")
        panel.grid(visible=False, axis="y")
    axes[1].legend(loc="lower left")
    return figure


@cache
def _fitted() -> tuple[MLPClassifier, np.ndarray, np.ndarray, np.ndarray]:
    """Return network, mean training image, test images and their digits."""
    images, labels = load_digits(return_X_y=True)
    train, test, y_train, y_test = train_test_split(
        images / 16, labels, test_size=500, random_state=0, stratify=labels
    )
    network = MLPClassifier((64, 32), max_iter=400, random_state=0).fit(train, y_train)
    return network, train.mean(axis=0), test, y_test


def _forward(rows: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    network = _fitted()[0]
    weights, biases = network.coefs_, network.intercepts_
    first = np.maximum(rows @ weights[0] + biases[0], 0)
    second = np.maximum(first @ weights[1] + biases[1], 0)
    return first, second, second @ weights[2] + biases[2]


def _integrated(
    x: np.ndarray, baseline: np.ndarray, c: int, count: int, offset: float = 0.5
) -> np.ndarray:
    weights = _fitted()[0].coefs_
    alpha = (np.arange(count) + offset) / count
    first, second, _ = _forward(baseline + alpha[:, None] * (x - baseline))
    back = weights[2][:, c] * (second > 0)
    gradients = ((back @ weights[1].T) * (first > 0)) @ weights[0].T
    return (x - baseline) * gradients.mean(axis=0)


def baselines(theme: Theme) -> Figure:
    """Return the attributions of one image against three baselines."""
    _, mean, test, labels = _fitted()
    x, c = test[0], int(labels[0])
    figure, axes = panels(theme, 4, height=2.3)
    axes[0].imshow(x.reshape(8, 8), cmap=theme.sequential)
    axes[0].set_title("image", loc="center")
    for panel, baseline, name in zip(
        axes[1:], (np.zeros(64), mean, np.ones(64)), ("black", "mean", "white"), strict=True
    ):
        values = _integrated(x, baseline, c, 300)
        limit = np.abs(values).max()
        panel.imshow(values.reshape(8, 8), cmap=theme.diverging, vmin=-limit, vmax=limit)
        panel.set_title(f"baseline: {name}", loc="center")
    for panel in axes:
        panel.set(xticks=[], yticks=[])
        panel.grid(visible=False)
    return figure


def steps(theme: Theme) -> Figure:
    """Return the mean completeness gap against the number of steps."""
    _, _, test, labels = _fitted()
    counts = (5, 10, 20, 50, 100, 200, 400)
    figure, axes = canvas(theme, height=3.0)
    for offset, name, marker, colour in (
        (1.0, "right ends", "o", theme.vermilion),
        (0.5, "midpoints", "s", theme.blue),
    ):
        gaps = []
        for count in counts:
            each = []
            for x, c in zip(test[:50], labels[:50], strict=True):
                total = _forward(x[None])[2][0, c] - _forward(np.zeros((1, 64)))[2][0, c]
                each.append(abs(_integrated(x, np.zeros(64), c, count, offset).sum() - total))
            gaps.append(np.mean(each))
        axes.loglog(counts, gaps, marker=marker, color=colour, label=name)
    axes.set_xticks(counts, [str(count) for count in counts])
    axes.set_xticks([], minor=True)
    axes.set(xlabel="steps", ylabel="completeness gap")
    axes.legend()
    return figure
