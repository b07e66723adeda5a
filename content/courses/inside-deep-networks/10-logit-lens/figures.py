"""Figures of the lesson on the logit lens: a drawing of the stream, and one by its own code."""

import contextlib
import io
import re
from pathlib import Path
from typing import Any

import numpy as np
from figure_style import Theme, canvas
from matplotlib.figure import Figure

__all__ = ["lens", "stream"]


def _lesson() -> dict[str, Any]:
    """Run the code blocks of the lesson and return the names that they define."""
    text = Path(__file__).with_name("lesson.md").read_text(encoding="utf-8")
    names: dict[str, Any] = {}
    with contextlib.redirect_stdout(io.StringIO()):
        for code in re.findall(r"```python run\n(.*?)```", text, flags=re.DOTALL):
            exec(code, names)  # noqa: S102  our own lesson, run by its test as well
    return names


def lens(theme: Theme) -> Figure:
    """Return the most probable token after layers, for each position of the prompt."""
    names = _lesson()
    model, run, tokens = names["model"], names["run"], names["tokens"]
    layers = [2, 5, 8, 11, 14, 17, 20, 23, 25, 26, 27, 29]
    positions = range(2, len(tokens))
    certain = np.zeros((len(layers), len(positions)))
    tops = []
    for row, layer in enumerate(layers):
        logits = model.unembed(run["resid_post", layer][2:])
        raised = np.exp(logits - logits.max(axis=-1, keepdims=True))
        certain[row] = (raised / raised.sum(axis=-1, keepdims=True)).max(axis=-1)
        tops.append(model.to_text(logits.argmax(axis=-1)))
    figure, axes = canvas(theme, height=4.2)
    axes.imshow(certain, cmap=theme.sequential, vmin=0, vmax=1.5, aspect="auto", origin="lower")
    for row, words in enumerate(tops):
        for column, word in enumerate(words):
            shown = word.strip()[:9] or "(space)"
            axes.text(column, row, shown, ha="center", va="center", fontsize=8.5)
    axes.set_xticks(
        range(len(positions)), [names["model"].to_text([tokens[p]])[0] for p in positions]
    )
    axes.set_yticks(range(len(layers)), layers)
    axes.set(xlabel="the prompt, from its third token on", ylabel="after layer")
    axes.tick_params(length=0)
    axes.grid(visible=False)
    return figure


def stream(theme: Theme) -> Figure:
    """Return a drawing of the residual stream, what is added to it, and the lens."""
    figure, axes = canvas(theme, height=2.6)
    box = {"boxstyle": "round,pad=0.35", "facecolor": theme.paper, "edgecolor": theme.muted}

    def arrow(
        start: tuple[float, float], end: tuple[float, float], colour: str, **look: Any
    ) -> None:
        axes.annotate(
            "", end, start, arrowprops={"arrowstyle": "-|>", "color": colour, "lw": 1.8, **look}
        )

    def word(x: float, y: float, text: str) -> None:
        axes.text(x, y, text, ha="center", va="center", fontsize=9.5, bbox=box)

    word(0.5, 1, "embedding")
    arrow((1.3, 1), (8.35, 1), theme.blue)
    for x, text in ((2.0, "heads 0"), (3.5, "MLP 0"), (5.6, "heads 29"), (7.1, "MLP 29")):
        word(x, 2, text)
        arrow((x - 0.25, 1.05), (x - 0.25, 1.75), theme.muted)
        arrow((x + 0.25, 1.75), (x + 0.25, 1.05), theme.vermilion)
    axes.text(4.55, 2, "…", ha="center", va="center", fontsize=14)
    axes.text(2.8, 0.72, "residual stream", ha="center", fontsize=9.5, color=theme.blue)
    word(9.0, 1, "last norm")
    arrow((9.65, 1), (10.35, 1), theme.blue)
    word(11.3, 1, "unembedding")
    arrow((12.2, 1), (12.8, 1), theme.blue)
    axes.text(12.85, 1, "logits", va="center", fontsize=9.5)
    axes.plot([4.55, 4.55, 9.0], [0.95, 0, 0], "--", color=theme.green, linewidth=1.8)
    arrow((9.0, 0), (9.0, 0.7), theme.green, linestyle="--")
    axes.text(6.7, 0.12, "logit lens: leave early", ha="center", fontsize=9.5, color=theme.green)
    axes.text(1.62, 1.4, "read", ha="right", va="center", fontsize=8.5, color=theme.muted)
    axes.text(2.32, 1.4, "add", va="center", fontsize=8.5, color=theme.vermilion)
    axes.set(xlim=(-0.3, 13.7), ylim=(-0.3, 2.4))
    axes.axis("off")
    return figure
