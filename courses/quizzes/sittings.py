"""Answering a quiz question by question: each graded at once, all recorded as one attempt."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db import transaction

from courses.accounts.models import User
from courses.quizzes.attempts import (
    AnsweredElsewhereError,
    Asked,
    attempt,
    tells_by,
)
from courses.quizzes.grading import Answer, GradedAnswer, grade, held_back
from courses.quizzes.models import Quiz, QuizAttempt, QuizSitting

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from courses.quizzes.questions import Question
    from courses.quizzes.reviews import DueQuestion


@dataclass(frozen=True)
class Step:
    """One question of a quiz that is answered question by question.

    Attributes:
        position: of the question, from 1.
        graded: the answer that was given; None while it is open.
        due: the question of an earlier quiz that this is.
        answered: how many questions have an answer.
    """

    question: Question
    position: int
    total: int
    answered: int
    graded: GradedAnswer | None = None
    due: DueQuestion | None = None


def find_sitting(user: User, quiz: Quiz, number: int) -> QuizSitting | None:
    """Return what a learner has answered of the quiz so far; None before, or if it has changed."""
    return QuizSitting.objects.filter(
        user=user, quiz=quiz, number=number, quiz_digest=quiz.digest
    ).first()


def step_of(
    asked: Asked, sitting: QuizSitting | None, name: str = "", *, told: bool | None = None
) -> Step:
    """Return the question to show: the answered one of this name, or the first open one.

    Args:
        asked: the quiz.
        sitting: what is answered of it.
        name: of the question.
        told: right answers may be told; None: it is looked up.
    """
    answers = sitting.answers if sitting else {}
    names = [question.id for question in asked.every]
    shown = name if name in answers and name in names else _first_open(names, answers)
    at = names.index(shown)
    question = asked.every[at]
    graded = None
    if sitting is not None and shown in answers:
        graded = _graded(
            question, answers[shown], told=_tells_at_once(sitting) if told is None else told
        )
    due = asked.old[at - len(asked.questions)] if at >= len(asked.questions) else None
    done = sum(one in answers for one in names)
    return Step(question, at + 1, len(names), done, graded, due)


def _tells_at_once(sitting: QuizSitting) -> bool:
    """Say whether right answers are told: the quiz was passed before, or missed twice."""
    made = QuizAttempt.objects.filter(user_id=sitting.user_id, quiz_id=sitting.quiz_id)
    verdicts = list(made.order_by("-passed").values_list("passed", flat=True)[:2])
    return tells_by(len(verdicts), passed=True in verdicts)


@transaction.atomic
def answer_step(
    *, user: User, quiz: Quiz, asked: Asked, number: int | None, name: str, answer: Answer
) -> QuizAttempt | None:
    """Keep the answer to one question; the last one makes the attempt, which is returned.

    An answer that was given stays: it has been told by then whether it is right.

    Args:
        user: who answers.
        quiz: what is answered.
        asked: the quiz with the old questions, as the page asked them.
        number: of the attempt that the page was made for.
        name: the question's id.
        answer: None: the question is skipped.

    Raises:
        AnswerError: the answer names nothing of this question or has a wrong form.
        AnsweredElsewhereError: the page is older than the last attempt.
    """
    User.objects.select_for_update().get(pk=user.pk)  # answers of one learner come in turn
    if number != asked.number:
        raise AnsweredElsewhereError
    sitting = find_sitting(user, quiz, asked.number)
    if sitting is None:
        QuizSitting.objects.filter(user=user, quiz=quiz).delete()
        sitting = QuizSitting(user=user, quiz=quiz, number=asked.number, quiz_digest=quiz.digest)
        sitting.old = {str(one.card.pk): one.stamp for one in asked.old}
    question = next(one for one in asked.every if one.id == name)
    if name not in sitting.answers:
        [graded] = grade([question], {name: answer})
        sitting.answers[name] = list(graded.given)
        sitting.save()
    if any(one.id not in sitting.answers for one in asked.every):
        return None
    given = {one.id: _as_answer(one, sitting.answers[one.id]) for one in asked.every}
    sitting.delete()
    return attempt(user=user, quiz=quiz, answers=given, number=asked.number, old=asked.old)


def _first_open(names: Sequence[str], answers: Mapping[str, list[str]]) -> str:
    """Return the first question without an answer; the last one when all have one."""
    return next((one for one in names if one not in answers), names[-1])


def _as_answer(question: Question, given: list[str]) -> Answer:
    if question.kind in {"numeric", "explain"}:
        return given[0] if given else None
    return given


def _graded(question: Question, given: list[str], *, told: bool) -> GradedAnswer:
    [graded] = grade([question], {question.id: _as_answer(question, given)})
    return graded if told else held_back(graded)
