"""Answering a quiz: what is asked this time, and the attempt that is recorded."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _

from courses.accounts.models import User
from courses.learners.progress import record_lesson_read, record_quiz_passed
from courses.quizzes.grading import Answer, GradedAnswer, grade
from courses.quizzes.models import Quiz, QuizAttempt
from courses.quizzes.questions import Question

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


class AnsweredElsewhereError(Exception):
    """The numbers on this page were answered already, in another window."""

    def __init__(self) -> None:
        super().__init__(
            _("You answered these questions in another window. Here they are with new numbers.")
        )


@dataclass(frozen=True)
class Asked:
    """A quiz as one learner is asked it now.

    Attributes:
        number: of the attempt, from 1.
        questions: shuffled, with drawn numbers.
    """

    number: int
    questions: tuple[Question, ...]
    pass_percent: int


def seed_for(*, user: User, quiz: Quiz, number: int) -> int:
    """Return what fixes the draws of a learner's n-th attempt, unknown to the learner."""
    digest = salted_hmac("courses.quizzes.draw", f"{user.pk}/{quiz.pk}/{number}").digest()
    return int.from_bytes(digest[:7], "big")


def ask(*, user: User, quiz: Quiz, stored: Sequence[Mapping[str, object]] | None = None) -> Asked:
    """Return the quiz as this learner's next attempt asks it.

    Args:
        user: who is asked.
        quiz: what is asked.
        stored: the questions in another language, instead of the quiz's own.
    """
    number = QuizAttempt.objects.filter(user=user, quiz=quiz).count() + 1
    seed = seed_for(user=user, quiz=quiz, number=number)
    return Asked(number, drawn(stored or quiz.questions, seed), quiz.pass_percent)


def drawn(stored: Sequence[Mapping[str, object]], seed: int) -> tuple[Question, ...]:
    """Return stored questions as they are asked with a seed."""
    return tuple(Question.from_json(facts).drawn(seed) for facts in stored)


@transaction.atomic
def attempt(
    *, user: User, quiz: Quiz, answers: Mapping[str, Answer], number: int | None = None
) -> QuizAttempt:
    """Grade a learner's answers and record them; a passed quiz counts as read and passed.

    Args:
        user: who answers.
        quiz: what is answered.
        answers: by question id.
        number: of the attempt that the page was made for; None trusts that it is the next.

    Raises:
        AnswerError: an answer names nothing of this quiz or has a wrong form.
        AnsweredElsewhereError: the page is older than the last attempt, and numbers are drawn.
    """
    User.objects.select_for_update().get(pk=user.pk)  # attempts of one learner are counted in turn
    asked = ask(user=user, quiz=quiz)
    if number not in {None, asked.number} and any(one.get("draw") for one in quiz.questions):
        raise AnsweredElsewhereError
    graded = grade(asked.questions, answers)
    correct = sum(one.right for one in graded)
    made = QuizAttempt.objects.create(
        user=user,
        quiz=quiz,
        number=asked.number,
        seed=seed_for(user=user, quiz=quiz, number=asked.number),
        answers={one.question.id: list(one.given) for one in graded},
        results={one.question.id: one.right for one in graded},
        correct=correct,
        total=len(graded),
        passed=100 * correct >= quiz.pass_percent * len(graded),
        quiz_digest=quiz.digest,
    )
    if made.passed:
        record_lesson_read(user=user, lesson=quiz.lesson)
        record_quiz_passed(user=user, lesson=quiz.lesson)
    return made


def regrade(
    made: QuizAttempt, stored: Sequence[Mapping[str, object]] | None = None
) -> tuple[GradedAnswer, ...] | None:
    """Return an attempt's grading for display; None when the quiz has changed since."""
    quiz = made.quiz
    if made.quiz_digest != quiz.digest:
        return None
    questions = drawn(stored or quiz.questions, made.seed)
    answers: dict[str, Answer] = {}
    for question in questions:
        given = made.answers.get(question.id) or []
        one_value = question.kind == "numeric"
        answers[question.id] = (given[0] if given else None) if one_value else given
    return grade(questions, answers)
