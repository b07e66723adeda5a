"""Figures of the lesson on time series, from what its own code computes."""

import contextlib
import io
import re
from pathlib import Path
from typing import Any

import numpy as np
from figure_style import Theme, canvas
from matplotlib.figure import Figure

__all__ = ["ceiling", "permutations"]


def _lesson(blocks: int) -> dict[str, Any]:
    """Return the names that the lesson's first blocks leave; they read data/drinks.csv."""
    text = Path(__file__).with_name("lesson.md").read_text(encoding="utf-8")
    names: dict[str, Any] = {}
    with contextlib.redirect_stdout(io.StringIO()):
        for code in re.findall(r"```python run\n(.*?)```", text, flags=re.DOTALL)[:blocks]:
            exec(code, names)  # noqa: S102  the lesson's own code
    return names


def ceiling(theme: Theme) -> Figure:
    """Draw the sales, and the forecasts of two models that were fitted before 2010."""
    names = _lesson(1)
    rows, target, past, sales = (names[n] for n in ("rows", "target", "past", "sales"))
    figure, axes = canvas(theme, height=3.4)
    shown = sales[sales.index >= "2006"]
    axes.plot(shown.index, shown, color=theme.muted, linewidth=3, alpha=0.6, label="sold")
    for kind, label, colour, style in (
        (names["GradientBoostingRegressor"](random_state=0), "boosted trees", theme.amber, "-"),
        (names["LinearRegression"](), "linear", theme.blue, "--"),
    ):
        forecast = np.exp(kind.fit(rows[past], target[past]).predict(rows[~past]))
        axes.plot(rows.index[~past], forecast, color=colour, linestyle=style, label=label)
    axes.axhline(sales[sales.index < "2010"].max(), color=theme.ink, linewidth=0.8, linestyle=":")
    axes.set(ylabel="millions of dollars", ylim=(5000, 15500))
    axes.legend(loc="upper left", ncols=3)
    return figure


def permutations(theme: Theme) -> Figure:
    """Draw the rise of the error for sets of columns and three ways to permute them."""
    rises = _lesson(4)["rises"]
    figure, axes = canvas(theme, height=3.6)
    kinds = (
        ("anywhere", theme.blue, ""),
        ("same month", theme.amber, "///"),
        ("same year", theme.muted, ""),
    )
    chosen = [name for name in rises if name != "lag 12"]
    for k, (label, colour, hatch) in enumerate(kinds):
        places = np.arange(len(chosen)) + 0.27 * (k - 1)
        heights = [rises[name][k] for name in chosen]
        axes.bar(places, heights, 0.25, color=colour, hatch=hatch, label=label)
        for place, height in zip(places, heights, strict=True):
            axes.text(place, height + 0.05, f"{height:.1f}", ha="center", va="bottom")
    words = [name.replace(" with ", "\nwith ").replace(", ", ",\n") for name in chosen]
    axes.set_xticks(range(len(chosen)), words)
    axes.set(ylabel="error rises by, points", ylim=(0, 4))
    axes.legend(loc="upper center", ncols=3)
    return figure
