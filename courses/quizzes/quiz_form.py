"""The quiz as a form: what a browser posts, and what the page shows; works without a script."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from django.utils.translation import gettext as _

from courses.quizzes.grading import Answer, AnswerError, GradedAnswer, GradedChoice
from courses.quizzes.reviews import IN_A_QUIZ

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from django.http import QueryDict

    from courses.lessons.models import Lesson
    from courses.quizzes.attempts import Asked
    from courses.quizzes.models import QuizAttempt
    from courses.quizzes.questions import Item, Question
    from courses.quizzes.sittings import Step

LONGEST_KEY: Final = 15  # digits


@dataclass(frozen=True)
class ItemLine:
    """An item of an order question as it is shown.

    Attributes:
        place: what was given, from 1, as text.
        right_place: where it belongs, from 1.
    """

    item: Item
    place: str
    right_place: int


@dataclass(frozen=True)
class QuestionLine:
    """A question as it is shown, before or after it is graded."""

    question: Question
    given: tuple[str, ...] = ()
    places: Mapping[str, str] = field(default_factory=dict)
    error: str = ""
    marked: GradedAnswer | None = None

    @property
    def name(self) -> str:
        """Return the name of the question's field."""
        return field_name(self.question)

    @property
    def value(self) -> str:
        """Return the number that was typed."""
        return self.given[0] if self.given else ""

    @property
    def choices(self) -> list[GradedChoice]:
        """Return the choices as they are shown."""
        if self.marked:
            return self.marked.choices
        return [GradedChoice(one, one.id in self.given) for one in self.question.choices]

    @property
    def items(self) -> list[ItemLine]:
        """Return the items as they are shown; graded ones in the right order."""
        order = self.question.order
        lines = [
            ItemLine(item, self._place(item.id), order.index(item.id) + 1)
            for item in self.question.items
        ]
        if self.marked and self.marked.held:
            return sorted(lines, key=lambda line: line.place.zfill(3))
        return sorted(lines, key=lambda line: line.right_place) if self.marked else lines

    def _place(self, item: str) -> str:
        if item in self.places:
            return self.places[item]
        return str(self.given.index(item) + 1) if item in self.given else ""


@dataclass(frozen=True)
class OldLine:
    """A question of an earlier quiz that comes back.

    Attributes:
        key: the card and its stamp, as the form posts them; empty once it is graded.
    """

    line: QuestionLine
    lesson: Lesson
    key: str = ""


@dataclass(frozen=True)
class QuizForm:
    """A quiz as the page shows it.

    Attributes:
        number: of the attempt that the form is for; None when it shows a graded one.
        step: the question that is shown, when they are answered one by one.
        stamps: the old questions that are asked with them, as the form posts them.
    """

    lines: tuple[QuestionLine, ...]
    number: int | None = None
    attempt: QuizAttempt | None = None
    error: str = ""
    old: tuple[OldLine, ...] = ()
    step: Step | None = None
    stamps: tuple[str, ...] = ()

    @property
    def held(self) -> bool:
        """Say whether a right answer is held back."""
        return any(line.marked and line.marked.held for line in self.lines)


def field_name(question: Question) -> str:
    """Return the name of a question's field."""
    return f"q-{question.id}"


def empty(asked: Asked, error: str = "") -> QuizForm:
    """Return the form for an attempt."""
    return _form(asked, list(map(QuestionLine, asked.every)), error)


def one_step(asked: Asked, step: Step, error: str = "") -> QuizForm:
    """Return the form that asks one question, or shows how its answer was graded.

    Args:
        asked: the quiz.
        step: the question.
        error: what is said above the form.
    """
    line = graded_line(step.graded) if step.graded else QuestionLine(step.question)
    return QuizForm((line,), asked.number, error=error, step=step, stamps=_stamps(asked))


def refused_step(asked: Asked, step: Step, posted: QueryDict, reason: str) -> QuizForm:
    """Return the form that asks one question again, with what was posted."""
    question = step.question
    given = tuple(posted.getlist(field_name(question)))
    line = QuestionLine(question, given, _places(question, posted), reason)
    return QuizForm((line,), asked.number, step=step, stamps=_stamps(asked))


def _stamps(asked: Asked) -> tuple[str, ...]:
    return tuple(f"{one.card.pk}:{one.stamp}" for one in asked.old)


def _form(asked: Asked, lines: Sequence[QuestionLine], error: str = "") -> QuizForm:
    own, others = lines[: len(asked.questions)], lines[len(asked.questions) :]
    old = tuple(
        OldLine(line, one.lesson, f"{one.card.pk}:{one.stamp}")
        for line, one in zip(others, asked.old, strict=True)
    )
    return QuizForm(tuple(own), number=asked.number, error=error, old=old)


def read_stamps(posted: QueryDict) -> dict[int, str]:
    """Return the cards of the old questions that a page asked, with their stamps; a few at most."""
    found = {}
    for value in posted.getlist("old")[:IN_A_QUIZ]:
        key, _colon, stamp = value.partition(":")
        if key.isascii() and key.isdigit() and len(key) <= LONGEST_KEY:
            found[int(key)] = stamp
    return found


def filled(asked: Asked, posted: QueryDict, error: AnswerError) -> QuizForm:
    """Return the form with what was posted and with each error at its question."""
    lines = []
    for question in asked.every:
        reason = error.reasons.get(question.id, "")
        given = tuple(posted.getlist(field_name(question)))
        lines.append(QuestionLine(question, given, _places(question, posted), reason))
    return _form(asked, lines)


def graded_line(marked: GradedAnswer) -> QuestionLine:
    """Return a graded question."""
    return QuestionLine(marked.question, marked.given, marked=marked)


def shown(
    attempt: QuizAttempt,
    marked: tuple[GradedAnswer, ...],
    old: Sequence[tuple[Lesson, GradedAnswer]] = (),
) -> QuizForm:
    """Return a graded attempt."""
    others = tuple(OldLine(graded_line(one), lesson) for lesson, one in old)
    return QuizForm(tuple(map(graded_line, marked)), attempt=attempt, old=others)


def read_answers(asked: Asked, posted: QueryDict) -> dict[str, Answer]:
    """Return what a browser posted as answers by question id.

    Raises:
        AnswerError: the places of an order question are not 1, 2, 3, …, each once.
    """
    return read_questions(asked.every, posted)


def read_questions(questions: Iterable[Question], posted: QueryDict) -> dict[str, Answer]:
    """Return what a browser posted as answers to questions.

    Raises:
        AnswerError: the places of an order question are not 1, 2, 3, …, each once.
    """
    answers: dict[str, Answer] = {}
    for question in questions:
        values = posted.getlist(field_name(question))
        if question.kind == "order":
            answers[question.id] = _order(question, _places(question, posted))
        elif question.kind == "multiple":
            answers[question.id] = values
        else:
            answers[question.id] = values[-1] if values else None
    return answers


def _places(question: Question, posted: QueryDict) -> dict[str, str]:
    return {
        item.id: posted.get(f"{field_name(question)}-{item.id}", "")[:3].strip()
        for item in question.items
    }


def _order(question: Question, places: Mapping[str, str]) -> list[str]:
    if not any(places.values()):
        return []
    by_place = {place: item for item, place in places.items()}
    wanted = [str(number) for number in range(1, len(places) + 1)]
    if sorted(by_place, key=lambda place: place.zfill(3)) != wanted:
        raise AnswerError({question.id: _("Use each number once.")})
    return [by_place[place] for place in wanted]
