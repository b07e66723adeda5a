"""Figure of the lesson on accumulated local effects."""

from itertools import pairwise

import numpy as np
import pandas as pd
from figure_style import Theme, panels
from matplotlib.figure import Figure
from sklearn.linear_model import LinearRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import PolynomialFeatures, StandardScaler

__all__ = ["rooms"]

ROWS = 2000


def rooms(theme: Theme) -> Figure:
    """Return PDP and ALE of the number of rooms, and where the rows lie."""
    rng = np.random.default_rng(4)
    size = rng.uniform(30, 150, ROWS)
    count = np.clip(np.round(size / 28 + rng.normal(0, 0.45, ROWS)), 1, 6)
    homes = pd.DataFrame(
        {
            "size": size,
            "rooms": count,
            "garden": rng.binomial(1, 0.4, ROWS),
            "shoe_size": rng.normal(41, 2, ROWS),
            "door": rng.integers(1, 200, ROWS),
        }
    )
    misfit = (28 * count - size) / 10
    price = 2 * size + 12 * count - 2 * misfit**2 + 0.3 * size * homes["garden"]
    price = price + rng.normal(0, 12, ROWS)
    model = make_pipeline(StandardScaler(), PolynomialFeatures(2), LinearRegression())
    model.fit(homes, price)

    grid = np.arange(1.0, 7.0)
    partial = np.array([model.predict(homes.assign(rooms=value)).mean() for value in grid])
    partial = partial - np.interp(count, grid, partial).mean()
    step = []
    for low, high in pairwise(grid):
        near = homes[(count == low) | (count == high)]
        up, down = (model.predict(near.assign(rooms=value)) for value in (high, low))
        step.append(np.mean(up - down))
    local = np.cumsum([0.0, *step])
    local = local - np.interp(count, grid, local).mean()

    figure, (top, bottom) = panels(
        theme, 1, rows=2, height=4.8, sharex=True, gridspec_kw={"height_ratios": [3, 2]}
    )
    top.plot(grid, partial, "s--", color=theme.vermilion, label="partial dependence")
    top.plot(grid, local, "o-", color=theme.blue, label="accumulated local effects")
    top.axhline(0, color=theme.muted, linewidth=1)
    top.set(ylabel="price, centred")
    top.legend(loc="lower right")
    shown = slice(0, 250)
    bottom.scatter(
        count[shown] + rng.uniform(-0.12, 0.12, 250), size[shown], s=9, color=theme.blue,
        alpha=0.7, linewidth=0, rasterized=True, label="homes in the data",
    )  # fmt: skip
    bottom.scatter(
        np.full(60, 6) + rng.uniform(-0.12, 0.12, 60), size[:60], s=16, marker="x",
        color=theme.vermilion, linewidth=1, rasterized=True, label="in the PDP at six rooms",
    )  # fmt: skip
    bottom.set(xlabel="number of rooms", ylabel="size, m²")
    bottom.legend(loc="upper left", fontsize=9.5)
    return figure
