"""Figure of the lesson on evaluation, made by its own code."""

import contextlib
import io
import re
from pathlib import Path
from typing import Any

import numpy as np
from figure_style import Theme, panels
from matplotlib.figure import Figure

__all__ = ["measures"]


def _lesson() -> dict[str, Any]:
    """Run the code blocks of the lesson and return the names that they define."""
    text = Path(__file__).with_name("lesson.md").read_text(encoding="utf-8")
    names: dict[str, Any] = {}
    with contextlib.redirect_stdout(io.StringIO()):
        for code in re.findall(r"```python run\n(.*?)```", text, flags=re.DOTALL):
            exec(code, names)  # noqa: S102  our own lesson, run by its test as well
    return names


def measures(theme: Theme) -> Figure:
    """Return deletion against instability, and cosine against distance."""
    names = _lesson()
    reference = names["reference"]
    figure, (left, right) = panels(theme, 2, height=3.6)
    markers = ("o", "s", "^", "D", "X")
    for (name, phi), marker, colour in zip(
        names["explanations"].items(), markers, theme.cycle[:5], strict=True
    ):
        change = np.abs(names["again"][name] - phi).sum() / np.abs(phi).sum()
        left.scatter(change, names["deletion"](phi), s=60, marker=marker, color=colour, label=name)
        cosine = (phi * reference).sum(axis=1) / (
            np.linalg.norm(phi, axis=1) * np.linalg.norm(reference, axis=1)
        )
        distance = np.abs(phi - reference).sum() / np.abs(reference).sum()
        right.scatter(distance, cosine.mean(), s=60, marker=marker, color=colour)
    left.set(xlabel="change for nearby rows", ylabel="deletion")
    right.set(xlabel="distance from the reference", ylabel="mean cosine")
    handles, labels = left.get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=3, fontsize=10)
    return figure
