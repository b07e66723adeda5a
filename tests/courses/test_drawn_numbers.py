"""Quiz questions with drawn numbers: every draw is a possible case."""

import itertools
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

CONTENT = Path(__file__).resolve().parents[2] / "content"
DECLARED = yaml.safe_load((CONTENT / "draws.yaml").read_text(encoding="utf-8"))


def drawn_questions() -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the course and the facts of each question that draws numbers."""
    for path in sorted((CONTENT / "courses").glob("*/*/quiz.yaml")):
        for question in yaml.safe_load(path.read_text(encoding="utf-8"))["questions"]:
            if question.get("draw"):
                yield path.parents[1].name, question


QUESTIONS = list(drawn_questions())
NAMES = [f"{course}/{question['id']}" for course, question in QUESTIONS]


def cases(question: dict[str, Any]) -> Iterator[dict[str, float]]:
    """Yield the drawn numbers of each combination, with the answer that they give."""
    draw = question["draw"]
    for values in itertools.product(*draw.values()):
        numbers = dict(zip(draw, values, strict=True))
        yield numbers | {"answer": value(question["answer"], numbers)}


def value(formula: str | float, numbers: dict[str, float]) -> Any:
    """Return what a formula of our own content gives for these numbers."""
    known = {"__builtins__": {}, "min": min, "max": max, "abs": abs}
    return eval(str(formula), known, numbers)  # noqa: S307  our own content


@pytest.mark.parametrize(("course", "question"), QUESTIONS, ids=NAMES)
def test_every_draw_keeps_what_is_declared(course: str, question: dict[str, Any]) -> None:
    """No combination is impossible: each condition of draws.yaml holds for all of them."""
    conditions = DECLARED[course][question["id"]]
    broken = [
        (condition, numbers)
        for numbers in cases(question)
        for condition in conditions
        if not value(condition, numbers)
    ]

    assert conditions
    assert broken == []


@pytest.mark.parametrize(("course", "question"), QUESTIONS, ids=NAMES)
def test_no_known_mistake_gives_the_right_answer(course: str, question: dict[str, Any]) -> None:
    """A named wrong value stays out of the tolerance of the answer in every draw."""
    confused = [
        (wrong["value"], numbers)
        for numbers in cases(question)
        for wrong in question.get("wrong", [])
        if abs(value(wrong["value"], numbers) - numbers["answer"]) <= question["tolerance"]
    ]

    assert confused == []


def test_every_question_that_draws_declares_and_nothing_else_does() -> None:
    """An entry without a question is a leftover, a question without one is unchecked."""
    declared = {f"{course}/{name}" for course, names in DECLARED.items() for name in names}

    assert declared == set(NAMES)
