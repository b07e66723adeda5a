"""Grading answers: pure functions over questions; no input is trusted."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import combinations
from typing import TYPE_CHECKING, Final

from django.utils.translation import gettext as _

if TYPE_CHECKING:
    from courses.quizzes.questions import Choice, Question

LONGEST_NUMBER: Final = 40  # characters
LONGEST_TEXT: Final = 1_000
"""Characters of a typed explanation: one or two sentences, with room."""
Answer = str | float | Sequence[str] | None


class AnswerError(Exception):
    """Answers do not fit the quiz; `reasons` says why, by question id."""

    def __init__(self, reasons: Mapping[str, str]) -> None:
        self.reasons = dict(reasons)
        super().__init__("; ".join(f"{name}: {reason}" for name, reason in self.reasons.items()))


@dataclass(frozen=True)
class GradedChoice:
    """A choice, and whether the answer names it.

    Attributes:
        told: whether the learner may see if it is right.
    """

    choice: Choice
    given: bool
    told: bool = True

    @property
    def correct(self) -> bool | None:
        """Say whether the choice is right; None while that is held back."""
        return self.choice.correct if self.told else None

    @property
    def explanation(self) -> str:
        """Return what is said about the choice; nothing while that is held back."""
        return self.choice.explanation if self.told else ""


@dataclass(frozen=True)
class GradedAnswer:
    """One question with its answer and the feedback on it.

    Attributes:
        given: ids of the choices or items, or the number as it was typed; empty: no answer.
        explanation: HTML: the question's own, or that of the wrong answer that was recognised.
        held: the right answer is held back.
    """

    question: Question
    given: tuple[str, ...]
    right: bool
    explanation: str
    held: bool = False

    @property
    def answered(self) -> bool:
        """Say whether there was an answer."""
        return bool(self.given)

    @property
    def choices(self) -> list[GradedChoice]:
        """Return the question's choices with what was answered."""
        return [
            GradedChoice(one, one.id in self.given, told=one.id in self.given or not self.held)
            for one in self.question.choices
        ]

    @property
    def pairs(self) -> int:
        """Return how many pairs an order question has."""
        return math.comb(len(self.question.order), 2)

    @property
    def right_pairs(self) -> int:
        """Return how many pairs of items the answer has in the right order."""
        place = {item: at for at, item in enumerate(self.question.order)}
        return sum(place[one] < place[other] for one, other in combinations(self.given, 2))

    @property
    def credit(self) -> Fraction:
        """Return what the answer counts, from 0 to 1: part of it for part of an order."""
        if self.right:
            return Fraction(1)
        if self.question.kind != "order":
            return Fraction(0)
        return Fraction(self.right_pairs, max(1, self.pairs))

    @property
    def model(self) -> str:
        """Return the model answer, to whoever has written one or may see all answers."""
        return "" if self.held and not self.answered else self.question.model

    @property
    def rubric(self) -> tuple[str, ...]:
        """Return what the learner marks the own explanation against, beside the model answer."""
        return self.question.rubric if self.model else ()

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


def held_back(graded: GradedAnswer) -> GradedAnswer:
    """Return a grading that tells of a wrong answer no more than that, and of the known mistake."""
    if graded.right:
        return graded
    own = graded.explanation == graded.question.explanation
    return replace(graded, held=True, explanation="" if own else graded.explanation)


def _grade_one(question: Question, answer: Answer) -> GradedAnswer:
    if question.kind == "numeric":
        return _grade_number(question, answer)
    if question.kind == "explain":
        return GradedAnswer(
            question, _text(question, answer), right=False, explanation=question.explanation
        )
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


def _text(question: Question, answer: Answer) -> tuple[str, ...]:
    if answer is None:
        return ()
    if not isinstance(answer, str) or len(answer) > LONGEST_TEXT or "\0" in answer:
        raise AnswerError(
            {question.id: _("Answer in at most %(most)s characters.") % {"most": LONGEST_TEXT}}
        )
    return (answer.strip(),) if answer.strip() else ()


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
