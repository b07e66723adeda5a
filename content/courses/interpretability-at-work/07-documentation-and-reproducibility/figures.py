"""Figure of the lesson on documentation, made by its own code."""

import contextlib
import io
import re
from pathlib import Path
from typing import Any

import numpy as np
from figure_style import Theme, canvas
from matplotlib.figure import Figure

__all__ = ["moves"]


def _lesson() -> dict[str, Any]:
    """Run the code blocks of the lesson and return the names that they define."""
    text = Path(__file__).with_name("lesson.md").read_text(encoding="utf-8")
    names: dict[str, Any] = {}
    with contextlib.redirect_stdout(io.StringIO()):
        for code in re.findall(r"```python run\n(.*?)```", text, flags=re.DOTALL):
            exec(code, names)  # noqa: S102  our own lesson, run by its test as well
    return names


def moves(theme: Theme) -> Figure:
    """Return the distance that each unrecorded change moves the shares."""
    lesson = _lesson()
    shares = lesson["shares"]
    changes = {
        "another background": {"background_seed": 1},
        "50 background rows": {"background_rows": 50},
        "seed of the model": {"model_seed": 1},
        "split of the data": {"split_seed": 1},
    }
    figure, axes = canvas(theme, height=2.6)
    distances = []
    for change in changes.values():
        other, _ = lesson["make"](**change)
        distances.append(np.abs(other - shares).sum() / np.abs(shares).sum())
    axes.barh(list(changes), distances, color=theme.blue, height=0.6)
    for place, distance in enumerate(distances):
        axes.text(distance + 0.005, place, f"{distance:.2f}", va="center")
    axes.invert_yaxis()
    axes.grid(visible=False, axis="y")
    axes.set(xlabel="relative distance of the shares", xlim=(0, max(distances) * 1.15))
    return figure
