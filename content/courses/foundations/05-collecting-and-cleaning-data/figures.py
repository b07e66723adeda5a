"""Figure of the lesson on data: what a gap coded as a number does to a straight line."""

import numpy as np
from figure_style import Theme, panels
from matplotlib.figure import Figure

__all__ = ["coded_gaps"]


def coded_gaps(theme: Theme) -> Figure:
    """Draw leaving against age with a fitted line, with coded gaps and without them."""
    rng = np.random.default_rng(0)
    n = 2000
    age = rng.integers(18, 90, n).astype(float)
    income = rng.normal(3000, 800, n).clip(600).round()
    calls = rng.poisson(1.0, n)
    z = -1.5 + 0.9 * calls - 0.02 * (age - 50) - 0.0005 * (income - 3000)
    left = (rng.random(n) < 1 / (1 + np.exp(-z))).astype(float)
    coded = np.where(rng.random(n) < 0.12, -999.0, age)
    known = coded != -999
    some = rng.choice(n, 90, replace=False)
    jitter = rng.uniform(-0.05, 0.05, n)
    figure, both = panels(theme, 2, height=3.2, sharey=True)
    for axes, values, rows in ((both[0], coded, slice(None)), (both[1], coded[known], known)):
        slope, height = np.polyfit(values, left[rows], 1)
        shown = some if axes is both[0] else some[known[some]]
        axes.plot(
            coded[shown], (left + jitter)[shown], "o", color=theme.blue, markersize=3, alpha=0.6
        )
        ends = np.array([values.min(), values.max()])
        axes.plot(ends, height + slope * ends, color=theme.vermilion)
        axes.set_xlabel("age as it stands in the table")
        axes.set_ylim(-0.12, 1.12)
        axes.set_yticks([0, 0.5, 1], ["stayed", "0.5", "left"])
    both[0].set_title("gaps coded as $-999$")
    both[1].set_title("gaps removed")
    return figure
