"""Grading answers: pure functions over questions; no input is trusted."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from django.utils.translation import gettext as _

if TYPE_CHECKING:
    from courses.quizzes.questions import Choice, Question

LONGEST_NUMBER: Final = 40  # characters
Answer = str | float | Sequence[str] | None


class AnswerError(Exception):
    """Answers do not fit the quiz; `reasons` says why, by question id."""

    def __init__(self, reasons: Mapping[str, str]) -> None:
        self.reasons = dict(reasons)
        super().__init__("; ".join(f"{name}: {reason}" for name, reason in self.reasons.items()))


@dataclass(frozen=True)
class GradedChoice:
    """A choice, and whether the answer names it."""

    choice: Choice
    given: bool


@dataclass(frozen=True)
class GradedAnswer:
    """One question with its answer and the feedback on it.

    Attributes:
        given: ids of the choices or items, or the number as it was typed; empty: no answer.
        explanation: HTML: the question's own, or that of the wrong answer that was recognised.
    """

    question: Question
    given: tuple[str, ...]
    right: bool
    explanation: str

    @property
    def answered(self) -> bool:
        """Say whether there was an answer."""
        return bool(self.given)

    @property
    def choices(self) -> list[GradedChoice]:
        """Return the question's choices with what was answered."""
        return [GradedChoice(one, one.id in self.given) for one in self.question.choices]

    @property
    def value(self) -> str:
        """Return what was typed."""
        return self.given[0] if self.given else ""


def grade(questions: Sequence[Question], answers: Mapping[str, Answer]) -> tuple[GradedAnswer, ...]:
    """Return each question, as it was drawn, with the grading of its answer.

    A question without an answer is wrong. Choices count as right only all together.

    Raises:
        AnswerError: answers name no question or choice of this quiz, or have a wrong form.
    """
    known = {question.id for question in questions}
    reasons = {name: _("Unknown question id.") for name in answers if name not in known}
    graded = []
    for question in questions:
        try:
            graded.append(_grade_one(question, answers.get(question.id)))
        except AnswerError as error:
            reasons |= error.reasons
    if reasons:
        raise AnswerError(reasons)
    return tuple(graded)


def _grade_one(question: Question, answer: Answer) -> GradedAnswer:
    if question.kind == "numeric":
        return _grade_number(question, answer)
    given = _ids(question, answer)
    if question.kind == "order":
        right = bool(given) and given == question.order
    else:
        right = set(given) == {choice.id for choice in question.choices if choice.correct}
    return GradedAnswer(
        question, given, right=bool(given) and right, explanation=question.explanation
    )


def _ids(question: Question, answer: Answer) -> tuple[str, ...]:
    if answer is None or answer == "":
        return ()
    listed = [answer] if isinstance(answer, str) else answer
    if not isinstance(listed, Sequence) or not all(isinstance(one, str) for one in listed):
        raise AnswerError({question.id: _("Answer with the id of an option, or a list of ids.")})
    options = {choice.id for choice in question.choices} | {item.id for item in question.items}
    if len(listed) > len(options) or len(set(listed)) != len(listed):
        raise AnswerError({question.id: _("List each option only once.")})
    if question.kind == "single" and len(listed) > 1:
        raise AnswerError({question.id: _("This question takes one answer.")})
    for one in listed:
        if one not in options:
            raise AnswerError(
                {question.id: _("“%(id)s” is not one of the options.") % {"id": one[:80]}}
            )
    return tuple(listed)


def _grade_number(question: Question, answer: Answer) -> GradedAnswer:
    if answer is None or answer == "":
        return GradedAnswer(question, (), right=False, explanation=question.explanation)
    value = _number(question, answer)
    typed = answer.strip() if isinstance(answer, str) else f"{value:g}"
    right = abs(value - float(question.answer or 0.0)) <= question.tolerance
    explanations = (
        wrong.explanation
        for wrong in question.wrong
        if abs(value - float(wrong.value)) <= wrong.tolerance
    )
    explanation = question.explanation if right else next(explanations, question.explanation)
    return GradedAnswer(question, (typed,), right=right, explanation=explanation)


def _number(question: Question, answer: Answer) -> float:
    if isinstance(answer, bool) or not isinstance(answer, int | float | str):
        raise AnswerError({question.id: _("Enter a number.")})
    if isinstance(answer, str):
        if len(answer) > LONGEST_NUMBER:
            raise AnswerError({question.id: _("Enter a number.")})
        answer = answer.strip().replace(",", ".").replace("\N{MINUS SIGN}", "-")
    try:
        value = float(answer)
    except (ValueError, OverflowError) as error:
        raise AnswerError({question.id: _("Enter a number, such as 0.25.")}) from error
    if not math.isfinite(value):
        raise AnswerError({question.id: _("Enter a finite number.")})
    return value
