"""Figure of the lesson on black boxes: what a monotonicity constraint does."""

import numpy as np
from figure_style import Theme, canvas
from matplotlib.figure import Figure
from sklearn.ensemble import HistGradientBoostingClassifier

__all__ = ["monotone"]


def monotone(theme: Theme) -> Figure:
    """Draw the predicted chance of repaying against income, with and without the constraint."""
    rng = np.random.default_rng(0)
    income = rng.uniform(1, 10, 400)
    debt = rng.uniform(0, 10, 400)
    z = 0.6 * (income - 5) - 0.35 * (debt - 5)
    repaid = rng.random(400) < 1 / (1 + np.exp(-z))
    rows = np.column_stack([income, debt])
    incomes = np.linspace(1, 10, 181)
    asked = np.column_stack([incomes, np.full_like(incomes, 5.0)])
    figure, axes = canvas(theme, height=3.4)
    free = HistGradientBoostingClassifier(random_state=0).fit(rows, repaid)
    axes.plot(incomes, free.predict_proba(asked)[:, 1], color=theme.vermilion, lw=1.4, label="free")
    constrained = HistGradientBoostingClassifier(monotonic_cst=[1, -1], random_state=0)
    constrained.fit(rows, repaid)
    axes.plot(
        incomes, constrained.predict_proba(asked)[:, 1], color=theme.blue, lw=2.6,
        label="constrained",
    )  # fmt: skip
    truth = 1 / (1 + np.exp(-0.6 * (incomes - 5)))
    axes.plot(incomes, truth, color=theme.muted, linestyle=":", lw=1.6, label="truth")
    axes.set(xlabel="income, thousands a month", ylabel="chance of repaying", ylim=(0, 1.02))
    axes.legend(loc="upper left")
    return figure
