"""Old questions that come back: cards of what was answered, and which of them are due."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from django.db.models import Count, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.crypto import salted_hmac

from courses.accounts.models import User
from courses.catalogue.models import DIGEST_LENGTH
from courses.catalogue.translations import apply_translation, translation_of_lesson
from courses.quizzes.grading import grade
from courses.quizzes.memory import Memory, remember
from courses.quizzes.models import Quiz, ReviewCard
from courses.quizzes.questions import Question

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from django.db.models import QuerySet

    from courses.lessons.models import Lesson
    from courses.quizzes.grading import GradedAnswer

A_DAY: Final = 10
"""Questions of one day's review: at half a minute each, about five minutes."""
IN_A_QUIZ: Final = 3
"""Old questions that a quiz brings back at most."""


@dataclass(frozen=True)
class DueQuestion:
    """A question that comes back, as it is asked now.

    Attributes:
        question: drawn, in the learner's language; its id is the card's and no author's.
        stamp: of the card's state; an answer to a page that shows another one is not counted.
    """

    card: ReviewCard
    lesson: Lesson
    question: Question
    stamp: str
    seed: int


def what_is_asked(stored: Mapping[str, Any]) -> str:
    """Return a digest of what a stored question asks for; another wording does not change it."""
    asked = {
        **{name: stored.get(name) for name in ("id", "kind", "answer", "tolerance", "draw")},
        "choices": [(one["id"], one["correct"]) for one in stored["choices"]],
        "items": [one["id"] for one in stored["items"]],
    }
    text = json.dumps(asked, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:DIGEST_LENGTH]


def record_answers(
    *, user: User, quiz: Quiz, results: Mapping[str, bool], in_review: bool = False
) -> None:
    """Keep what answers say of a learner's memory, if the learner wants questions back.

    Args:
        user: who answered.
        quiz: whose questions.
        results: of each question that was answered, whether the answer was right.
        in_review: the answers count among those of today's review.
    """
    if not user.review:
        return
    now = timezone.now()
    digests = {one["id"]: what_is_asked(one) for one in quiz.questions}
    cards = {
        card.question: card
        for card in ReviewCard.objects.select_for_update().filter(
            user=user, quiz=quiz, question__in=results
        )
    }
    for name, right in results.items():
        if name not in digests:
            continue
        card = cards.get(name) or ReviewCard(user=user, quiz=quiz, question=name)
        known = card.question_digest == digests[name]
        after = remember(_memory(card) if known else None, right=right, at=now)
        card.question_digest = digests[name]
        card.stability, card.difficulty = after.stability, after.difficulty
        card.due, card.answered_at = after.due, after.answered_at
        if in_review:
            card.reviewed_on = timezone.localdate()
        card.save()


def with_reviews(users: QuerySet[User]) -> QuerySet[User]:
    """Return accounts with what `waiting_of` reads."""
    mine = ReviewCard.objects.filter(user=OuterRef("pk")).order_by().values("user")

    def number(condition: Q) -> Coalesce:
        counted = mine.filter(condition).annotate(number=Count("pk")).values("number")
        return Coalesce(Subquery(counted), 0)

    done = Q(reviewed_on=timezone.localdate())
    return users.annotate(cards_due=number(_due()), cards_done=number(done))


def waiting_of(user: Any) -> int:
    """Return how many questions are left of the day's review of an account of `with_reviews`."""
    return max(0, min(A_DAY - user.cards_done, user.cards_due)) if user.review else 0


def waiting(user: User) -> int:
    """Return how many questions are left of today's review."""
    mine = User.objects.filter(pk=user.pk)
    return waiting_of(with_reviews(mine).only("review").get()) if user.review else 0


def due_questions(user: User, *, most: int, besides: Quiz | None = None) -> list[DueQuestion]:
    """Return the questions that have been due for the longest, those that are still asked.

    Args:
        user: who is asked.
        most: how many at most.
        besides: a quiz whose own questions do not come back.
    """
    if not user.review or most < 1:
        return []
    cards = _due_cards(user)
    if besides is not None:
        cards = cards.exclude(quiz=besides)
    return _asked(cards.select_related("quiz__lesson__course")[:most])


