"""The look of every figure: two themes, one palette that colour-blind readers can tell apart.

A lesson's figures.py imports this module by its bare name; the builder puts it on the path:

    from figure_style import Theme, canvas

    __all__ = ["roc_curve"]

    def roc_curve(theme: Theme) -> Figure:
        figure, axes = canvas(theme, height=3.4)
        axes.plot(x, y, color=theme.blue, label="model")
        return figure

Each function is called once per theme with Matplotlib already set up (`Theme.settings`). A function
that returns a dict of plain data instead makes figures/<name>.json for an interactive figure.
Colours are the site's own (config/static/css/tokens.css), in an order that colour-blind readers can
tell apart (after Okabe and Ito, 2008). Never let colour be the only carrier of a meaning: add a
marker, a hatch, a sign or a word.
"""

from dataclasses import dataclass
from typing import Any, Final

import matplotlib as mpl
from cycler import cycler
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure

WIDTH_INCHES: Final = 7.2


@dataclass(frozen=True)
class Theme:
    """The colours of one theme, as #rrggbb."""

    name: str  # "light" or "dark"
    paper: str  # what the page behind the figure looks like; figures themselves are transparent
    ink: str
    muted: str  # second labels, reference lines
    grid: str
    blue: str
    vermilion: str
    green: str
    purple: str
    amber: str

    @property
    def positive(self) -> str:
        """Return the colour of what raises a prediction."""
        return self.vermilion

    @property
    def negative(self) -> str:
        """Return the colour of what lowers a prediction."""
        return self.blue

    @property
    def cycle(self) -> tuple[str, ...]:
        """Return the colours in the order in which categories take them."""
        return (self.blue, self.vermilion, self.green, self.purple, self.amber)

    @property
    def sequential(self) -> LinearSegmentedColormap:
        """Return a colour map from nothing (paper) to much (blue)."""
        return LinearSegmentedColormap.from_list("sequential", [self.paper, self.blue])

    @property
    def diverging(self) -> LinearSegmentedColormap:
        """Return a colour map from lowering (blue) over nothing (paper) to raising (vermilion)."""
        return LinearSegmentedColormap.from_list(
            "diverging", [self.negative, self.paper, self.positive]
        )

    def settings(self) -> dict[Any, Any]:
        """Return Matplotlib's settings for this theme."""
        return {
            "axes.axisbelow": True,
            "axes.edgecolor": self.muted,
            "axes.facecolor": "none",
            "axes.grid": True,
            "axes.labelcolor": self.ink,
            "axes.labelsize": 11,
            "axes.prop_cycle": cycler(color=list(self.cycle)),
            "axes.spines.right": False,
            "axes.spines.top": False,
            "axes.titlecolor": self.ink,
            "axes.titlelocation": "left",
            "axes.titlesize": 12,
            "figure.facecolor": "none",
            "figure.figsize": (WIDTH_INCHES, 3.8),
            "figure.constrained_layout.use": True,
            "font.size": 11,
            "grid.color": self.grid,
            "grid.linewidth": 0.8,
            "legend.frameon": False,
            "legend.labelcolor": self.ink,
            "lines.linewidth": 2.0,
            "savefig.facecolor": "none",
            "svg.fonttype": "path",
            "svg.hashsalt": "whybox",
            "text.color": self.ink,
            "xtick.color": self.muted,
            "xtick.labelcolor": self.ink,
            "ytick.color": self.muted,
            "ytick.labelcolor": self.ink,
        }


LIGHT: Final = Theme(
    name="light",
    paper="#ffffff",
    ink="#15201d",
    muted="#4b5954",
    grid="#d2dbd6",
    blue="#2566ab",
    vermilion="#b84e12",
    green="#0f7a55",
    purple="#a8497f",
    amber="#b37700",
)
DARK: Final = Theme(
    name="dark",
    paper="#151e1b",
    ink="#e7edea",
    muted="#a9b7b1",
    grid="#2b3934",
    blue="#77b3ef",
    vermilion="#f39a63",
    green="#74d5bb",
    purple="#e39bc6",
    amber="#f0b93f",
)
THEMES: Final = (LIGHT, DARK)


def canvas(
    theme: Theme, *, width: float = WIDTH_INCHES, height: float = 3.8
) -> tuple[Figure, Axes]:
    """Return a figure with one pair of axes in the theme's look; sizes in inches."""
    with mpl.rc_context(theme.settings()):
        return plt.subplots(figsize=(width, height))


def panels(
    theme: Theme,
    columns: int,
    *,
    rows: int = 1,
    width: float = WIDTH_INCHES,
    height: float = 3.4,
    **options: Any,
) -> tuple[Figure, Any]:
    """Return a figure with several axes (an array, as `plt.subplots` gives); sizes in inches."""
    with mpl.rc_context(theme.settings()):
        return plt.subplots(rows, columns, figsize=(width, height), **options)
