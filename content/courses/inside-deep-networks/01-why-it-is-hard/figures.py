"""Figures of the lesson on why networks are hard: units that mix, and linear pieces."""

from functools import cache

import numpy as np
from figure_style import Theme, canvas
from matplotlib.figure import Figure
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from sklearn.neural_network import MLPClassifier

__all__ = ["patches", "selectivity"]


@cache
def _network() -> tuple[MLPClassifier, np.ndarray, np.ndarray]:
    """Return the network, the test images and their digits."""
    images, labels = load_digits(return_X_y=True)
    train, test, y_train, y_test = train_test_split(
        images / 16, labels, test_size=500, random_state=0, stratify=labels
    )
    return MLPClassifier((64, 32), max_iter=400, random_state=0).fit(train, y_train), test, y_test


def _forward(x: np.ndarray) -> list[np.ndarray]:
    network, _, _ = _network()
    layers = [x]
    for weights, bias in zip(network.coefs_[:-1], network.intercepts_[:-1], strict=True):
        layers.append(np.maximum(layers[-1] @ weights + bias, 0))
    return [*layers, layers[-1] @ network.coefs_[-1] + network.intercepts_[-1]]


def selectivity(theme: Theme) -> Figure:
    """Return the mean activation of each unit of layer 2 by digit, scaled to its maximum."""
    _, test, labels = _network()
    hidden = _forward(test)[2]
    by_class = np.array([hidden[labels == digit].mean(axis=0) for digit in range(10)])
    by_class = by_class[:, by_class.max(axis=0) > 0]
    relative = by_class / by_class.max(axis=0)
    order = np.argsort(relative.argmax(axis=0))
    figure, axes = canvas(theme, height=3.2)
    mesh = axes.imshow(relative[:, order], cmap=theme.sequential, vmin=0, vmax=1, aspect="auto")
    axes.set_yticks(range(10), [str(digit) for digit in range(10)])
    axes.set_xticks([])
    axes.grid(visible=False)
    axes.set(
        xlabel=f"the {relative.shape[1]} units of layer 2 that are ever active", ylabel="digit"
    )
    bar = figure.colorbar(mesh, ax=axes, ticks=[0, 0.5, 1])
    bar.set_label("relative activation")
    bar.outline.set_visible(False)
    return figure


def patches(theme: Theme) -> Figure:
    """Return three logits on the straight line between two test images."""
    _, test, labels = _network()
    start = test[np.flatnonzero(labels == 3)[1]]
    end = test[np.flatnonzero(labels == 8)[1]]
    way = np.linspace(0, 1, 1001)
    layers = _forward(start + way[:, None] * (end - start))
    pattern = np.hstack([layers[1] > 0, layers[2] > 0])
    switches = way[1:][(pattern[1:] != pattern[:-1]).any(axis=1)]
    figure, axes = canvas(theme, height=3.4)
    for digit, colour, style in (
        (3, theme.blue, "-"),
        (8, theme.vermilion, "--"),
        (9, theme.green, ":"),
    ):
        curve = layers[-1][::10, digit]
        axes.plot(way[::10], curve, style, color=colour, label=f"logit of {digit}")
    low = layers[-1][:, [3, 8, 9]].min() - 1.5
    axes.plot(switches, np.full(len(switches), low), "|", color=theme.ink, markersize=9)
    axes.set(xlabel="way from an image of 3 to an image of 8", ylabel="logit")
    axes.legend(loc="lower center", ncols=3, bbox_to_anchor=(0.5, 1.0))
    return figure
