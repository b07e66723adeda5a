"""Figures of the lesson on ceteris paribus and break-down, from what its own code computes."""

import contextlib
import io
import re
from pathlib import Path
from typing import Any

import numpy as np
from figure_style import Theme, canvas
from matplotlib.figure import Figure

__all__ = ["profiles"]


def _lesson() -> dict[str, Any]:
    """Return the names that the lesson's first two blocks leave."""
    text = Path(__file__).with_name("lesson.md").read_text(encoding="utf-8")
    names: dict[str, Any] = {}
    with contextlib.redirect_stdout(io.StringIO()):
        for code in re.findall(r"```python run\n(.*?)```", text, flags=re.DOTALL)[:2]:
            exec(code, names)  # noqa: S102  the lesson's own code
    return names


def profiles(theme: Theme) -> Figure:
    """Draw the applicant's profile in the amount for two prices."""
    names = _lesson()
    amounts = np.arange(100, 1501, 10)
    figure, axes = canvas(theme, height=3.2)
    axes.axvspan(300, 1500, color=theme.muted, alpha=0.15, linewidth=0)
    axes.text(860, 0.93, "more than goods for 300 cost", ha="center", color=theme.muted)
    for row, label, colour, dash in (
        (names["x"], "price 300", theme.vermilion, "-"),
        (names["dear"], "price 1500", theme.blue, "--"),
    ):
        axes.plot(amounts, names["profile"](row, 3, amounts), dash, color=colour, label=label)
    axes.plot(250, names["risk"](names["x"][None])[0], "o", color=theme.vermilion)
    axes.set(xlabel="amount", ylabel="risk of a bad loan", ylim=(0, 1))
    axes.legend(loc=(0.05, 0.5))
    return figure
