"""Figures of the lesson on logistic regression."""

import numpy as np
from figure_style import Theme, canvas, panels
from matplotlib.figure import Figure
from scipy.special import expit

__all__ = ["collapsing", "two_scales"]

PER_CALL = 0.5  # the true coefficient of the generated customers
CUSTOMERS = (("ten years, with a contract", -3.9), ("new, without a contract", -0.4))


def two_scales(theme: Theme) -> Figure:
    """Return the same two customers on the scale of log-odds and of probabilities."""
    figure, (left, right) = panels(theme, 2, height=3.3)
    calls = np.linspace(0, 6, 61)
    for (name, start), colour, dash in zip(CUSTOMERS, theme.cycle, ("-", "--"), strict=False):
        left.plot(calls, start + PER_CALL * calls, color=colour, linestyle=dash, label=name)
        right.plot(calls, expit(start + PER_CALL * calls), color=colour, linestyle=dash)
    left.set(xlabel="support calls", title="log-odds of leaving", ylim=(-4.3, 4.3))
    right.set(xlabel="support calls", title="probability of leaving", ylim=(0, 1))
    left.legend(loc="upper left", fontsize=9.5)
    return figure


def collapsing(theme: Theme) -> Figure:
    """Return steep curves for fixed values of a hidden feature, and their flatter average."""
    figure, axes = canvas(theme, height=3.5)
    x = np.linspace(-5, 5, 201)
    hidden = np.random.default_rng(0).normal(0, 2.0, 4000)
    for value, dash in ((-2.5, ":"), (0.0, "-."), (2.5, "--")):
        axes.plot(x, expit(x + value), color=theme.blue, linestyle=dash, linewidth=1.4)
        axes.text(-value + 0.15, 0.47, f"{value:+.1f}", color=theme.blue, fontsize=10)
    mean = expit(x[:, None] + hidden).mean(axis=1)
    axes.plot(x, mean, color=theme.vermilion, linewidth=3, label="average over the hidden feature")
    axes.plot([], [], color=theme.blue, linewidth=1.4, label="at one value of the hidden feature")
    axes.set(xlabel="coefficient times the visible feature", ylabel="probability", ylim=(0, 1.02))
    axes.legend(loc="upper left", fontsize=9.5)
    return figure
