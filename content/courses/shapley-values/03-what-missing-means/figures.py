"""Figures of the lesson on missing features: two games on one applicant, and rows off the data."""

import numpy as np
from figure_style import Theme, canvas
from matplotlib.figure import Figure

__all__ = ["off_the_data", "two_games"]

RHO = 0.9
ROW = (0.5, 0.9, 2.0)


def _applicants() -> np.ndarray:
    rng = np.random.default_rng(0)
    income = rng.normal(size=2000)
    rent = RHO * income + np.sqrt(1 - RHO**2) * rng.normal(size=2000)
    return np.column_stack([income, rent, rng.poisson(1, size=2000)])


def two_games(theme: Theme) -> Figure:
    """Return paired bars of the interventional and the conditional shares (closed forms)."""
    mean = _applicants().mean(axis=0)
    income, rent, late = ROW
    by_rent = 1.5 * RHO * rent / 2
    interventional = [1.5 * (income - mean[0]), 0.0, -0.8 * (late - mean[2])]
    conditional = [1.5 * income - by_rent, by_rent, -0.8 * (late - 1)]
    figure, axes = canvas(theme, height=2.9)
    for offset, shares, colour, title in (
        (-0.2, interventional, theme.blue, "interventional"),
        (0.2, conditional, theme.vermilion, "conditional"),
    ):
        places = np.arange(3) + offset
        axes.barh(places, shares, height=0.36, color=colour, label=title)
        for place, share in zip(places, shares, strict=True):
            side = 1 if share >= 0 else -1
            axes.text(
                share + 0.02 * side,
                place,
                f"{share:.2f}",
                va="center",
                ha="left" if side > 0 else "right",
                fontsize=10,
            )
    axes.axvline(0, color=theme.ink, linewidth=1)
    axes.set_yticks(range(3), ["income", "rent\n(not read)", "late payments"])
    axes.invert_yaxis()
    axes.grid(visible=False, axis="y")
    axes.set(xlabel="share of the score", xlim=(-1.05, 1.05))
    axes.legend(loc="lower right")
    return figure


def off_the_data(theme: Theme) -> Figure:
    """Return real applicants and the perturbed rows of the coalition that knows only the income."""
    rows = _applicants()[:110]
    figure, axes = canvas(theme, height=4.0)
    line = np.array([-3.4, 3.4])
    for shift in (2, -2):
        edge = 4 if shift > 0 else -4
        axes.fill_between(line, line + shift, edge, color=theme.amber, alpha=0.22, linewidth=0)
    axes.scatter(rows[:, 0], rows[:, 1], s=13, color=theme.blue, label="applicants")
    axes.scatter(
        np.full(len(rows), ROW[0]),
        rows[:, 1],
        s=14,
        marker="x",
        linewidth=0.9,
        color=theme.vermilion,
        label="perturbed rows: this income, anybody's rent",
    )
    axes.text(-2.9, 2.5, "trapdoor open", fontsize=10)
    axes.text(1.3, -2.9, "trapdoor open", fontsize=10)
    axes.set(xlabel="income (standardised)", ylabel="rent (standardised)")
    axes.set(xlim=(-3.4, 3.4), ylim=(-3.4, 3.4))
    axes.legend(loc="upper left", bbox_to_anchor=(0, 1.14), ncols=2, fontsize=10)
    return figure
