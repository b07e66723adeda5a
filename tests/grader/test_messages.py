"""Every message that the grader can give has words."""

from __future__ import annotations

import ast
import re
from pathlib import Path

from grader.family_texts import FAMILIES, NOUNS
from grader.messages import DIAGNOSES, MESSAGES
from grader.misconceptions.families import TRANSFORMS, TRANSFORMS_WITH_RELATED

GRADER = Path(__file__).parents[2] / "grader"
SOURCES = sorted(GRADER.rglob("*.py"))


def test_every_message_id_in_the_code_has_words() -> None:
    """Message ids that stand in the code are keys of MESSAGES."""
    found = set()
    for file in SOURCES:
        found |= set(re.findall(r'"((?:criterion|diagnosis)\.[a-z_]+)"', file.read_text("utf-8")))
    assert found
    assert found <= set(MESSAGES)


def test_every_family_has_words() -> None:
    """A ready-made family without a title could not be named."""
    assert set(TRANSFORMS) | set(TRANSFORMS_WITH_RELATED) | {"sorted_features"} <= set(FAMILIES)


def test_diagnoses_say_how_sure_they_are() -> None:
    """Plain and hedged statements, one and several mistakes, each have a sentence."""
    assert {f"diagnosis.{c}{e}" for c in ("match", "resembles") for e in ("", "_either")} < set(
        DIAGNOSES
    )


def test_all_words_are_marked_for_translation() -> None:
    """Every message and family's text stands in a call that gettext's tools find."""
    marked = set()
    for name in ("messages", "family_texts"):
        tree = ast.parse((GRADER / f"{name}.py").read_text("utf-8"))
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "gettext_noop":
                (text,) = node.args
                assert isinstance(text, ast.Constant)
                marked.add(text.value)
    whole = {text for text in MESSAGES.values() if re.sub(r"\{\w+\}", "", text)}
    assert whole <= marked
    assert set(NOUNS) <= marked
