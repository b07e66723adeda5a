"""Figure of the lesson on reasons for a refusal, made by its own code."""

import contextlib
import io
import re
from pathlib import Path
from typing import Any

import numpy as np
from figure_style import Theme, panels
from matplotlib.figure import Figure

__all__ = ["reasons"]


def _lesson() -> dict[str, Any]:
    """Run the code blocks of the lesson and return the names that they define."""
    text = Path(__file__).with_name("lesson.md").read_text(encoding="utf-8")
    names: dict[str, Any] = {}
    with contextlib.redirect_stdout(io.StringIO()):
        for code in re.findall(r"```python run\n(.*?)```", text, flags=re.DOTALL):
            exec(code, names)  # noqa: S102  our own lesson, run by its test as well
    return names


def reasons(theme: Theme) -> Figure:
    """Return one applicant's shares against four references."""
    lesson = _lesson()
    names, person, weights = lesson["names"], lesson["person"], lesson["model"].coef_[0]
    figure, axes = panels(theme, 4, height=2.9, sharey=True)
    for panel, (title, reference) in zip(axes, lesson["references"].items(), strict=True):
        shares = weights * (person - reference)
        colours = [theme.positive if share > 0 else theme.negative for share in shares]
        panel.barh(np.arange(len(names)), shares, color=colours, height=0.6)
        panel.axvline(0, color=theme.ink, linewidth=1)
        panel.set_title(f"against\n{title}", fontsize=10)
        panel.grid(visible=False, axis="y")
        panel.tick_params(labelsize=9)
    axes[0].set_yticks(range(len(names)), names)
    axes[0].invert_yaxis()
    figure.supxlabel("share of the score", fontsize=11, color=theme.ink)
    return figure
