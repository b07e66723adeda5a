"""Figure of the lesson on permutation importance."""

import numpy as np
import pandas as pd
from figure_style import Theme, canvas
from matplotlib.figure import Figure
from sklearn.ensemble import RandomForestRegressor
from sklearn.model_selection import train_test_split

__all__ = ["importance"]

ROWS = 2000
GROUPS = (["price"], ["adverts"], ["clicks"], ["adverts", "clicks"], ["season"], ["noise_0"])


def _measured() -> tuple[list[float], list[float], list[float]]:
    """Return importance, its spread over shuffles, and the loss from leaving out."""
    rng = np.random.default_rng(1)
    sales = pd.DataFrame({"price": rng.normal(0, 1, ROWS), "adverts": rng.normal(0, 1, ROWS)})
    sales["season"] = rng.normal(0, 1, ROWS)
    sales["clicks"] = sales["adverts"] + rng.normal(0, 0.15, ROWS)
    for k in range(3):
        sales[f"noise_{k}"] = rng.normal(0, 1, ROWS)
    revenue = -2 * sales["price"] + 2 * sales["adverts"] + sales["season"] + rng.normal(0, 1, ROWS)
    train, test, known, unknown = train_test_split(sales, revenue, random_state=0)

    def fitted(rows: pd.DataFrame) -> RandomForestRegressor:
        return RandomForestRegressor(100, min_samples_leaf=3, random_state=0).fit(rows, known)

    forest = fitted(train)
    base = np.mean((unknown - forest.predict(test)) ** 2)
    shuffled, spread, left_out = [], [], []
    for columns in GROUPS:
        rises = []
        for _ in range(30):
            broken = test.copy()
            broken[columns] = test[columns].to_numpy()[rng.permutation(len(test))]
            rises.append(np.mean((unknown - forest.predict(broken)) ** 2) - base)
        shuffled.append(float(np.mean(rises)))
        spread.append(float(np.std(rises, ddof=1)))
        rest = train.drop(columns=columns)
        guess = fitted(rest).predict(test[rest.columns])
        left_out.append(float(np.mean((unknown - guess) ** 2) - base))
    return shuffled, spread, left_out


MEASURED = _measured()


def importance(theme: Theme) -> Figure:
    """Return permutation importance beside the loss from leaving out."""
    shuffled, spread, left_out = MEASURED
    figure, axes = canvas(theme, height=3.9)
    places = np.arange(len(GROUPS))
    axes.barh(
        places - 0.19, shuffled, xerr=spread, height=0.34, color=theme.blue, ecolor=theme.ink,
        label="shuffled (bar: mean, line: spread of a shuffle)",
    )  # fmt: skip
    axes.barh(
        places + 0.19, left_out, height=0.34, color=theme.vermilion, hatch="///",
        label="left out, refitted",
    )  # fmt: skip
    axes.set_yticks(places, [" + ".join(columns) for columns in GROUPS])
    axes.invert_yaxis()
    axes.set(xlabel="rise of the mean squared error on test rows")
    axes.grid(visible=False, axis="y")
    axes.legend(loc="lower right", fontsize=10)
    return figure
