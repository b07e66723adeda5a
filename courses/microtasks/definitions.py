"""A micro-task of a lesson as it is stored and asked: rendered, immutable."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Final, Literal

from courses.quizzes.questions import Choice, Question, WrongNumber

if TYPE_CHECKING:
    from collections.abc import Mapping

Kind = Literal["predict", "find-the-fault", "complete-the-line", "defend"]
BLANK: Final = "____"
LONGEST_LINE: Final = 200
"""Characters of what is typed into the blank of a line."""
_SPACE_BETWEEN_WORDS: Final = re.compile(r"(?<=\w)\s+(?=\w)")
_SPACE: Final = re.compile(r"\s+")


@dataclass(frozen=True)
class WrongText:
    """A wrong completion that shows which mistake was made."""

    text: str
    explanation: str


@dataclass(frozen=True)
class Task:
    """One micro-task; its texts are HTML, sanitised.

    Attributes:
        id: unique in the lesson; answers are stored under it.
        block: of a prediction, the id of the code block whose output is predicted.
        output: what the shown code prints, folded until a prediction is made.
        choices: of a prediction, or the lines (`line-1`, ...) of a fault.
        is_code: of a fault: whether the choices are lines of code, not sentences.
        answer, tolerance, unit, wrong: of a predicted number, as in a numeric question.
        before, after: the code on both sides of a blank.
        accepted: what may stand in the blank, as plain text; the first is shown as right.
        fixed, fixed_output: the line as it should be, and what the code prints then.
        model, rubric: of an answer that the learner marks.
    """

    id: str
    kind: Kind
    prompt: str
    explanation: str = ""
    block: str = ""
    output: str = ""
    choices: tuple[Choice, ...] = ()
    is_code: bool = False
    answer: float | None = None
    tolerance: float = 0.0
    unit: str = ""
    wrong: tuple[WrongNumber, ...] = ()
    before: str = ""
    after: str = ""
    accepted: tuple[str, ...] = ()
    wrong_texts: tuple[WrongText, ...] = ()
    fixed: str = ""
    fixed_output: str = ""
    model: str = ""
    rubric: tuple[str, ...] = ()

    @classmethod
    def from_json(cls, facts: Mapping[str, Any]) -> Task:
        """Return the task that was stored by `to_json`."""
        return cls(
            **{
                **facts,
                "choices": tuple(Choice(**choice) for choice in facts["choices"]),
                "wrong": tuple(WrongNumber(**wrong) for wrong in facts["wrong"]),
                "wrong_texts": tuple(WrongText(**wrong) for wrong in facts["wrong_texts"]),
                "accepted": tuple(facts["accepted"]),
                "rubric": tuple(facts["rubric"]),
            }
        )

    def to_json(self) -> dict[str, Any]:
        """Return the task as plain data."""
        return asdict(self)

    @property
    def form(self) -> Literal["number", "choice", "line", "text"]:
        """Return what kind of answer the task takes."""
        if self.kind == "defend":
            return "text"
        if self.kind == "complete-the-line":
            return "line"
        return "choice" if self.choices else "number"

    @property
    def question(self) -> Question:
        """Return the task as a question of a quiz; not of a line that is completed."""
        kinds: dict[str, Literal["numeric", "single", "explain"]] = {
            "number": "numeric",
            "choice": "single",
        }
        return Question(
            id=self.id,
            kind=kinds.get(self.form, "explain"),
            prompt=self.prompt,
            explanation=self.explanation,
            choices=self.choices,
            answer=self.answer,
            tolerance=self.tolerance,
            unit=self.unit,
            wrong=self.wrong,
            model=self.model,
            rubric=self.rubric,
        )


def placeholder(task: str) -> str:
    """Return what stands in a lesson's HTML where a task is put."""
    return f'<div class="task" data-task="{task}"></div>'


def plain_line(typed: str) -> str:
    """Return a piece of code without what means nothing in it, to be compared with another.

    Spaces that part no words, the kind of quotes, and a semicolon or comma at the end are left out.
    """
    text = _SPACE_BETWEEN_WORDS.sub("\0", typed.strip())
    text = _SPACE.sub("", text).replace("\0", " ").replace('"', "'")
    return text.rstrip(";,")
