"""Figures of the lesson on the game and its axioms."""

from itertools import combinations
from math import factorial

from figure_style import Theme, canvas, panels
from matplotlib.figure import Figure

__all__ = ["lattice", "rules"]

PLAYERS = ("Ada", "Ben", "Cem")
BONUS = {"": 0, "A": 12, "B": 6, "C": 0, "AB": 30, "AC": 18, "BC": 6, "ABC": 42}
PLACES = {
    "": (1, 0),
    "A": (0, 1),
    "B": (1, 1),
    "C": (2, 1),
    "AB": (0, 2),
    "AC": (1, 2),
    "BC": (2, 2),
    "ABC": (1, 3),
}
WORDS = {"": "none", "ABC": "all three"}


def lattice(theme: Theme) -> Figure:
    """Return the eight coalitions with the four edges that add Ada."""
    figure, axes = canvas(theme, height=4.4)
    for low, (x, y) in PLACES.items():
        for player in "ABC":
            if player in low:
                continue
            high = "".join(sorted(low + player))
            u, w = PLACES[high]
            adds_ada = player == "A"
            colour = theme.vermilion if adds_ada else theme.muted
            axes.plot([x, u], [y, w], color=colour, linewidth=2.4 if adds_ada else 0.6, zorder=1)
            if adds_ada:
                axes.text(
                    0.62 * x + 0.38 * u,
                    0.62 * y + 0.38 * w,
                    f"+{BONUS[high] - BONUS[low]}",
                    color=theme.vermilion,
                    ha="center",
                    va="center",
                    fontweight="bold",
                    bbox={"facecolor": theme.paper, "edgecolor": "none", "pad": 2},
                )
        names = " + ".join(p for p in PLAYERS if p[0] in low)
        axes.text(
            x,
            y,
            f"{WORDS.get(low, names)}\n{BONUS[low]}",
            ha="center",
            va="center",
            bbox={"facecolor": theme.paper, "edgecolor": theme.muted, "boxstyle": "round,pad=0.4"},
        )
    axes.set(xlim=(-0.5, 2.5), ylim=(-0.35, 3.35))
    axes.axis("off")
    return figure


def _shares(rule: str) -> list[float]:
    weights = {
        "Shapley": lambda size: factorial(size) * factorial(2 - size) / 6,
        "Banzhaf": lambda _: 1 / 4,
        "alone": lambda size: float(size == 0),
        "leave one out": lambda size: float(size == 2),
    }
    shares = []
    for player in "ABC":
        others = [p for p in "ABC" if p != player]
        shares.append(
            sum(
                weights[rule](size)
                * (BONUS["".join(sorted((*group, player)))] - BONUS["".join(group)])
                for size in range(3)
                for group in combinations(others, size)
            )
        )
    return shares


def rules(theme: Theme) -> Figure:
    """Return stacked bars of the shares under four rules."""
    figure, axes = panels(theme, 1, height=3.0)
    names = ("Shapley", "Banzhaf", "alone", "leave one out")
    for row, name in enumerate(names):
        left = 0.0
        for player, share, colour in zip(PLAYERS, _shares(name), theme.cycle[:3], strict=True):
            axes.barh(
                row,
                share,
                left=left,
                color=colour,
                edgecolor=theme.paper,
            )
            if share > 4:
                axes.text(
                    left + share / 2,
                    row,
                    player,
                    ha="center",
                    va="center",
                    color=theme.paper,
                    fontsize=9.5,
                )
            left += share
        axes.text(left + (1 if left > 42 else 2.5), row, f"{left:g}", va="center")
    axes.axvline(42, color=theme.ink, linestyle="--", linewidth=1.4)
    axes.text(42.5, -0.72, "42 to share", va="center")
    axes.set_yticks(range(len(names)), names)
    axes.set(xlabel="hundreds of euros", ylim=(3.6, -1.0), xlim=(0, 80))
    axes.grid(visible=False, axis="y")
    return figure
