"""Interactive figure of the lesson on attention, made by its own code."""

import contextlib
import io
import re
from functools import cache
from pathlib import Path
from typing import Any

__all__ = ["attention"]

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
