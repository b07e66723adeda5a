"""Marking answers: pure functions over questions; nothing that a browser says is trusted."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from django.utils.translation import gettext as _

if TYPE_CHECKING:
    from courses.quizzes.questions import Question

LONGEST_NUMBER: Final = 40  # characters
Answer = str | float | Sequence[str] | None


class AnswerError(Exception):
    """Answers are no answers to this quiz; `question` names the one that is wrong."""

    def __init__(self, question: str, reason: str) -> None:
        self.question = question
        self.reason = reason
        super().__init__(f"{question}: {reason}")


@dataclass(frozen=True)
class Marked:
    """One question with its answer and what is to be said about it.

    Attributes:
        given: ids of the choices or items, or the number as it was typed; empty: no answer.
        explanation: HTML: the question's own, or that of the mistake that was recognised.
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
    def value(self) -> str:
        """Return what was typed."""
        return self.given[0] if self.given else ""


def mark(questions: Sequence[Question], answers: Mapping[str, Answer]) -> tuple[Marked, ...]:
    """Return each question, as it was drawn, with the marking of its answer.

    A question without an answer is wrong. Choices count as right only all together.

    Raises:
        AnswerError: an answer names no question or choice of this quiz, or has a wrong form.
    """
    known = {question.id for question in questions}
    for name in answers:
        if name not in known:
            raise AnswerError(name, _("This quiz has no such question."))
    return tuple(_mark_one(question, answers.get(question.id)) for question in questions)


def _mark_one(question: Question, answer: Answer) -> Marked:
    if question.kind == "numeric":
        return _mark_number(question, answer)
    given = _ids(question, answer)
    if question.kind == "order":
        right = bool(given) and given == question.order
    else:
        right = set(given) == {choice.id for choice in question.choices if choice.correct}
    return Marked(question, given, right=bool(given) and right, explanation=question.explanation)


def _ids(question: Question, answer: Answer) -> tuple[str, ...]:
    if answer is None or answer == "":
        return ()
    listed = [answer] if isinstance(answer, str) else answer
    if not isinstance(listed, Sequence) or not all(isinstance(one, str) for one in listed):
        raise AnswerError(question.id, _("Answer with the id of a choice, or a list of ids."))
    options = {choice.id for choice in question.choices} | {item.id for item in question.items}
    if len(listed) > len(options) or len(set(listed)) != len(listed):
        raise AnswerError(question.id, _("Each choice can be named once."))
    if question.kind == "single" and len(listed) > 1:
        raise AnswerError(question.id, _("This question has one answer."))
    for one in listed:
        if one not in options:
            raise AnswerError(question.id, _("“%(id)s” is no choice here.") % {"id": one[:80]})
    return tuple(listed)


def _mark_number(question: Question, answer: Answer) -> Marked:
    if answer is None or answer == "":
        return Marked(question, (), right=False, explanation=question.explanation)
    value = _number(question, answer)
    typed = answer.strip() if isinstance(answer, str) else f"{value:g}"
    right = abs(value - float(question.answer or 0.0)) <= question.tolerance
    mistakes = (
        wrong.explanation
        for wrong in question.wrong
        if abs(value - float(wrong.value)) <= wrong.tolerance
    )
    explanation = question.explanation if right else next(mistakes, question.explanation)
    return Marked(question, (typed,), right=right, explanation=explanation)


def _number(question: Question, answer: Answer) -> float:
    if isinstance(answer, bool) or not isinstance(answer, int | float | str):
        raise AnswerError(question.id, _("Answer with a number."))
    if isinstance(answer, str):
        if len(answer) > LONGEST_NUMBER:
            raise AnswerError(question.id, _("Answer with a number."))
        answer = answer.strip().replace(",", ".").replace("\N{MINUS SIGN}", "-")
    try:
        value = float(answer)
    except (ValueError, OverflowError) as error:
        raise AnswerError(question.id, _("Answer with a number, such as 0.25.")) from error
    if not math.isfinite(value):
        raise AnswerError(question.id, _("Answer with a finite number."))
    return value
