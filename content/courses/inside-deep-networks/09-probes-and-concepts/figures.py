"""Figures of the lesson on probes, made by its own code."""

import contextlib
import io
import re
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from figure_style import Theme, canvas, panels
from matplotlib.figure import Figure

__all__ = ["ascent", "tcav"]


@cache
def _lesson() -> dict[str, Any]:
    """Run the code blocks of the lesson and return the names that they define."""
    text = Path(__file__).with_name("lesson.md").read_text(encoding="utf-8")
    names: dict[str, Any] = {}
    with contextlib.redirect_stdout(io.StringIO()):
        for code in re.findall(r"```python run\n(.*?)```", text, flags=re.DOTALL):
            exec(code, names)  # noqa: S102  our own lesson, run by its test as well
    return names


def tcav(theme: Theme) -> Figure:
    """Return TCAV scores of the loop concept and of shuffled concepts for each digit."""
    names = _lesson()
    figure, axes = canvas(theme, height=3.2)
    for digit in range(10):
        images = names["y_test"] == digit
        null = [(names["sensitivity"](digit, v)[images] > 0).mean() for v in names["shuffled"]]
        score = (names["sensitivity"](digit, names["loop"])[images] > 0).mean()
        axes.scatter(
            np.linspace(-0.25, 0.25, len(null)) + digit, null, s=9, color=theme.muted, linewidth=0
        )
        loop = bool(names["has_loop"][digit])
        axes.scatter(
            digit,
            score,
            s=70,
            marker="o" if loop else "s",
            color=theme.vermilion if loop else theme.blue,
            zorder=3,
        )
    axes.scatter([], [], s=70, marker="o", color=theme.vermilion, label="digit with a loop")
    axes.scatter([], [], s=70, marker="s", color=theme.blue, label="digit without")
    axes.scatter([], [], s=9, color=theme.muted, label="shuffled concepts")
    axes.set_xticks(range(10), [str(digit) for digit in range(10)])
    axes.set(xlabel="digit", ylabel="TCAV score", ylim=(-0.06, 1.06))
    axes.legend(loc="lower center", ncols=3, bbox_to_anchor=(0.5, 1.0))
    return figure


def ascent(theme: Theme) -> Figure:
    """Return a real three and two images that maximise its logit."""
    names = _lesson()
    real = names["X_test"][names["y_test"] == 3][0]
    figure, axes = panels(theme, 3, width=5.6, height=2.3)
    for panel, image, title in zip(
        axes,
        (real, names["ascend"](3, 0.0), names["ascend"](3, 0.5)),
        ("a real three", "no penalty", "with smoothing"),
        strict=True,
    ):
        panel.imshow(image.reshape(8, 8), cmap=theme.sequential, vmin=0, vmax=1)
        panel.set_title(title, loc="center")
        panel.set(xticks=[], yticks=[])
        panel.grid(visible=False)
    return figure
