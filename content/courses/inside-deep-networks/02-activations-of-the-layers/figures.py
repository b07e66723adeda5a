"""Figures of the lesson on activations: the space of each layer, and the images of a unit."""

from functools import cache

import numpy as np
from figure_style import Theme, panels
from matplotlib.figure import Figure
from sklearn.datasets import load_digits
from sklearn.decomposition import PCA
from sklearn.model_selection import train_test_split
from sklearn.neural_network import MLPClassifier

__all__ = ["layers", "top_images"]


@cache
def _layers() -> tuple[list[np.ndarray], np.ndarray]:
    """Return the values of all layers for the test images, and their digits."""
    images, labels = load_digits(return_X_y=True)
    train, test, y_train, y_test = train_test_split(
        images / 16, labels, test_size=500, random_state=0, stratify=labels
    )
    network = MLPClassifier((64, 32), max_iter=400, random_state=0).fit(train, y_train)
    values = [test]
    for weights, bias in zip(network.coefs_[:-1], network.intercepts_[:-1], strict=True):
        values.append(np.maximum(values[-1] @ weights + bias, 0))
    return [*values, values[-1] @ network.coefs_[-1] + network.intercepts_[-1]], y_test


def layers(theme: Theme) -> Figure:
    """Return the images of three digits in the plane of each layer's two main directions."""
    values, digits = _layers()
    figure, axes = panels(theme, 4, height=2.5)
    names = ("pixels", "layer 1", "layer 2", "logits")
    for panel, layer, name in zip(axes, values, names, strict=True):
        plane = PCA(2, random_state=0).fit(layer[np.isin(digits, (3, 8, 9))]).transform(layer)
        for digit, marker, colour in (
            (3, "o", theme.blue),
            (8, "^", theme.vermilion),
            (9, "s", theme.green),
        ):
            chosen = digits == digit
            panel.scatter(
                *plane[chosen].T,
                s=12,
                marker=marker,
                color=colour,
                linewidth=0,
                rasterized=True,
                label=str(digit),
            )
        panel.set_title(name)
        panel.set(xticks=[], yticks=[])
        panel.grid(visible=False)
    handles, names_of_digits = axes[0].get_legend_handles_labels()
    figure.legend(handles, names_of_digits, loc="outside lower center", ncols=3)
    return figure


def top_images(theme: Theme) -> Figure:
    """Return the images that excite one unit most, and images from the middle of the list."""
    values, digits = _layers()
    activation = values[2][:, values[2].mean(axis=0).argmax()]
    order = np.argsort(-activation)
    figure, axes = panels(theme, 8, rows=2, height=2.7)
    for row, chosen in enumerate((order[:8], order[100:108])):
        for panel, index in zip(axes[row], chosen, strict=True):
            panel.imshow(values[0][index].reshape(8, 8), cmap=theme.sequential)
            panel.set_title(f"{digits[index]}: {activation[index]:.1f}", loc="center", fontsize=10)
            panel.set(xticks=[], yticks=[])
            panel.grid(visible=False)
    axes[0][0].set_ylabel("strongest")
    axes[1][0].set_ylabel("middle")
    return figure
