"""Figure of the lesson on regulation: one applicant's reasons against two references."""

import numpy as np
from figure_style import Theme, panels
from matplotlib.figure import Figure
from sklearn.linear_model import LogisticRegression

__all__ = ["reasons"]

NAMES = ["income", "use of\ncredit line", "late\npayments", "years at\naddress"]
ROW = 45


def reasons(theme: Theme) -> Figure:
    """Draw the contributions of a refused applicant against all and against the accepted."""
    rng = np.random.default_rng(0)
    n = 3000
    income = rng.normal(3, 0.9, n).clip(0.8)
    used = rng.uniform(0, 1, n)
    late = rng.poisson(0.8, n)
    years = rng.exponential(5, n)
    x = np.column_stack([income, used, late, years])
    z = 0.9 + 0.7 * (income - 3) - 1.6 * (used - 0.5) - 0.8 * (late - 0.8) + 0.05 * (years - 5)
    repaid = rng.random(n) < 1 / (1 + np.exp(-z))
    model = LogisticRegression(C=100, max_iter=1000).fit(x, repaid)
    accepted = model.predict_proba(x)[:, 1] >= 0.6
    figure, both = panels(theme, 2, height=3.2, sharex=True, sharey=True)
    references = (("all applicants", slice(None)), ("accepted applicants", accepted))
    for axes, (words, rows) in zip(both, references, strict=True):
        cost = model.coef_[0] * (x[ROW] - x[rows].mean(axis=0))
        named = np.argsort(cost)[:2]
        for j, share in enumerate(cost):
            axes.barh(
                NAMES[j],
                share,
                color=theme.vermilion if j in named else theme.muted,
                hatch="//" if j in named else "",
                edgecolor=theme.paper,
            )
            side, gap = ("right", -0.02) if share < 0 else ("left", 0.02)
            axes.text(share + gap, j, f"{share:+.2f}", ha=side, va="center", fontsize=10)
        axes.axvline(0, color=theme.muted, linewidth=1)
        axes.set_title(f"against {words}")
        axes.set_xlabel("contribution, log-odds")
        axes.grid(visible=False, axis="y")
    both[0].invert_yaxis()
    both[0].set_xlim(-0.68, 0.25)
    return figure
