"""Figures of the lesson on LIME for tables."""

import base64
from typing import Any

import numpy as np
import pandas as pd
from figure_style import Theme, panels
from matplotlib.figure import Figure
from sklearn.datasets import load_breast_cancer
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import Ridge
from sklearn.model_selection import train_test_split

__all__ = ["neighbourhood", "width"]

FIVE = [
    "worst area",
    "worst concave points",
    "worst texture",
    "worst smoothness",
    "mean symmetry",
]
WIDTHS = (0.15, 0.25, 0.35, 0.5, 0.7, 1.06, 1.5, 2.5, 5.0)
GRID = np.linspace(-2.0, 3.0, 51)
UNIT = 5000  # of the made-up rows, as 16 bits


def _data(columns: list[str]) -> tuple[np.ndarray, np.ndarray, pd.Series]:
    data = load_breast_cancer(as_frame=True)
    malignant = 1 - data.target
    train, test, known, _ = train_test_split(
        data.data[columns], malignant, stratify=malignant, random_state=0
    )
    return train.to_numpy(), test.to_numpy(), known


def _weigh(
    z: np.ndarray, answers: np.ndarray, at: np.ndarray, kernel_width: float
) -> tuple[Ridge, float, float]:
    """Return LIME's local model, its weighted R2 and the effective number of rows."""
    distance = np.linalg.norm(z - at, axis=1)
    closeness = np.sqrt(np.exp(-(distance**2) / kernel_width**2))
    local = Ridge(alpha=1.0).fit(z, answers, sample_weight=closeness)
    fit = local.score(z, answers, sample_weight=closeness)
    return local, float(fit), float(closeness.sum() ** 2 / (closeness**2).sum())


def width(theme: Theme) -> Figure:
    """Return the weight of worst area and the local fit against the kernel width."""
    train, test, known = _data(FIVE)
    forest = RandomForestClassifier(100, min_samples_leaf=5, random_state=0).fit(train, known)
    row = test[np.argmin(np.abs(forest.predict_proba(test)[:, 1] - 0.55))]
    mean, sd = train.mean(axis=0), train.std(axis=0)
    widths = np.geomspace(0.15, 6, 22)
    found = np.empty((5, len(widths), 2))
    for seed in range(5):
        z = np.random.default_rng(seed).normal(size=(5000, 5))
        z[0] = (row - mean) / sd
        answers = forest.predict_proba(z * sd + mean)[:, 1]
        for place, each in enumerate(widths):
            local, fit, _ = _weigh(z, answers, z[0], each)
            found[seed, place] = local.coef_[0], fit
    figure, axes = panels(theme, 2, height=3.0)
    titles = ("weight of worst area", "local fit, weighted R²")
    for k, (ax, title) in enumerate(zip(axes, titles, strict=True)):
        middle, sd = found[..., k].mean(axis=0), found[..., k].std(axis=0)
        ax.fill_between(widths, middle - 2 * sd, middle + 2 * sd, color=theme.blue, alpha=0.25)
        ax.plot(widths, middle, color=theme.blue)
        ax.axvline(0.75 * np.sqrt(5), color=theme.vermilion, linestyle="--", linewidth=1.4)
        ax.set_xscale("log")
        ax.set_xticks([0.2, 0.5, 1, 2, 5], ["0.2", "0.5", "1", "2", "5"])
        ax.minorticks_off()
        ax.set(xlabel="kernel width", title=title)
    axes[0].set_ylim(0, None)
    axes[1].set_ylim(0, 1)
    return figure


def neighbourhood() -> dict[str, Any]:
    """Return LIME in two dimensions: field and perturbed samples, to which the page fits models."""
    names = FIVE[:2]
    train, test, known = _data(names)
    forest = RandomForestClassifier(150, min_samples_leaf=8, random_state=0).fit(train, known)
    mean, sd = train.mean(axis=0), train.std(axis=0)

    def ask(z: np.ndarray) -> np.ndarray:
        return forest.predict_proba(z * sd + mean)[:, 1]

    z = np.random.default_rng(1).normal(size=(4000, 2))
    answers = ask(z)
    said = forest.predict_proba(test)[:, 1]
    cases, table = [], [["lump", "kernel width", *names, "local fit", "rows that count"]]
    for label, target in (("undecided", 0.5), ("likely benign", 0.12), ("likely malignant", 0.9)):
        at = (test[np.argmin(np.abs(said - target))] - mean) / sd
        z[0], answers[0] = at, ask(at[None])[0]
        for each in WIDTHS:
            local, fit, rows = _weigh(z, answers, at, each)
            shown = (f"{weight:+.2f}" for weight in local.coef_)
            table.append([label, f"{each:g}", *shown, f"{fit:.2f}", f"{rows:.0f}"])
        cases.append(
            {
                "label": label,
                "at": [round(float(value), 4) for value in at],
                "said": round(float(answers[0]), 4),
            }
        )
    packed = np.column_stack([np.rint(z * UNIT), np.rint(answers * 65535)]).astype(np.int32)
    field = ask(np.array([[a, b] for b in GRID for a in GRID])).reshape(len(GRID), -1)
    return {
        "renderer": "lime-neighbourhood",
        "names": names,
        "from": float(GRID[0]),
        "to": float(GRID[-1]),
        "step": float(GRID[1] - GRID[0]),
        "field": [" ".join(f"{100 * value:.0f}" for value in line) for line in field],
        "rows": base64.b64encode(packed.astype("<u2").tobytes()).decode(),
        "unit": UNIT,
        "shown": 180,
        "widths": [WIDTHS[0], WIDTHS[-1]],
        "start": 1.06,
        "cases": cases,
        "words": {
            "case": "Lump to explain",
            "own": "a lump of your own",
            "width": "Kernel width",
            "half": "local model says 0.5",
            "sum": "Forest {said}. Local weights: {weights}. Local fit {fit}; "
            "{rows} of 4000 rows count.",
            "standard": "standard deviations from the mean",
        },
        "table": table,
    }
