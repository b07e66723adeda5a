"""Figures of the lesson on decision trees."""

import numpy as np
import pandas as pd
from figure_style import Theme, canvas
from matplotlib.figure import Figure
from sklearn.datasets import load_breast_cancer
from sklearn.model_selection import train_test_split
from sklearn.tree import DecisionTreeClassifier

__all__ = ["leaves", "roots"]

DATA = load_breast_cancer(as_frame=True)
X, MALIGNANT = DATA.data, 1 - DATA.target
X_TRAIN, X_TEST, Y_TRAIN, Y_TEST = train_test_split(
    X, MALIGNANT, stratify=MALIGNANT, test_size=0.4, random_state=1
)


def _fitted(rows: np.ndarray) -> DecisionTreeClassifier:
    tree = DecisionTreeClassifier(max_depth=3, min_samples_leaf=10, random_state=0)
    return tree.fit(X_TRAIN.iloc[rows], Y_TRAIN.iloc[rows])


def leaves(theme: Theme) -> Figure:
    """Return the tree, with the shares of its leaves on training and on test rows."""
    tree = _fitted(np.arange(len(X_TRAIN)))
    parts = tree.tree_
    order: list[int] = []

    def walk(node: int) -> None:
        if parts.children_left[node] == -1:
            order.append(node)
        else:
            walk(parts.children_left[node])
            walk(parts.children_right[node])

    walk(0)
    figure, axes = canvas(theme, height=4.8)
    places: dict[int, tuple[float, float]] = {}

    def place(node: int, depth: int) -> tuple[float, float]:
        low, high = parts.children_left[node], parts.children_right[node]
        if low == -1:
            places[node] = (order.index(node), 1.25)
        else:
            left, right = place(low, depth + 1)[0], place(high, depth + 1)[0]
            places[node] = ((left + right) / 2, 3.6 - 0.75 * depth)
        return places[node]

    place(0, 0)
    for node, (x, y) in places.items():
        for child in (parts.children_left[node], parts.children_right[node]):
            if child != -1:
                u, w = places[child]
                axes.plot([x, u], [y, w], color=theme.muted, linewidth=1.3, zorder=1)
        if parts.children_left[node] != -1:
            name = X.columns[parts.feature[node]].removeprefix("worst ")
            box = {"facecolor": theme.paper, "edgecolor": theme.muted, "boxstyle": "round,pad=0.35"}
            question = f"{name}\n≤ {parts.threshold[node]:.2f}?"
            axes.text(x, y, question, ha="center", va="center", fontsize=10, bbox=box)
    trained, tested = tree.apply(X_TRAIN), tree.apply(X_TEST)
    for x, leaf in enumerate(order):
        train, test = Y_TRAIN[trained == leaf], Y_TEST[tested == leaf]
        axes.bar(x - 0.18, train.mean(), width=0.32, color=theme.vermilion, zorder=2)
        axes.bar(
            x + 0.18, test.mean(), width=0.32, facecolor="none", edgecolor=theme.vermilion, zorder=2
        )
        axes.text(x - 0.18, train.mean() + 0.02, f"{train.mean():.2f}", ha="center", fontsize=9)
        axes.text(x + 0.18, test.mean() + 0.02, f"{test.mean():.2f}", ha="center", fontsize=9)
        axes.text(x, -0.12, f"{len(train)} / {len(test)} rows", ha="center", va="top", fontsize=9)
    axes.text(-0.45, 3.75, "yes: left, no: right", fontsize=10, color=theme.muted)
    axes.axhline(0, color=theme.muted, linewidth=1)
    axes.set(xlim=(-0.5, 4.5), ylim=(-0.35, 3.95))
    axes.axis("off")
    return figure


def roots(theme: Theme) -> Figure:
    """Return how often each column is the first question on bootstrap samples."""
    rng = np.random.default_rng(0)
    found = []
    for _ in range(200):
        tree = _fitted(rng.integers(0, len(X_TRAIN), len(X_TRAIN)))
        found.append(X.columns[tree.tree_.feature[0]])
    counts = pd.Series(found).value_counts()
    figure, axes = canvas(theme, height=2.7)
    axes.barh(counts.index, counts, color=theme.blue)
    for row, count in enumerate(counts):
        axes.text(count + 1, row, str(count), va="center")
    axes.invert_yaxis()
    axes.set(xlabel="first question in so many of 200 trees")
    axes.grid(visible=False, axis="y")
    return figure
