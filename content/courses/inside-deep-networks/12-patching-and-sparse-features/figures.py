"""Figures of the lesson on patching, made by its own code."""

import contextlib
import io
import re
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from figure_style import Theme, canvas, panels
from matplotlib.figure import Figure

__all__ = ["patching", "recovery"]


@cache
def _lesson() -> dict[str, Any]:
    """Run the code blocks of the lesson and return the names that they define."""
    text = Path(__file__).with_name("lesson.md").read_text(encoding="utf-8")
    names: dict[str, Any] = {}
    with contextlib.redirect_stdout(io.StringIO()):
        for code in re.findall(r"```python run\n(.*?)```", text, flags=re.DOTALL):
            exec(code, names)  # noqa: S102  our own lesson, run by its test as well
    return names


def patching(theme: Theme) -> Figure:
    """Return the restored share on new pairs against the number of patched units."""
    names = _lesson()
    restored, choose, test = names["restored"], names["choose"], names["test"]
    figure, axes = canvas(theme, height=3.3)
    rng = np.random.default_rng(0)
    for layer, colour, marker in ((1, theme.blue, "o"), (2, theme.vermilion, "s")):
        width = names["hidden"][layer].shape[1]
        single = [restored(layer, *choose, [unit]).mean() for unit in range(width)]
        order = np.argsort(single)[::-1]
        counts = [c for c in (0, 1, 2, 4, 8, 12, 16, 24, 32, 48, 64) if c <= width]
        curve = [restored(layer, *test, order[:c]).mean() for c in counts]
        axes.plot(
            counts, curve, marker=marker, color=colour, label=f"layer {layer} ({width} units)"
        )
        shuffles = [rng.permutation(width) for _ in range(30)]
        chance = [
            np.mean([restored(layer, *test, shuffle[:c]) for shuffle in shuffles]) for c in counts
        ]
        axes.plot(counts, chance, color=colour, linewidth=0.9)
    axes.axhline(1, color=theme.muted, linestyle="--", linewidth=1)
    axes.set(xlabel="patched units", ylabel="restored share")
    axes.legend(loc="lower right")
    return figure


def recovery(theme: Theme) -> Figure:
    """Return the best cosine for each true feature under three penalties."""
    names = _lesson()
    figure, axes = panels(theme, 3, height=2.7, sharey=True)
    for panel, penalty in zip(axes, (0.01, 0.1, 0.3), strict=True):
        best = np.sort((names["true"] @ names["trained"][penalty, 48]["U"].T).max(axis=1))[::-1]
        panel.bar(range(len(best)), best, color=theme.blue, width=0.8)
        panel.axhline(0.9, color=theme.vermilion, linestyle="--", linewidth=1.2)
        panel.set_title(f"penalty {penalty}")
        panel.set(xticks=[], xlabel="true features, sorted", ylim=(0, 1.02))
        panel.grid(visible=False, axis="x")
    axes[0].set_ylabel("best cosine")
    return figure
