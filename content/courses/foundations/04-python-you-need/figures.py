"""Figures of the lesson on Python: the shapes of arrays, and three pictures of a model."""

import contextlib
import io
import re
from pathlib import Path
from typing import Any

import numpy as np
from figure_style import Theme, canvas, panels
from matplotlib.axes import Axes
from matplotlib.colors import ListedColormap
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

__all__ = ["pictures", "shapes"]


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


def _lesson() -> dict[str, Any]:
    """Run the code blocks of the lesson and return the names that they define."""
    text = Path(__file__).with_name("lesson.md").read_text(encoding="utf-8")
    names: dict[str, Any] = {}
    with contextlib.redirect_stdout(io.StringIO()):
        for code in re.findall(r"```python run\n(.*?)```", text, flags=re.DOTALL):
            exec(code, names)  # noqa: S102  our own lesson, run by its test as well
    return names


def pictures(theme: Theme) -> Figure:
    """Draw predictions, importance and a decision boundary of the lesson's forests."""
    lesson = _lesson()
    model, y_test, pair = lesson["model"], lesson["y_test"].to_numpy(), lesson["pair"]
    colours = (theme.blue, theme.vermilion, theme.green)
    figure, axes = panels(theme, 3, height=2.9)
    chance, third = lesson["p"][:, 2], y_test == 2
    axes[0].hist(
        [chance[third], chance[~third]],
        bins=np.linspace(0, 1, 11),
        color=[theme.green, theme.muted],
        label=["cultivar 2", "others"],
    )
    axes[0].set(xlabel="probability of cultivar 2", ylabel="test wines", xticks=[0, 0.5, 1])
    axes[0].set_yticks([0, 15, 30])
    axes[0].legend()
    top = lesson["top"][-3:]
    axes[1].barh([name.split("/")[0].replace("_", " ") for name in top.index], top, height=0.5)
    axes[1].grid(visible=False, axis="y")
    axes[1].set(xlabel="mean attribution", xticks=[0, 0.1])
    wines, small = lesson["X_test"][pair].to_numpy(), lesson["small"]
    x, y = (np.linspace(*np.quantile(column, [0, 1]), 60) for column in wines.T)
    grid = lesson["pd"].DataFrame(np.stack(np.meshgrid(x, y), -1).reshape(-1, 2), columns=pair)
    field = small.predict(grid).reshape(60, 60)
    colour_map = ListedColormap(colours)
    axes[2].imshow(
        field,
        origin="lower",
        aspect="auto",
        extent=(x[0], x[-1], y[0], y[-1]),
        cmap=colour_map,
        alpha=0.25,
        vmin=0,
        vmax=2,
        interpolation="nearest",
    )
    for cultivar, mark in zip(model.classes_, "o^s", strict=True):
        x, y = wines[y_test == cultivar].T
        axes[2].scatter(x, y, s=20, marker=mark, color=colours[cultivar])
    axes[2].grid(visible=False)
    axes[2].set(xlabel="flavanoids", ylabel="colour", xticks=[1, 3], yticks=[4, 8])
    return figure
