"""Figure of the lesson on communication, made by its own code."""

import contextlib
import io
import re
from pathlib import Path
from typing import Any

import numpy as np
from figure_style import Theme, panels
from matplotlib.figure import Figure

__all__ = ["two_ways"]


def _lesson() -> dict[str, Any]:
    """Run the code blocks of the lesson and return the names that they define."""
    text = Path(__file__).with_name("lesson.md").read_text(encoding="utf-8")
    names: dict[str, Any] = {}
    with contextlib.redirect_stdout(io.StringIO()):
        for code in re.findall(r"```python run\n(.*?)```", text, flags=re.DOTALL):
            exec(code, names)  # noqa: S102  our own lesson, run by its test as well
    return names


def two_ways(theme: Theme) -> Figure:
    """Return a bare bar chart in log-odds beside a labelled one in points of 100."""
    lesson = _lesson()
    columns, phi = lesson["columns"], lesson["phi"]
    scaler, logistic = lesson["model"][0], lesson["model"][1]
    in_log_odds = logistic.coef_[0] * scaler.transform(lesson["patient"][None])[0]
    places = np.arange(len(columns))
    figure, (left, right) = panels(theme, 2, height=3.2)
    left.barh(places, in_log_odds, color=theme.blue, height=0.6)
    left.set_yticks(places, list(columns))
    left.invert_yaxis()
    left.set(xlabel="SHAP value")
    left.grid(visible=False, axis="y")
    error = np.clip([phi - lesson["low"], lesson["high"] - phi], 0, None)
    right.barh(
        places,
        100 * phi,
        xerr=100 * error,
        color=[theme.positive if share > 0 else theme.negative for share in phi],
        ecolor=theme.muted,
        height=0.6,
    )
    right.axvline(0, color=theme.ink, linewidth=1)
    right.set_yticks(places, list(columns.values()))
    right.invert_yaxis()
    right.set(xlabel="points of 100")
    predicted = 100 * (lesson["base"] + phi.sum())
    right.set_title(
        f"average {100 * lesson['base']:.0f}, this patient {predicted:.0f} of 100", fontsize=11
    )
    right.grid(visible=False, axis="y")
    return figure