def find_cards(user: User, stamps: Mapping[int, str]) -> list[DueQuestion]:
    """Return the questions of a page by their cards' keys, without those answered since."""
    if not user.review:
        return []
    cards = _due_cards(user).filter(pk__in=stamps).select_related("quiz__lesson__course")
    return [one for one in _asked(cards) if stamps[one.card.pk] == one.stamp]


def record_due(
    user: User,
    asked: Sequence[DueQuestion],
    graded: Sequence[GradedAnswer],
    *,
    in_review: bool = False,
) -> None:
    """Keep the answers to questions that came back; one without an answer stays due."""
    for one, marked in zip(asked, graded, strict=True):
        if marked.answered:
            results = {one.card.question: marked.right}
            record_answers(user=user, quiz=one.card.quiz, results=results, in_review=in_review)


def as_recalled(
    asked: Sequence[DueQuestion], graded: Sequence[GradedAnswer]
) -> list[dict[str, Any]]:
    """Return answered old questions as an attempt keeps them, to be shown again."""
    return [
        {
            "quiz": one.card.quiz_id,
            "question": one.card.question,
            "asked": one.card.question_digest,
            "seed": one.seed,
            "given": list(marked.given),
        }
        for one, marked in zip(asked, graded, strict=True)
        if marked.answered
    ]


def regrade_recalled(kept: Sequence[Mapping[str, Any]]) -> list[tuple[Lesson, GradedAnswer]]:
    """Return the grading of an attempt's old questions, those that still ask the same."""
    if not kept:
        return []
    quizzes = Quiz.objects.filter(pk__in={one["quiz"] for one in kept})
    translated = translation_of_lesson(OuterRef("lesson__course__slug"), OuterRef("lesson__slug"))
    quizzes = quizzes.select_related("lesson__course").annotate(translated=translated)
    by_key = {row.pk: row for row in quizzes}
    for row in by_key.values():
        apply_translation(row.lesson, row.translated)
    found = []
    for at, one in enumerate(kept):
        quiz = by_key.get(one["quiz"])
        stored = _stored(quiz, quiz.lesson, one["question"]) if quiz is not None else None
        if quiz is None or stored is None or what_is_asked(stored) != one["asked"]:
            continue
        question = replace(Question.from_json(stored).drawn(one["seed"]), id=f"card-{at}")
        given = one["given"]
        answer = given[0] if question.kind == "numeric" else given
        found.append((quiz.lesson, grade([question], {question.id: answer})[0]))
    return found


def forget_removed(quiz: Quiz) -> None:
    """Delete the cards of questions that a quiz no longer has."""
    kept = [one["id"] for one in quiz.questions]
    ReviewCard.objects.filter(quiz=quiz).exclude(question__in=kept).delete()


def _due() -> Q:
    return Q(
        quiz__lesson__part__isnull=False,
        quiz__lesson__course__withdrawn=False,
        due__lte=timezone.now(),
    )


def _due_cards(user: User) -> QuerySet[ReviewCard]:
    course, lesson = OuterRef("quiz__lesson__course__slug"), OuterRef("quiz__lesson__slug")
    cards = ReviewCard.objects.filter(_due(), user=user).defer(
        "quiz__lesson__html", "quiz__lesson__text", "quiz__lesson__contents"
    )
    return cards.annotate(translated=translation_of_lesson(course, lesson))


def _asked(cards: Iterable[ReviewCard]) -> list[DueQuestion]:
    listed = list(cards)
    found = []
    for card in listed:
        lesson = card.quiz.lesson
        apply_translation(lesson, card.translated)  # type: ignore[attr-defined]  # annotated
        stored = _stored(card.quiz, lesson, card.question)
        if stored is None:
            continue
        stamp = f"{card.answered_at.timestamp():.6f}"
        digest = salted_hmac("courses.quizzes.review", f"{card.pk}/{stamp}").digest()
        seed = int.from_bytes(digest[:7], "big")
        question = replace(Question.from_json(stored).drawn(seed), id=f"card.{card.pk}")
        found.append(DueQuestion(card, lesson, question, stamp, seed))
    return found


def _stored(quiz: Quiz, lesson: Lesson, name: str) -> Mapping[str, Any] | None:
    questions: Sequence[Mapping[str, Any]] = getattr(lesson, "questions", None) or quiz.questions
    return next((one for one in questions if one["id"] == name), None)


def _memory(card: ReviewCard) -> Memory:
    return Memory(card.stability, card.difficulty, card.due, card.answered_at)
