"""Figure of the lesson on pictures that explain nothing, made by its own code."""

import contextlib
import io
import re
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from figure_style import Theme, panels
from matplotlib.figure import Figure

__all__ = ["gallery"]


@cache
def _lesson() -> dict[str, Any]:
    """Run the code blocks of the lesson and return the names that they define."""
    text = Path(__file__).with_name("lesson.md").read_text(encoding="utf-8")
    names: dict[str, Any] = {}
    with contextlib.redirect_stdout(io.StringIO()):
        for code in re.findall(r"```python run\n(.*?)```", text, flags=re.DOTALL):
            exec(code, names)  # noqa: S102  our own lesson, run by its test as well
    return names


def _coarse(pixels: np.ndarray) -> np.ndarray:
    return pixels.reshape(56, 4, 56, 4, *pixels.shape[2:]).mean(axis=(1, 3))


def gallery(theme: Theme) -> Figure:
    """Return edges, a stamped class map, a map of gradients and an optimised image."""
    names = _lesson()
    edges = np.hypot(*np.gradient(names["pictures"]["camera"].mean(axis=2)))
    slope = np.abs(names["slope_of"](names["pictures"]["chelsea"], 285)[2]).max(axis=2)
    made = (np.clip(_coarse(names["optimised"]["smoothed"]), -1, 1) + 1) / 2
    figure, axes = panels(theme, 4, height=2.2)
    for panel, values, title in zip(
        axes,
        (_coarse(edges), names["second"], _coarse(slope)),
        ("1", "2", "3"),
        strict=False,
    ):
        top = np.quantile(values, 0.99)
        panel.imshow(values, cmap=theme.sequential, vmin=0, vmax=top, interpolation="none")
        panel.set_title(title, loc="center")
    axes[3].imshow(made, interpolation="none")
    axes[3].set_title("4", loc="center")
    for panel in axes:
        panel.set(xticks=[], yticks=[])
        panel.grid(visible=False)
    return figure
