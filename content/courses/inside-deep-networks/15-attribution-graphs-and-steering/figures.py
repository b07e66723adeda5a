"""Figure of the lesson on steering, made by its own code."""

import contextlib
import io
import re
from pathlib import Path
from typing import Any

from figure_style import Theme, panels
from matplotlib.figure import Figure

__all__ = ["dose"]


def _lesson() -> dict[str, Any]:
    """Run the code blocks of the lesson and return the names that they define."""
    text = Path(__file__).with_name("lesson.md").read_text(encoding="utf-8")
    names: dict[str, Any] = {}
    with contextlib.redirect_stdout(io.StringIO()):
        for code in re.findall(r"```python run\n(.*?)```", text, flags=re.DOTALL):
            exec(code, names)  # noqa: S102  our own lesson, run by its test as well
    return names


def dose(theme: Theme) -> Figure:
    """Return effect and cost of a push against its size."""
    names = _lesson()
    sizes = list(names["curve"])
    figure, axes = panels(theme, 2, height=2.9)
    titles = ("good minus bad", "loss on neutral text")
    for column, (panel, title) in enumerate(zip(axes, titles, strict=True)):
        values = [names["curve"][size][column] for size in sizes]
        panel.plot(sizes, values, "o-", color=(theme.blue, theme.vermilion)[column])
        panel.set_title(title)
        panel.set(xlabel="size of the push")
    axes[0].plot([60] * len(names["by_chance"]), names["by_chance"], "x", color=theme.muted)
    return figure
