"""Figure of the lesson on business questions: five answers to one question."""

import contextlib
import io
import re
from pathlib import Path
from typing import Any

from figure_style import Theme, canvas
from matplotlib.figure import Figure

__all__ = ["effects"]


def _lesson() -> dict[str, Any]:
    """Run the code blocks of the lesson and return the names that they define."""
    text = Path(__file__).with_name("lesson.md").read_text(encoding="utf-8")
    names: dict[str, Any] = {}
    with contextlib.redirect_stdout(io.StringIO()):
        for code in re.findall(r"```python run\n(.*?)```", text, flags=re.DOTALL):
            exec(code, names)  # noqa: S102  our own lesson, run by its test as well
    return names


def effects(theme: Theme) -> Figure:
    """Return the estimates of two models and three experiments beside the truth."""
    lesson = _lesson()
    rows: list[tuple[str, float, float]] = [
        ("model without the reason", 100 * lesson["what_if"](lesson["model"], lesson["X"]), 0.0),
        (
            "model with the reason",
            100 * lesson["what_if"](lesson["adjusted"], lesson["known"]),
            0.0,
        ),
    ]
    rows += [
        (f"experiment, {size} customers", effect, 1.96 * error)
        for size, effect, error in lesson["experiments"]
    ]
    figure, axes = canvas(theme, height=3.0)
    for place, (_, effect, error) in enumerate(rows):
        model = place < 2
        axes.errorbar(
            effect,
            place,
            xerr=error or None,
            marker="s" if model else "o",
            markersize=8,
            color=theme.vermilion if model else theme.blue,
            capsize=4,
        )
    axes.axvline(100 * lesson["truth"], color=theme.ink, linestyle="--", linewidth=1.2)
    axes.axvline(0, color=theme.muted, linewidth=1)
    axes.set_yticks(range(len(rows)), [row[0] for row in rows])
    axes.invert_yaxis()
    axes.grid(visible=False, axis="y")
    axes.set(xlabel="change of the chance of leaving, in points (95 % intervals)")
    return figure
