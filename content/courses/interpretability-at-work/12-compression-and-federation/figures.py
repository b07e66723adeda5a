"""Figure of the lesson on compression, made by its own code."""

import contextlib
import io
import re
from pathlib import Path
from typing import Any

import numpy as np
from figure_style import Theme, canvas
from matplotlib.figure import Figure

__all__ = ["bits"]


def _lesson() -> dict[str, Any]:
    """Run the code blocks of the lesson and return the names that they define."""
    text = Path(__file__).with_name("lesson.md").read_text(encoding="utf-8")
    names: dict[str, Any] = {}
    with contextlib.redirect_stdout(io.StringIO()):
        for code in re.findall(r"```python run\n(.*?)```", text, flags=re.DOTALL):
            exec(code, names)  # noqa: S102  our own lesson, run by its test as well
    return names


def bits(theme: Theme) -> Figure:
    """Return accuracy and movement of explanations against the number of bits."""
    lesson = _lesson()
    widths = (8, 7, 6, 5, 4, 3, 2)
    accuracy, moved = [], []
    images, answers = lesson["X_test"][:100], lesson["original"][:100]
    for width in widths:
        weights = [lesson["quantize"](w, width) for w in lesson["full"]]
        answer = lesson["forward"](weights, lesson["X_test"])[2].argmax(axis=1)
        accuracy.append((answer == lesson["y_test"]).mean())
        now = np.array(
            [
                lesson["gradient_times_difference"](weights, x, c)
                for x, c in zip(images, answers, strict=True)
            ]
        )
        reasons = lesson["reasons"]
        moved.append(np.abs(now - reasons).sum() / np.abs(reasons).sum())
    figure, axes = canvas(theme, height=3.2)
    axes.plot(widths, accuracy, marker="o", color=theme.blue, label="accuracy")
    axes.plot(
        widths,
        moved,
        marker="s",
        linestyle="--",
        color=theme.vermilion,
        label="movement of explanations (relative distance)",
    )
    axes.invert_xaxis()
    axes.set(xlabel="bits for each weight", ylim=(0, max(1.05, *moved)))
    axes.legend(loc="center left")
    return figure
