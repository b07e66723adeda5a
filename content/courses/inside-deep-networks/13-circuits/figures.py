"""Figure of the lesson on circuits, made by its own code."""

import contextlib
import io
import re
from functools import cache
from pathlib import Path
from typing import Any

from figure_style import Theme, panels
from matplotlib.figure import Figure

__all__ = ["agreement"]


@cache
def _lesson() -> dict[str, Any]:
    """Run the lesson's code up to the table of heads and return the names that it defines."""
    text = Path(__file__).with_name("lesson.md").read_text(encoding="utf-8")
    names: dict[str, Any] = {}
    with contextlib.redirect_stdout(io.StringIO()):
        for code in re.findall(r"```python run\n(.*?)```", text, flags=re.DOTALL):
            exec(code, names)  # noqa: S102  our own lesson, run by its test as well
            if "table" in names:
                break  # no figure needs the patches that follow
    return names


def agreement(theme: Theme) -> Figure:
    """Return estimates against real patches, in both directions."""
    table = _lesson()["table"]
    figure, axes = panels(theme, 2, height=3.4, sharey=True)
    for panel, first, title in ((axes[0], 0, "denoising"), (axes[1], 2, "noising")):
        panel.plot([-0.35, 0.75], [-0.35, 0.75], "--", color=theme.muted, linewidth=1)
        panel.axvline(0, color=theme.muted, linewidth=0.8)
        panel.axhline(0, color=theme.muted, linewidth=0.8)
        for (layer, head), values in table.items():
            estimate, patch = values[first], values[first + 1]
            wrong = estimate / patch < 0.6
            colour, marker = (theme.vermilion, "s") if wrong else (theme.blue, "o")
            panel.plot(estimate, patch, marker, color=colour)
            panel.annotate(
                f"{layer}.{head}", (estimate, patch), (4, 4), textcoords="offset points", fontsize=9
            )
        panel.set_title(title)
        panel.set(xlabel="estimate by one gradient")
    axes[0].set_ylabel("share by a real patch")
    return figure
