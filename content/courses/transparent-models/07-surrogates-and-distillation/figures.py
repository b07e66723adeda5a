"""Figure of the lesson on surrogates."""

import numpy as np
import pandas as pd
from figure_style import Theme, canvas
from matplotlib.figure import Figure
from sklearn.ensemble import GradientBoostingRegressor
from sklearn.linear_model import LinearRegression
from sklearn.model_selection import train_test_split
from sklearn.tree import DecisionTreeRegressor

__all__ = ["fidelity"]

ROWS = 4000
LEAVES = (4, 8, 16, 64)


def _r2(target: np.ndarray, guess: np.ndarray) -> float:
    return float(1 - np.sum((target - guess) ** 2) / np.sum((target - target.mean()) ** 2))


def fidelity(theme: Theme) -> Figure:
    """Return the fidelity of five surrogates on all rows and on small flats."""
    rng = np.random.default_rng(11)
    flats = pd.DataFrame(
        {
            "size": rng.uniform(25, 140, ROWS),
            "distance": rng.gamma(2.0, 2.5, ROWS),
            "floor": rng.integers(0, 9, ROWS),
            "lift": rng.binomial(1, 0.5, ROWS),
        }
    )
    climb = np.where(flats["lift"] == 1, 0.02, -0.03) * flats["floor"]
    rent = flats["size"] * (9 + 8 * np.exp(-flats["distance"] / 3)) * (1 + climb)
    rent = rent + rng.normal(0, 40, ROWS)
    train, test, known, _ = train_test_split(flats, rent, random_state=0)
    box = GradientBoostingRegressor(n_estimators=400, max_depth=4, random_state=0)
    box.fit(train, known)
    models = {"linear": LinearRegression()} | {
        f"{leaves} leaves": DecisionTreeRegressor(max_leaf_nodes=leaves, random_state=0)
        for leaves in LEAVES
    }
    said, small = box.predict(test), (test["size"] < 50).to_numpy()
    figure, axes = canvas(theme, height=3.4)
    for place, model in enumerate(models.values()):
        guess = model.fit(train, box.predict(train)).predict(test)
        everywhere, in_part = _r2(said, guess), _r2(said[small], guess[small])
        axes.bar(place - 0.2, everywhere, width=0.36, color=theme.blue)
        axes.bar(place + 0.2, in_part, width=0.36, color=theme.vermilion, hatch="///")
        axes.text(place - 0.2, everywhere + 0.02, f"{everywhere:.2f}", ha="center", fontsize=10)
        axes.text(place + 0.2, max(in_part, 0) + 0.02, f"{in_part:.2f}", ha="center", fontsize=10)
    axes.bar([0], [0], color=theme.blue, label="all test rows")
    axes.bar([0], [0], color=theme.vermilion, hatch="///", label="flats below 50 in size")
    axes.axhline(0, color=theme.ink, linewidth=1)
    axes.set_xticks(range(len(models)), list(models))
    axes.set(ylabel="fidelity", ylim=(-0.15, 1.3))
    axes.grid(visible=False, axis="x")
    axes.legend(loc="upper left", ncols=2)
    return figure
