"""Figure of the lesson on anchors."""

from functools import cache
from itertools import combinations

import numpy as np
import pandas as pd
from figure_style import Theme, canvas
from matplotlib.figure import Figure
from scipy.special import expit
from sklearn.ensemble import GradientBoostingClassifier

__all__ = ["rules"]

ROWS = 2500
CASE = {"income": 3120, "amount": 11100, "months": 60, "years_in_job": 2.8, "missed_payments": 2}


@cache
def _measured() -> list[tuple[int, float, float]]:
    """Return (conditions, coverage, precision) of each rule with up to three conditions."""
    rng = np.random.default_rng(5)
    income = np.exp(rng.normal(7.9, 0.35, ROWS))
    loans = pd.DataFrame(
        {
            "income": income.round(-1),
            "amount": (income * rng.uniform(1, 9, ROWS)).round(-2),
            "months": rng.choice([12, 24, 36, 48, 60], ROWS),
            "years_in_job": rng.gamma(2.0, 3.0, ROWS).round(1),
            "missed_payments": rng.poisson(0.5, ROWS),
        }
    )
    burden = loans["amount"] / loans["months"] / loans["income"]
    score = 2.5 - 9 * burden - 0.9 * loans["missed_payments"] + 0.1 * loans["years_in_job"]
    repaid = rng.binomial(1, expit(score))
    model = GradientBoostingClassifier(n_estimators=60, random_state=0).fit(loans, repaid)

    known = []
    for column in loans:
        for cut in np.unique(np.quantile(loans[column], [0.25, 0.5, 0.75])):
            below = CASE[column] <= cut
            inside = loans[column] <= cut if below else loans[column] > cut
            known.append((column, below, inside.to_numpy()))
    measured = []
    for size in (1, 2, 3):
        for rule in combinations(known, size):
            if len({(column, below) for column, below, _ in rule}) < size:
                continue
            made = {}
            for column in loans:
                fits = np.logical_and.reduce([m for c, _, m in rule if c == column] or [True])
                made[column] = rng.choice(
                    loans[column].to_numpy()[np.broadcast_to(fits, ROWS)], 1500
                )
            refused = model.predict_proba(pd.DataFrame(made))[:, 1] < 0.6
            coverage = np.logical_and.reduce([m for *_, m in rule]).mean()
            measured.append((size, float(coverage), float(refused.mean())))
    return measured


def rules(theme: Theme) -> Figure:
    """Return all rules of up to three conditions by coverage and precision."""
    figure, axes = canvas(theme, height=3.8)
    looks = {1: (theme.blue, "o", 60), 2: (theme.green, "^", 34), 3: (theme.vermilion, "s", 20)}
    for size, (colour, marker, area) in looks.items():
        points = [(coverage, precision) for n, coverage, precision in _measured() if n == size]
        axes.scatter(
            *zip(*points, strict=True),
            color=colour,
            marker=marker,
            s=area,
            alpha=0.75,
            linewidth=0,
            rasterized=True,
            label=f"{size} condition{'s' if size > 1 else ''}",
        )
    axes.axhline(0.95, color=theme.ink, linestyle="--", linewidth=1.4)
    axes.set_xscale("log")
    axes.set_xticks([0.01, 0.03, 0.1, 0.3, 1], ["0.01", "0.03", "0.1", "0.3", "1"])
    axes.minorticks_off()
    axes.set(xlabel="coverage", ylabel="precision", ylim=(0, 1.03), xlim=(0.002, 1.1))
    axes.legend(loc="lower left")
    return figure
