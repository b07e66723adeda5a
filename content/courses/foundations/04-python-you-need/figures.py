"""Figure of the lesson on Python: the shapes of the arrays in an explanation."""

from figure_style import Theme, canvas
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

__all__ = ["shapes"]


def sheet(
    axes: Axes,
    theme: Theme,
    corner: tuple[float, float],
    *,
    width: float,
    colour: str,
    depth: int = 0,
) -> None:
    """Draw one sheet of cells, five rows high."""
    x, y = corner
    for paint, alpha in ((theme.paper, 1.0), (colour, 0.22)):
        patch = Rectangle((x, y), width, 5, facecolor=paint, alpha=alpha, edgecolor="none")
        axes.add_patch(patch).set_zorder(depth)
    for line in range(6):
        axes.plot([x, x + width], [y + line] * 2, color=colour, lw=0.9, zorder=depth + 0.5)
    for line in range(round(width) + 1):
        axes.plot([x + line] * 2, [y, y + 5], color=colour, lw=0.9, zorder=depth + 0.5)


def shapes(theme: Theme) -> Figure:
    """Draw a table, its probabilities, and the attributions of all classes."""
    figure, axes = canvas(theme, height=2.9)
    axes.set_axis_off()
    axes.set_aspect("equal")
    sheet(axes, theme, (0, 0), width=4, colour=theme.blue)
    sheet(axes, theme, (6.5, 0), width=3, colour=theme.green)
    for layer in (2, 1, 0):
        colour = theme.vermilion if layer == 2 else theme.muted
        sheet(axes, theme, (12 + 0.9 * layer, 0.7 * layer), width=4, colour=colour, depth=2 - layer)
    words = ((2, "X\n(n, f)"), (8, "predict_proba\n(n, C)"), (14.5, "attributions\n(n, f, C)"))
    for x, text in words:
        axes.text(x, -0.5, text, ha="center", va="top")
    axes.text(18.1, 6.0, "values[:, :, 2]", color=theme.vermilion, va="center")
    axes.text(-0.3, 2.5, "n rows", rotation=90, ha="right", va="center", color=theme.muted)
    axes.text(2, 5.2, "f features", ha="center", va="bottom", color=theme.muted)
    axes.text(8, 5.2, "C classes", ha="center", va="bottom", color=theme.muted)
    axes.set(xlim=(-1.2, 22.5), ylim=(-2.6, 7.0))
    return figure
