"""Figure of the lesson on counterfactuals."""

from functools import cache

import numpy as np
import pandas as pd
from figure_style import Theme, canvas
from matplotlib.figure import Figure
from scipy.special import expit
from sklearn.ensemble import GradientBoostingClassifier

__all__ = ["border"]

ROWS = 2500
POINTS = (("1", 15800, 36), ("2", 6800, 24), ("3", 16000, 48))


@cache
def _loans() -> tuple[pd.DataFrame, GradientBoostingClassifier, pd.DataFrame]:
    """Return the applications, the model, and the refused case."""
    rng = np.random.default_rng(5)
    income = np.exp(rng.normal(7.9, 0.35, ROWS))
    loans = pd.DataFrame(
        {
            "income": income.round(-1),
            "amount": (income * rng.uniform(1, 9, ROWS)).round(-2),
            "months": rng.choice([12, 24, 36, 48, 60], ROWS),
            "years_in_job": rng.gamma(2.0, 3.0, ROWS).round(1),
            "missed_payments": rng.poisson(0.5, ROWS),
            "age": rng.integers(20, 70, ROWS),
        }
    )
    burden = loans["amount"] / loans["months"] / loans["income"]
    score = 2.5 - 9 * burden - 0.9 * loans["missed_payments"] + 0.1 * loans["years_in_job"]
    repaid = rng.binomial(1, expit(score))
    model = GradientBoostingClassifier(n_estimators=60, max_depth=3, random_state=0)
    model.fit(loans, repaid)
    chance = model.predict_proba(loans)[:, 1]
    return loans, model, loans.iloc[[np.flatnonzero((chance > 0.3) & (chance < 0.4))[0]]]


def border(theme: Theme) -> Figure:
    """Return the model's field over amount and months with the case and three other points."""
    loans, model, case = _loans()
    amounts, months = np.linspace(2000, 24000, 56), np.array([12, 24, 36, 48, 60])
    made = pd.DataFrame(
        [case.iloc[0].to_dict() | {"amount": a, "months": m} for m in months for a in amounts]
    )[loans.columns]
    field = model.predict_proba(made)[:, 1].reshape(len(months), -1)
    figure, axes = canvas(theme, height=3.9)
    edges = np.array([6, 18, 30, 42, 54, 66])
    step = amounts[1] - amounts[0]
    shown = axes.pcolormesh(
        np.append(amounts - step / 2, amounts[-1] + step / 2), edges, field,
        cmap=theme.sequential, vmin=0, vmax=1, rasterized=True,
    )  # fmt: skip
    for line, month in zip(field, months, strict=True):
        for k in np.flatnonzero((line[:-1] >= 0.6) != (line[1:] >= 0.6)):
            place = (amounts[k] + amounts[k + 1]) / 2
            axes.plot([place, place], [month - 6, month + 6], color=theme.ink, linewidth=1.6)
    box = {"facecolor": theme.paper, "edgecolor": "none", "pad": 1.5}
    axes.plot(case["amount"], case["months"], "X", color=theme.vermilion, markersize=11)
    axes.text(
        case["amount"].iloc[0] + 500, case["months"].iloc[0], "refused", va="center", bbox=box
    )
    for name, amount, month in POINTS:
        axes.plot(amount, month, "o", color=theme.amber, markersize=15, markeredgecolor=theme.ink)
        axes.text(amount, month, name, ha="center", va="center", color=theme.paper, fontsize=10)
    axes.set(xlabel="amount", ylabel="months", yticks=months)
    axes.grid(visible=False)
    bar = figure.colorbar(shown, ax=axes, label="chance of repayment (model)")
    bar.ax.axhline(0.6, color=theme.ink, linewidth=1.6)
    return figure
