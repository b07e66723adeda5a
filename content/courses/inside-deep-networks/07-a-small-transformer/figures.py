"""Figure of the lesson on a small transformer, made by its own code."""

import contextlib
import io
import re
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from figure_style import Theme, panels
from matplotlib.figure import Figure

__all__ = ["images"]


@cache
def _lesson() -> dict[str, Any]:
    """Run the code blocks of the lesson and return the names that they define."""
    text = Path(__file__).with_name("lesson.md").read_text(encoding="utf-8")
    names: dict[str, Any] = {}
    with contextlib.redirect_stdout(io.StringIO()):
        for code in re.findall(r"```python run\n(.*?)```", text, flags=re.DOTALL):
            exec(code, names)  # noqa: S102  our own lesson, run by its test as well
    return names


def images(theme: Theme) -> Figure:
    """Return four digits with attention over patches and the effect of replacing a patch."""
    names = _lesson()
    vision, patches, labels = names["vision"], names["p_test"], names["d_test"]
    mean = names["p_train"].mean(axis=0)
    right = np.flatnonzero(names["scores"].argmax(axis=1) == labels)
    chosen = [right[labels[right] == digit][0] for digit in (0, 3, 4, 7)]
    figure, axes = panels(theme, 4, rows=3, height=5.0)
    for column, index in enumerate(chosen):
        digit = labels[index]
        before = vision.forward(patches[[index]])[0][0, digit]
        fall = np.zeros(16)
        for place in range(16):
            changed = patches[[index]].copy()
            changed[0, place] = mean[place]
            fall[place] = before - vision.forward(changed)[0][0, digit]
        pixels = patches[index].reshape(4, 4, 2, 2).swapaxes(1, 2).reshape(8, 8)
        limit = np.abs(fall).max()
        axes[0][column].imshow(pixels, cmap=theme.sequential)
        axes[1][column].imshow(names["looks"][index].reshape(4, 4), cmap=theme.sequential, vmin=0)
        axes[2][column].imshow(fall.reshape(4, 4), cmap=theme.diverging, vmin=-limit, vmax=limit)
        axes[0][column].set_title(f"digit {digit}", loc="center")
    for row, name in enumerate(("image", "attention", "effect")):
        axes[row][0].set_ylabel(name)
    for panel in axes.flat:
        panel.set(xticks=[], yticks=[])
        panel.grid(visible=False)
    return figure
