"""Figures of the lesson "SHAP in ten minutes": a waterfall and the explorer's data."""

from functools import cache
from itertools import product
from typing import Any

import numpy as np
import shap
from figure_style import Theme, canvas
from matplotlib.figure import Figure
from sklearn.datasets import load_breast_cancer
from sklearn.ensemble import GradientBoostingClassifier
from sklearn.model_selection import train_test_split
from tree_model import adding_up, as_data, shap_values, widest

__all__ = ["waterfall", "what_if"]

ROW = 25
SHOWN = 7
EXPLORED = ("worst area", "worst concave points", "worst texture", "worst smoothness")
DIGITS = (0, 3, 1, 3)
EXAMPLES = (
    ("typical", [687, 0.098, 25.5, 0.131]),
    ("small and smooth", [490, 0.059, 20.2, 0.131]),
    ("large and uneven", [2007, 0.237, 31.4, 0.15]),
    ("mixed signs", [687, 0.178, 25.5, 0.14]),
)


@cache
def tumours() -> tuple[Any, ...]:
    """Return the data set and its split, as in the lesson."""
    data = load_breast_cancer()
    malignant = 1 - data.target
    split = train_test_split(
        data.data, malignant, test_size=0.25, random_state=0, stratify=malignant
    )
    return data, *split


@cache
def explained_row() -> tuple[np.ndarray, np.ndarray, np.ndarray, float]:
    """Return names, values, contributions and the base value of the lesson's tumour."""
    data, x_train, x_test, y_train, _ = tumours()
    model = GradientBoostingClassifier(random_state=0).fit(x_train, y_train)
    explanation = shap.TreeExplainer(model)(x_test[[ROW]])
    return data.feature_names, x_test[ROW], explanation.values[0], explanation.base_values[0]


def waterfall(theme: Theme) -> Figure:
    """Draw how the contributions lead from the base value to the model's output."""
    names, values, phi, base = explained_row()
    order = np.argsort(-np.abs(phi))
    labels = [f"{names[j]} = {values[j]:.4g}" for j in order[:SHOWN]]
    steps = [*phi[order[:SHOWN]], phi[order[SHOWN:]].sum()]
    labels.append(f"{len(phi) - SHOWN} other features")
    figure, axes = canvas(theme, height=4.2)
    at = base
    first, written, total = adding_up(base, np.array(steps), 100)
    for line, step in enumerate(steps):
        colour = theme.positive if step > 0 else theme.negative
        hatch = "" if step > 0 else "//"
        axes.barh(
            line, step, left=at, color=colour, height=0.62, hatch=hatch, edgecolor=theme.paper
        )
        side, gap = ("left", 0.06) if step > 0 else ("right", -0.06)
        axes.text(at + step + gap, line, f"{written[line]:+.2f}", ha=side, va="center", fontsize=10)
        axes.plot([at + step] * 2, [line, line + 1], color=theme.muted, linewidth=0.8)
        at += step
    axes.axvline(base, color=theme.muted, linestyle=":", linewidth=1.2)
    axes.text(base + 0.06, -0.75, f"base value {first:.2f}", ha="left", color=theme.muted)
    axes.text(at, len(steps) + 0.05, f"model output {total:.2f}", ha="center", va="top")
    axes.set_yticks(range(len(steps)), labels)
    axes.set_ylim(len(steps) + 0.5, -1.1)
    axes.set_xlim(base - 0.7, max(base + np.cumsum(steps)) + 0.6)
    axes.grid(visible=False, axis="y")
    axes.set_xlabel("log-odds of malignant")
    return figure


def what_if() -> dict[str, Any]:
    """Return a smaller model for the browser, and a table of what shap says of the examples."""
    data, x_train, _, y_train, _ = tumours()
    columns = [list(data.feature_names).index(name) for name in EXPLORED]
    model = GradientBoostingClassifier(n_estimators=60, max_depth=2, random_state=0)
    model.fit(x_train[:, columns], y_train)
    background = x_train[:100, columns]
    ends = np.quantile(x_train[:, columns], [0.02, 0.2, 0.5, 0.8, 0.98], axis=0).T
    grid = np.array(list(product(*ends)))
    features = [
        {
            "name": name,
            "low": float(f"{low:.{digits}f}"),
            "high": float(f"{high:.{digits}f}"),
            "step": 10**-digits,
            "digits": digits,
        }
        for name, digits, low, high in zip(EXPLORED, DIGITS, ends[:, 0], ends[:, -1], strict=True)
    ]
    rows = np.array([row for _, row in EXAMPLES])
    base, values = shap_values(model, background, rows, probability=False)
    table = [["tumour", *EXPLORED, "base value", "log-odds", "probability of malignant"]]
    for (label, row), phi in zip(EXAMPLES, values, strict=True):
        first, steps, output = adding_up(base, phi, 100)
        cells = [f"{x} ({step:+.2f})" for x, step in zip(row, steps, strict=True)]
        probability = 1 / (1 + np.exp(-(base + phi.sum())))
        table.append([label, *cells, f"{first:.2f}", f"{output:.2f}", f"{probability:.2f}"])
    return {
        "renderer": "waterfall",
        "features": features,
        "start": EXAMPLES[-1][1],
        "examples": [{"label": label, "row": row} for label, row in EXAMPLES],
        "range": widest(*shap_values(model, background, grid, probability=False)),
        "output": "log-odds of malignant",
        "words": {
            "base": "base value",
            "was": "before:",
            "examples": "Start from a tumour",
            "sentence": "{output}: {base} {shares} = {total}. "
            "Probability of malignant: {probability}.",
        },
        "table": table,
        "model": as_data(model, background, probability=False),
    }
