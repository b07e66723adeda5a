"""Answering a quiz: what is asked this time, and the attempt that is recorded."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Final

from django.db import transaction
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _

from courses.accounts.models import User
from courses.learners.progress import record_lesson_read, record_quiz_passed
from courses.quizzes.grading import Answer, GradedAnswer, grade, held_back
from courses.quizzes.models import Quiz, QuizAttempt
from courses.quizzes.questions import Question
from courses.quizzes.reviews import DueQuestion, as_recalled, record_answers, record_due

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


MISSES_BEFORE_TELLING: Final = 2
"""After so many attempts that did not pass, the right answers are shown."""


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
        old: questions of other quizzes that are due; they count for nothing.
    """

    number: int
    questions: tuple[Question, ...]
    pass_percent: int
    old: tuple[DueQuestion, ...] = ()

    @property
    def every(self) -> tuple[Question, ...]:
        """Return all questions of the form."""
        return (*self.questions, *(one.question for one in self.old))


def seed_for(*, user: User, quiz: Quiz, number: int) -> int:
    """Return what fixes the draws of a learner's n-th attempt, unknown to the learner."""
    digest = salted_hmac("courses.quizzes.draw", f"{user.pk}/{quiz.pk}/{number}").digest()
    return int.from_bytes(digest[:7], "big")


def ask(
    *,
    user: User,
    quiz: Quiz,
    stored: Sequence[Mapping[str, object]] | None = None,
    made: int | None = None,
) -> Asked:
    """Return the quiz as this learner's next attempt asks it.

    Args:
        user: who is asked.
        quiz: what is asked.
        stored: the questions in another language, instead of the quiz's own.
        made: how many attempts there are; None: they are counted.
    """
    if made is None:
        made = QuizAttempt.objects.filter(user=user, quiz=quiz).count()
    number = made + 1
    seed = seed_for(user=user, quiz=quiz, number=number)
    return Asked(number, drawn(stored or quiz.questions, seed), quiz.pass_percent)


def drawn(stored: Sequence[Mapping[str, object]], seed: int) -> tuple[Question, ...]:
    """Return stored questions as they are asked with a seed."""
    return tuple(Question.from_json(facts).drawn(seed) for facts in stored)


@transaction.atomic
def attempt(
    *,
    user: User,
    quiz: Quiz,
    answers: Mapping[str, Answer],
    number: int | None = None,
    old: tuple[DueQuestion, ...] = (),
) -> QuizAttempt:
    """Grade a learner's answers and record them; a passed quiz counts as read and passed.

    Args:
        user: who answers.
        quiz: what is answered.
        answers: by question id.
        number: of the attempt that the page was made for; None trusts that it is the next.
        old: questions of other quizzes that the page asked as well.

    Raises:
        AnswerError: an answer names nothing of this quiz or has a wrong form.
        AnsweredElsewhereError: the page is older than the last attempt, and numbers are drawn.
    """
    User.objects.select_for_update().get(pk=user.pk)  # attempts of one learner are counted in turn
    asked = ask(user=user, quiz=quiz)
    if number not in {None, asked.number} and any(one.get("draw") for one in quiz.questions):
        raise AnsweredElsewhereError
    graded = grade((*asked.questions, *(one.question for one in old)), answers)
    graded, graded_old = graded[: len(asked.questions)], graded[len(asked.questions) :]
    counted = [one for one in graded if one.question.counted]
    credit = sum((one.credit for one in counted), Fraction(0))
    made = QuizAttempt.objects.create(
        user=user,
        quiz=quiz,
        number=asked.number,
        seed=seed_for(user=user, quiz=quiz, number=asked.number),
        answers={one.question.id: list(one.given) for one in graded},
        results={one.question.id: one.right for one in counted},
        correct=sum(one.right for one in counted),
        credit=float(credit),
        total=len(counted),
        recalled=as_recalled(old, graded_old),
        passed=100 * credit >= quiz.pass_percent * len(counted),
        quiz_digest=quiz.digest,
    )
    answered = {one.question.id: one.right for one in counted if one.answered}
    record_answers(user=user, quiz=quiz, results=answered)
    record_due(user, old, graded_old)
    if made.passed:
        record_lesson_read(user=user, lesson=quiz.lesson)
        record_quiz_passed(user=user, lesson=quiz.lesson)
    return made


def regrade(
    made: QuizAttempt,
    stored: Sequence[Mapping[str, object]] | None = None,
    *,
    told: bool | None = None,
) -> tuple[GradedAnswer, ...] | None:
    """Return an attempt's grading for display; None when the quiz has changed since.

    Until the quiz is passed or twice missed, a wrong answer is not told the right one.

    Args:
        made: the attempt.
        stored: the questions in another language, instead of the quiz's own.
        told: right answers may be told; None: it is looked up.
    """
    quiz = made.quiz
    if made.quiz_digest != quiz.digest:
        return None
    questions = drawn(stored or quiz.questions, made.seed)
    answers: dict[str, Answer] = {}
    for question in questions:
        given = made.answers.get(question.id) or []
        one_value = question.kind in {"numeric", "explain"}
        answers[question.id] = (given[0] if given else None) if one_value else given
    graded = grade(questions, answers)
    if told is None:
        told = tells_answers(made)
    return graded if told else tuple(map(held_back, graded))


def tells_by(attempts: int, *, passed: bool) -> bool:
    """Say whether right answers are told after so many attempts, of which one passed or none."""
    return passed or attempts >= MISSES_BEFORE_TELLING


def tells_answers(made: QuizAttempt) -> bool:
    """Say whether the learner has passed the quiz, or missed it twice, by this attempt."""
    until = QuizAttempt.objects.filter(
        user_id=made.user_id, quiz_id=made.quiz_id, number__lte=made.number
    )
    verdicts = list(until.order_by("-passed").values_list("passed", flat=True)[:2])
    return tells_by(len(verdicts), passed=True in verdicts)
