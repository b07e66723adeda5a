"""Figures of the lesson on scorecards, from what its own code computes."""

import contextlib
import io
import re
from pathlib import Path
from typing import Any

import numpy as np
from figure_style import Theme, panels
from matplotlib.figure import Figure

__all__ = ["gap_kept"]


def _lesson() -> dict[str, Any]:
    """Return the names that the lesson's blocks leave."""
    text = (Path(__file__).parent / "lesson.md").read_text(encoding="utf-8")
    names: dict[str, Any] = {}
    with contextlib.redirect_stdout(io.StringIO()):
        for code in re.findall(r"```python run\n(.*?)```", text, flags=re.DOTALL)[:5]:
            exec(code, names)  # noqa: S102  the lesson's own code
    return names


def gap_kept(theme: Theme) -> Figure:
    """Draw the weights of income with the gap kept and filled, and what comes of it."""
    names = _lesson()
    order = ["up to 80", "up to 120", "up to 160", "over 160", "no answer"]
    kept = names["tables"]["income"]["woe"]
    filled = names["weights"](names["refilled"]["income"], names["train"]["status"])["woe"]
    figure, (left, right) = panels(theme, 2, height=3.2, width_ratios=(3, 2))
    places = np.arange(len(order))
    left.bar(places - 0.2, kept[order], 0.38, color=theme.blue, label="gap kept")
    left.bar(
        places[:4] + 0.2, filled[order[:4]], 0.38, color=theme.amber, hatch="///", label="filled"
    )
    for place, name in enumerate(order):
        at = kept[name]
        side, lift = ("bottom", 0.02) if at > 0 else ("top", -0.04)
        left.text(place - 0.2, at + lift, f"{at:.2f}", ha="center", va=side)
    left.axhline(0, color=theme.ink, linewidth=1)
    left.set_xticks(places, order, rotation=20)
    left.set(ylabel="weight of evidence", xlabel="income", ylim=(-1.6, 1.0))
    left.legend(loc="lower left")
    gap = names["no_income"]
    shares = [
        names["good_test"][gap].mean(),
        names["p_kept"][gap.to_numpy()].mean(),
        names["p_filled"][gap.to_numpy()].mean(),
    ]
    hatches = ("", "", "///")
    colours = (theme.muted, theme.blue, theme.amber)
    words = ("observed", "gap\nkept", "gap\nfilled")
    for place, (share, colour, hatch) in enumerate(zip(shares, colours, hatches, strict=True)):
        right.bar(place, share, 0.6, color=colour, hatch=hatch)
        right.text(place, share, f"{share:.3f}", ha="center", va="bottom")
    right.set_xticks(range(3), words)
    right.set(title="income not given", ylabel="share of good loans", ylim=(0, 0.75))
    return figure
