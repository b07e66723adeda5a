"""Figures of the lesson on categories and gaps, from what its own code computes."""

import contextlib
import io
import re
from pathlib import Path
from typing import Any

import numpy as np
from figure_style import Theme, canvas
from matplotlib.figure import Figure

__all__ = ["credit_for_a_gap"]


def _lesson() -> dict[str, Any]:
    """Return the names that the lesson's blocks leave."""
    text = Path(__file__).with_name("lesson.md").read_text(encoding="utf-8")
    names: dict[str, Any] = {}
    with contextlib.redirect_stdout(io.StringIO()):
        for code in re.findall(r"```python run\n(.*?)```", text, flags=re.DOTALL)[:5]:
            exec(code, names)  # noqa: S102  the lesson's own code
    return names


def credit_for_a_gap(theme: Theme) -> Figure:
    """Draw the mean shares of the income's two columns, and their sum, for three fillings."""
    credit = _lesson()["credit"]
    figure, axes = canvas(theme, height=3.2)
    kinds = (
        ("income", theme.blue, ""),
        ("income=missing", theme.amber, "///"),
        ("sum", theme.muted, ""),
    )
    for k, (label, colour, hatch) in enumerate(kinds):
        heights = [shares[k] for shares in credit.values()]
        places = np.arange(len(credit)) + 0.27 * (k - 1)
        axes.bar(places, heights, 0.25, color=colour, hatch=hatch, label=label)
        for place, height in zip(places, heights, strict=True):
            axes.text(place, max(height, 0) + 0.02, f"{height:.2f}", ha="center", va="bottom")
    axes.axhline(0, color=theme.ink, linewidth=1)
    words = ("median, 125", "0, below all incomes", "1000, above all incomes")
    axes.set_xticks(range(3), words)
    axes.set(xlabel="the gaps are filled with", ylabel="mean share, log-odds", ylim=(-0.15, 1.85))
    axes.legend(loc="upper center", ncols=3)
    return figure
