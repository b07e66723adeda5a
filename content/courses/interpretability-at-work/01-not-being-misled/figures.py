"""Figure of the lesson on being misled, made by its own code."""

import contextlib
import io
import re
from pathlib import Path
from typing import Any

import numpy as np
from figure_style import Theme, canvas
from matplotlib.figure import Figure

__all__ = ["rashomon"]


def _lesson() -> dict[str, Any]:
    """Run the code blocks of the lesson and return the names that they define."""
    text = Path(__file__).with_name("lesson.md").read_text(encoding="utf-8")
    names: dict[str, Any] = {}
    with contextlib.redirect_stdout(io.StringIO()):
        for code in re.findall(r"```python run\n(.*?)```", text, flags=re.DOTALL):
            exec(code, names)  # noqa: S102  our own lesson, run by its test as well
    return names


def rashomon(theme: Theme) -> Figure:
    """Return the importances of all models within one point of the best AUC."""
    names = _lesson()
    table = names["tables"][names["good"]]
    figure, axes = canvas(theme, height=3.0)
    for j in range(table.shape[1]):
        axes.plot([table[:, j].min(), table[:, j].max()], [j, j], color=theme.muted, linewidth=1.2)
        axes.scatter(
            table[:, j],
            np.full(len(table), j),
            s=36,
            color=theme.cycle[j % 5],
            edgecolor=theme.paper,
            linewidth=0.8,
            zorder=3,
        )
    axes.axvline(0, color=theme.ink, linewidth=1)
    axes.set_yticks(range(table.shape[1]), names["names"])
    axes.invert_yaxis()
    axes.grid(visible=False, axis="y")
    axes.set(xlabel="permutation importance (drop of AUC)")
    return figure
