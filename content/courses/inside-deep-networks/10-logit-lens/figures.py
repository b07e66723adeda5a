"""Figure of the lesson on the logit lens, made by its own code."""

import contextlib
import io
import re
from pathlib import Path
from typing import Any

import numpy as np
from figure_style import Theme, canvas
from matplotlib.figure import Figure

__all__ = ["lens"]


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
