"""Figure of the lesson on induction heads, made by its own code."""

import contextlib
import io
import re
from pathlib import Path
from typing import Any

import numpy as np
from figure_style import Theme, panels
from matplotlib.figure import Figure

__all__ = ["heads"]

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
