"""Figure of the lesson on sparse autoencoders, made by its own code."""

import contextlib
import io
import re
from pathlib import Path
from typing import Any

import numpy as np
from figure_style import Theme, panels
from matplotlib.figure import Figure

__all__ = ["card"]

FEATURE = 465


def _lesson() -> dict[str, Any]:
    """Run the code blocks of the lesson and return the names that they define."""
    text = Path(__file__).with_name("lesson.md").read_text(encoding="utf-8")
    names: dict[str, Any] = {}
    with contextlib.redirect_stdout(io.StringIO()):
        for code in re.findall(r"```python run\n(.*?)```", text, flags=re.DOTALL):
            exec(code, names)  # noqa: S102  our own lesson, run by its test as well
    return names


def card(theme: Theme) -> Figure:
    """Return the strongest positions of a feature, and how many fit its name over the range."""
    names = _lesson()
    strength, words = names["code"][:, FEATURE], names["word"]
    name, fitting = names["names"][FEATURE]
    fits = np.isin(words, fitting.split())
    figure, axes = panels(theme, 2, height=3.6)
    best = np.argsort(-strength)[:12]
    axes[0].barh(range(len(best)), strength[best], color=theme.blue, height=0.7)
    for row, at in enumerate(best):
        around = words[max(0, at - 3) : at + 3]
        axes[0].text(0.02, row, " ".join(around), va="center", fontsize=8)
    axes[0].invert_yaxis()
    axes[0].set(yticks=[], xlabel="strength", title=f"feature {FEATURE}: strongest positions")
    for bar in axes[0].patches:
        bar.set_alpha(0.35)
    on = np.flatnonzero(strength > 0)
    groups = np.array_split(on[np.argsort(strength[on])], 10)
    axes[1].bar(range(1, 11), [fits[group].mean() for group in groups], color=theme.vermilion)
    axes[1].set(
        xlabel="active positions, weak to strong",
        ylabel="share that fits",
        title=f"does the name “{name}” fit?",
        ylim=(0, 1.05),
    )
    for panel in axes:
        panel.grid(visible=False)
    return figure
