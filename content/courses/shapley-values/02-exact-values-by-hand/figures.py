"""Figures of the lesson on exact values: the game of one patient, and what a share averages."""

from functools import cache
from itertools import combinations
from math import factorial
from typing import Any

import numpy as np
from figure_style import Theme, canvas
from matplotlib.figure import Figure
from sklearn.datasets import load_diabetes
from sklearn.ensemble import GradientBoostingRegressor
from sklearn.model_selection import train_test_split

__all__ = ["coalitions", "contributions"]

FEATURES = ("bmi", "bp", "s5", "age")
N = len(FEATURES)
COALITIONS = [s for size in range(N + 1) for s in combinations(range(N), size)]


@cache
def _game() -> tuple[dict[tuple[int, ...], float], list[float]]:
    """Return the value of each coalition, and the patient's row."""
    table, target = load_diabetes(return_X_y=True, as_frame=True, scaled=False)
    train, test, outcome, _ = train_test_split(
        table[list(FEATURES)].to_numpy(), target.to_numpy(), test_size=100, random_state=0
    )
    model = GradientBoostingRegressor(n_estimators=60, max_depth=3, random_state=0)
    model.fit(train, outcome)
    values = {}
    for known in COALITIONS:
        hybrid = train.copy()
        hybrid[:, list(known)] = test[1][list(known)]
        values[known] = float(model.predict(hybrid).mean())
    return values, [round(float(value), 2) for value in test[1]]


def _weight(size: int) -> float:
    return factorial(size) * factorial(N - size - 1) / factorial(N)


def coalitions() -> dict[str, Any]:
    """Return the sixteen coalition values for the interactive figure."""
    values, row = _game()
    names = {s: " + ".join(FEATURES[j] for j in s) or "nothing" for s in COALITIONS}
    return {
        "renderer": "coalitions",
        "players": [f"{name} = {value:g}" for name, value in zip(FEATURES, row, strict=True)],
        "coalitions": [{"members": list(s), "value": round(values[s], 4)} for s in COALITIONS],
        "words": {
            "player": "Feature",
            "nobody": "nothing",
            "step": "joins {company}: {gain}, weight {weight}",
            "sum": "Shapley value of {player}: {total} (predicted disease progression).",
        },
        "table": [
            ["known features", "mean prediction"],
            *[[names[s], f"{values[s]:.1f}"] for s in COALITIONS],
        ],
    }


def contributions(theme: Theme) -> Figure:
    """Return each feature's eight marginal contributions with their weighted mean."""
    values, _ = _game()
    figure, axes = canvas(theme, height=3.4)
    for i in range(N):
        steps, weights = [], []
        for s in COALITIONS:
            if i not in s:
                steps.append(values[tuple(sorted((*s, i)))] - values[s])
                weights.append(_weight(len(s)))
        share = float(np.dot(steps, weights))
        axes.barh(i, share, height=0.62, color=theme.blue, alpha=0.28)
        axes.plot([share, share], [i - 0.31, i + 0.31], color=theme.blue)
        axes.scatter(
            steps,
            i + np.linspace(-0.2, 0.2, len(steps)),
            s=260 * np.array(weights),
            color=theme.vermilion,
            edgecolor=theme.paper,
            linewidth=0.6,
            zorder=3,
        )
        axes.text(78, i, f"{share:.1f}", va="center", ha="right")
    axes.axvline(0, color=theme.ink, linewidth=1)
    axes.set_yticks(range(N), FEATURES)
    axes.invert_yaxis()
    axes.grid(visible=False, axis="y")
    axes.set(xlabel="change of the mean prediction", xlim=(-14, 80))
    return figure
