"""The questions of a quiz as they are stored and asked: rendered, immutable, checked."""

from __future__ import annotations

import html
import itertools
import random
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any, Final, Literal

from courses.quizzes.formulas import evaluate

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

Kind = Literal["single", "multiple", "order", "numeric", "explain"]

FIRST_PLACEHOLDER: Final = 0xE000
"""Code point that stands for the first drawn name in rendered text: for private use, so that no
text and no formula means anything by it."""
MOST_DRAWS: Final = 10_000


@dataclass(frozen=True)
class Choice:
    """An answer to choose."""

    id: str
    html: str
    correct: bool
    explanation: str


@dataclass(frozen=True)
class Item:
    """Something to be put in order."""

    id: str
    html: str


@dataclass(frozen=True)
class WrongNumber:
    """A wrong number that shows which mistake was made."""

    value: str | float
    tolerance: float
    explanation: str


@dataclass(frozen=True)
class Question:
    """One question.

    Attributes:
        prompt: HTML; a drawn name stands in it as a placeholder.
        explanation: HTML, shown with the verdict.
        choices: of a single or multiple question.
        items: of an order question; as stored they stand in the right order.
        order: the items' ids in the right order, once the question is drawn and shuffled.
        answer: of a numeric question, a number or a formula over the drawn names.
        tolerance: how far from the answer a number may be, absolute.
        wrong: mistakes that can be told from the number.
        draw: the values that each name may take.
        model: HTML, of an explain question: an answer that meets the rubric.
        rubric: what an explanation should say, each as HTML; the learner marks it.
    """

    id: str
    kind: Kind
    prompt: str
    explanation: str = ""
    choices: tuple[Choice, ...] = ()
    items: tuple[Item, ...] = ()
    order: tuple[str, ...] = ()
    answer: str | float | None = None
    tolerance: float = 0.0
    unit: str = ""
    wrong: tuple[WrongNumber, ...] = ()
    draw: Mapping[str, Sequence[float]] | None = None
    model: str = ""
    rubric: tuple[str, ...] = ()

    @property
    def counted(self) -> bool:
        """Say whether the question counts towards the score: not if the learner marks it."""
        return self.kind != "explain"

    @property
    def options(self) -> tuple[Choice | Item, ...]:
        """Return what can be chosen or put in order."""
        return (*self.choices, *self.items)

    @classmethod
    def from_json(cls, facts: Mapping[str, Any]) -> Question:
        """Return the question that was stored by `to_json`."""
        return cls(
            **{
                **facts,
                "choices": tuple(Choice(**choice) for choice in facts["choices"]),
                "items": tuple(Item(**item) for item in facts["items"]),
                "order": tuple(facts["order"]),
                "rubric": tuple(facts.get("rubric", ())),
                "wrong": tuple(WrongNumber(**wrong) for wrong in facts["wrong"]),
            }
        )

    def to_json(self) -> dict[str, Any]:
        """Return the question as plain data."""
        return asdict(self)

    def drawn(self, seed: int) -> Question:
        """Return the question as it is asked with this seed.

        Choices and items are shuffled, drawn names have their numbers, and the answer is one.
        The same seed gives the same question.
        """
        chance = random.Random(f"{seed}/{self.id}")  # noqa: S311  # a draw of tasks, no secret
        numbers = {name: chance.choice(values) for name, values in (self.draw or {}).items()}
        choices, items = list(self.choices), list(self.items)
        chance.shuffle(choices)
        chance.shuffle(items)
        order = tuple(item.id for item in self.items)
        if tuple(item.id for item in items) == order:
            items.reverse()  # the order that is shown first is never the answer
        asked = replace(self, choices=tuple(choices), items=tuple(items), order=order, draw=None)
        if self.kind != "numeric" or self.answer is None:
            return asked
        return replace(
            asked,
            prompt=_with_numbers(self.prompt, numbers),
            explanation=_with_numbers(self.explanation, numbers),
            answer=evaluate(self.answer, numbers),
            wrong=tuple(
                WrongNumber(
                    value=evaluate(wrong.value, numbers),
                    tolerance=wrong.tolerance,
                    explanation=_with_numbers(wrong.explanation, numbers),
                )
                for wrong in self.wrong
            ),
        )


def placeholders(names: Iterable[str]) -> dict[str, str]:
    """Return the character that stands for each drawn name in rendered text."""
    return {name: chr(FIRST_PLACEHOLDER + position) for position, name in enumerate(names)}


def all_draws(draw: Mapping[str, Sequence[float]]) -> Iterable[dict[str, float]]:
    """Return every combination of numbers that can be drawn."""
    for values in itertools.product(*draw.values()):
        yield dict(zip(draw, values, strict=True))


def _with_numbers(text: str, numbers: Mapping[str, float]) -> str:
    for name, mark in placeholders(numbers).items():
        number = html.escape(f"{numbers[name]:g}").replace("-", "\N{MINUS SIGN}")
        text = text.replace(f"<mi>{mark}</mi>", f"<mn>{number}</mn>").replace(mark, number)
    return text
