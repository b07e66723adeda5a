"""The interactive figure of the lesson on fairness, made by the lesson's own code."""

import contextlib
import io
import re
from pathlib import Path
from typing import Any

__all__ = ["thresholds"]


def _lesson() -> dict[str, Any]:
    """Run the code blocks of the lesson and return the names that they define."""
    text = Path(__file__).with_name("lesson.md").read_text(encoding="utf-8")
    names: dict[str, Any] = {}
    with contextlib.redirect_stdout(io.StringIO()):
        for code in re.findall(r"```python run\n(.*?)```", text, flags=re.DOTALL):
            exec(code, names)  # noqa: S102  our own lesson, run by its test as well
    return names


def thresholds() -> dict[str, Any]:
    """Return the rates of both groups at each threshold."""
    names = _lesson()
    score, group, repays = names["score"], names["g"], names["y"]
    grid = [round(0.2 + 0.005 * k, 3) for k in range(129)]
    groups = []
    for k in (0, 1):
        mine, truth = score[group == k], repays[group == k]
        rows = []
        for t in grid:
            approved = mine >= t
            rows.append(
                [
                    round(float(approved.mean()), 3),
                    round(float(approved[truth == 1].mean()), 3),
                    round(float(truth[approved].mean()), 3),
                ]
            )
        groups.append({"name": f"group {k}", "base": round(float(truth.mean()), 3), "rates": rows})
    columns = ("approved", "approved of those who would repay", "precision")
    heads = [f"{one['name']}: {column}" for one in groups for column in columns]
    lines = [
        [f"{grid[at]:.2f}", *[f"{rate:.2f}" for one in groups for rate in one["rates"][at]]]
        for at in range(0, len(grid), 16)
    ]
    return {
        "renderer": "fairness-threshold",
        "thresholds": grid,
        "start": 0.6,
        "rates": [
            "approved",
            "approved among those who would repay",
            "would repay among the approved",
        ],
        "groups": groups,
        "words": {
            "threshold": "Threshold for {group}",
            "together": "one threshold for all",
            "rate": "{label}: {first} and {second}",
            "equal": "equal",
        },
        "table": [["threshold", *heads], *lines],
    }
