"""Figures of the lesson on induction heads: a drawing of the two, and one by its own code."""

import contextlib
import io
import re
from pathlib import Path
from typing import Any

import numpy as np
from figure_style import Theme, canvas, panels
from matplotlib.figure import Figure

__all__ = ["heads", "two_heads"]

HALF = 16


def _lesson() -> dict[str, Any]:
    """Run the code blocks of the lesson and return the names that they define."""
    text = Path(__file__).with_name("lesson.md").read_text(encoding="utf-8")
    names: dict[str, Any] = {}
    with contextlib.redirect_stdout(io.StringIO()):
        for code in re.findall(r"```python run\n(.*?)```", text, flags=re.DOTALL):
            exec(code, names)  # noqa: S102  our own lesson, run by its test as well
    return names


def heads(theme: Theme) -> Figure:
    """Return the attention of the later induction head at four steps of training."""
    names = _lesson()
    once = np.random.default_rng(1).choice(64, HALF, replace=False)
    tokens = np.concatenate([once, once])
    load, scores = names["whybox_models"].load_decoder, names["scores"]
    last = load(f"phase-{names['steps'][-1]}").residual(tokens).stack("pattern")
    head = int(scores(last, HALF, 0)[0][1].argmax())
    figure, axes = panels(theme, 4, height=2.6, sharey=True)
    for panel, step in zip(axes, (300, 340, 400, 2500), strict=True):
        pattern = load(f"phase-{step}").residual(tokens)["pattern", 1][head]
        panel.imshow(pattern, cmap=theme.sequential, vmin=0, vmax=1)
        panel.plot(
            np.arange(1, HALF + 1),
            np.arange(HALF, 2 * HALF),
            "--",
            color=theme.vermilion,
            linewidth=1,
        )
        panel.set_title(f"step {step}")
        panel.set(xlabel="position read", xticks=[0, 15, 31], yticks=[0, 15, 31])
        panel.grid(visible=False)
    axes[0].set_ylabel("reading position")
    return figure


def two_heads(theme: Theme) -> Figure:
    """Return a drawing of a previous-token head and an induction head at work."""
    figure, axes = canvas(theme, height=2.7)
    places = {0: "…", 1: "A", 2: "B", 3: "…", 4: "A", 5: "?"}
    for x, token in places.items():
        axes.text(x, 0, token, ha="center", va="center", fontsize=13, fontweight="bold")
    look = {"arrowstyle": "-|>", "lw": 1.8, "shrinkA": 2, "shrinkB": 2}

    def bend(start: tuple[float, float], end: tuple[float, float], colour: str, by: float) -> None:
        arrow = {**look, "color": colour, "connectionstyle": f"arc3,rad={by}"}
        axes.annotate("", end, start, arrowprops=arrow)

    bend((1, 0.2), (1.95, 0.62), theme.vermilion, -0.35)
    axes.text(
        2, 0.8, "“before me: A”", ha="center", va="center", fontsize=10, color=theme.vermilion
    )
    axes.text(0.95, 0.75, "previous-token\nhead", ha="right", va="center", fontsize=9.5,
              color=theme.vermilion)  # fmt: skip
    axes.text(
        4, 0.8, "“who has A before?”", ha="center", va="center", fontsize=10, color=theme.blue
    )
    bend((4, 0.98), (2.05, 0.98), theme.blue, 0.35)
    axes.text(3, 1.75, "induction head: asks, finds …", ha="center", fontsize=9.5, color=theme.blue)
    bend((2.1, -0.2), (4.9, -0.2), theme.green, 0.3)
    axes.text(3.5, -0.98, "… and copies B", ha="center", fontsize=9.5, color=theme.green)
    axes.set(xlim=(-0.6, 5.6), ylim=(-1.15, 2.0))
    axes.axis("off")
    return figure
