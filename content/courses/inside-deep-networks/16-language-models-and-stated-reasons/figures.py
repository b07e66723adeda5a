"""Figure of the lesson on text, made by its own code."""

import contextlib
import io
import re
from pathlib import Path
from typing import Any

from figure_style import Theme, panels
from matplotlib.figure import Figure

__all__ = ["alignment"]


def _lesson() -> dict[str, Any]:
    """Run the lesson's code up to the translation and return the names that it defines."""
    text = Path(__file__).with_name("lesson.md").read_text(encoding="utf-8")
    names: dict[str, Any] = {}
    with contextlib.redirect_stdout(io.StringIO()):
        for code in re.findall(r"```python run\n(.*?)```", text, flags=re.DOTALL):
            exec(code, names)  # noqa: S102  our own lesson, run by its test as well
            if "align" in names:
                break  # the blocks after it run a language model, which no figure needs
    return names


def alignment(theme: Theme) -> Figure:
    """Return the soft alignments of two sentence pairs."""
    names = _lesson()
    figure, axes = panels(theme, 2, height=3.0)
    for panel, k in zip(axes, (4, 6), strict=True):
        source, target = names["corpus"][k]
        weights = names["align"](source, target)
        panel.imshow(weights, cmap=theme.sequential, vmin=0, vmax=1.4, aspect="auto")
        for i in range(len(source)):
            for j in range(len(target)):
                panel.text(j, i, f"{weights[i, j]:.2f}", ha="center", va="center", fontsize=10)
        panel.set_xticks(range(len(target)), target)
        panel.set_yticks(range(len(source)), source)
        panel.xaxis.tick_top()
        panel.tick_params(length=0)
        panel.grid(visible=False)
    return figure
