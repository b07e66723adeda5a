"""Interactive figures of the lesson on attention, made by its own code."""

import base64
import contextlib
import io
import re
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

__all__ = ["attention", "heads"]

REVIEWS = 6


@cache
def _lesson() -> dict[str, Any]:
    """Run the code blocks of the lesson and return the names that they define."""
    text = Path(__file__).with_name("lesson.md").read_text(encoding="utf-8")
    names: dict[str, Any] = {}
    with contextlib.redirect_stdout(io.StringIO()):
        for code in re.findall(r"```python run\n(.*?)```", text, flags=re.DOTALL):
            exec(code, names)  # noqa: S102  our own lesson, run by its test as well
    return names


def attention() -> dict[str, Any]:
    """Return attention, contributions and effects of the words of six reviews."""
    names = _lesson()
    reviews = []
    table: list[list[str]] = [
        [
            "review",
            "word",
            "read by head 0",
            "read by head 1",
            "contribution through head 0",
            "through head 1",
            "effect of replacing it",
        ]
    ]
    for i in range(1, REVIEWS + 1):
        words = list(names["new_texts"][i])
        matrices = names["inside"]["attention"][i]
        effects = [round(float(value), 2) + 0.0 for value in names["effect"][i]]
        parts = [[round(float(part), 2) + 0.0 for part in head] for head in names["parts"][i]]
        positive = bool(names["logits"][i].argmax())
        reviews.append(
            {
                "tokens": ["(class)", *words],
                "heads": [[[round(float(a), 3) for a in row] for row in m] for m in matrices],
                "contributions": parts,
                "effects": [None, *effects],
                "answer": "positive" if positive else "negative",
            }
        )
        for place, word in enumerate(words):
            first, second = (f"{matrices[head][0][place + 1]:.2f}" for head in (0, 1))
            brought = (f"{parts[head][place + 1]:.1f}" for head in (0, 1))
            table.append([str(i), word, first, second, *brought, f"{effects[place]:.1f}"])
    return {
        "renderer": "attention",
        "reviews": reviews,
        "words": {
            "review": "Review",
            "head": "Head",
            "heads": ["head 0", "head 1"],
            "reader": "Position that reads",
            "contribution": "part",
            "effect": "effect",
            "sum": "The model says: {answer}. From “{reader}”, {head} reads “{most}” most "
            "({weight}). Largest effect of a replacement: “{strongest}”, {effect}.",
            "brought": "Through this head, “{most}” contributes {contribution} to the margin.",
            "idle": "This row never reaches the answer: only the row of the class token does.",
        },
        "table": table,
    }


def heads() -> dict[str, Any]:
    """Return the attention of every head of MiniLM on three sentences."""
    names = _lesson()
    sentences = []
    table: list[list[str]] = [["sentence", "layer", "weight on [CLS]", "share of what arrives"]]
    for text in names["texts_read"][:3]:
        ids = names["encoder"].to_tokens(text)
        _, run = names["encoder"].run_with_cache(ids)
        patterns, arriving = [], []
        for layer in range(6):
            pattern = run["pattern", layer]
            size = np.linalg.norm(names["passed_on"](run, layer), axis=2)
            size /= size.sum(axis=1, keepdims=True)
            patterns.append(np.round(200 * pattern).astype(np.uint8).tobytes())
            arriving.append(np.round(200 * size).astype(np.uint8).tobytes())
            weight = pattern.mean(axis=0)[1:-1, 0].mean()
            table.append([text, str(layer), f"{weight:.2f}", f"{size[1:-1, 0].mean():.2f}"])
        sentences.append(
            {
                "tokens": names["encoder"].to_text(ids),
                "patterns": base64.b64encode(b"".join(patterns)).decode(),
                "arriving": base64.b64encode(b"".join(arriving)).decode(),
            }
        )
    return {
        "renderer": "heads",
        "layers": 6,
        "heads": 12,
        "unit": 200,
        "sentences": sentences,
        "words": {
            "sentence": "Sentence",
            "layer": "Layer:",
            "head": "Head:",
            "reader": "Position that reads",
            "arrives": "arrives",
            "sum": "Layer {layer}, head {head}: “{reader}” reads most at “{most}” ({weight}). "
            "Through all heads of the layer, {share} of what arrives here comes from there.",
        },
        "table": table,
    }
