"""Interactive figure of the lesson on class activation maps, made by its own code."""

import base64
import contextlib
import io
import re
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

__all__ = ["cam"]

SIDE = 80
LAYERS = (("block", 3), ("block", 5), ("block", 8), ("block", 10), ("block", 12), ("block", 14),
          ("block", 15), ("head", 0))  # fmt: skip


@cache
def _lesson() -> dict[str, Any]:
    """Run the code blocks of the lesson and return the names that they define."""
    text = Path(__file__).with_name("lesson.md").read_text(encoding="utf-8")
    names: dict[str, Any] = {}
    with contextlib.redirect_stdout(io.StringIO()):
        for code in re.findall(r"```python run\n(.*?)```", text, flags=re.DOTALL):
            exec(code, names)  # noqa: S102  our own lesson, run by its test as well
    return names


def _text(numbers: np.ndarray) -> str:
    return base64.b64encode(numbers.tobytes()).decode()


def _grey(picture: np.ndarray) -> str:
    return _text(np.asarray(Image.fromarray(picture).convert("L").resize((SIDE, SIDE))))


def cam() -> dict[str, Any]:
    """Return Grad-CAM of five pairs of picture and class at eight layers."""
    names = _lesson()
    pictures = [*names["pictures"].values(), names["both"]]
    asked = (
        (0, 285, "The cat: Egyptian cat"),
        (1, 967, "The coffee: espresso"),
        (2, 872, "The photographer: tripod"),
        (3, 282, "Cat above coffee: tiger cat"),
        (3, 967, "Cat above coffee: espresso"),
    )
    cases: list[dict[str, Any]] = []
    table = [["picture and class", *(f"{name} {layer}" for name, layer in LAYERS)]]
    for number, c, label in asked:
        _, run = names["network"].run_with_cache(pictures[number])
        wanted = np.zeros(1000, np.float32)
        wanted[c] = 1
        gradients = names["network"].gradients(run, wanted)
        votes = names["class_map"](run, c)
        maps, notes = [], []
        for place in LAYERS:
            found = run[place] @ gradients[place].mean(axis=(0, 1))
            side = len(found) // 7
            small = found.reshape(7, side, 7, side).mean(axis=(1, 3))
            notes.append(round(float(np.corrcoef(small.ravel(), votes.ravel())[0, 1]), 2) + 0.0)
            maps.append(_text(np.round(127 * found / np.abs(found).max()).astype(np.int8)))
        cases.append({"picture": number, "label": label, "maps": maps, "notes": notes})
        table.append([label, *(f"{note:.2f}" for note in notes)])
    return {
        "renderer": "layer-maps",
        "side": SIDE,
        "pictures": [_grey(picture) for picture in pictures],
        "cases": cases,
        "sides": [int(np.sqrt(len(base64.b64decode(one)))) for one in cases[0]["maps"]],
        "layers": [f"block {layer}" if name == "block" else "last map" for name, layer in LAYERS],
        "last": len(LAYERS) - 1,
        "words": {
            "case": "Picture and class",
            "layer": "Layer:",
            "sum": "{label}. Grad-CAM at {layer}, {cells} by {cells} cells; correlation with the "
            "class activation map: {note}. Orange speaks for the class, blue against it.",
            "exact": "The mean of this map and the bias are the logit.",
            "other": "This map adds up to nothing that the network computes.",
        },
        "table": table,
    }
