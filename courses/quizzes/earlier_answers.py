"""Cards for questions that were answered before there was a review."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction

from courses.accounts.models import User
from courses.quizzes.memory import Memory, remember
from courses.quizzes.models import QuizAttempt, ReviewCard
from courses.quizzes.reviews import what_is_asked

if TYPE_CHECKING:
    from collections.abc import Mapping


def make_cards() -> int:
    """Make a card for each question of an earlier attempt that has none; return how many.

    The memory follows from all answers in their order and at their times, as if the review had
    been there from the start. An attempt at another state of the quiz counts for the questions that
    it still has.
    Learners who have switched the review off get none. Run again, it makes none twice.
    """
    made = 0
    learners = User.objects.filter(review=True, quiz_attempts__isnull=False).distinct()
    for user in learners.iterator():
        made += _make_cards_of(user)
    return made


@transaction.atomic
def _make_cards_of(user: User) -> int:
    User.objects.select_for_update().get(pk=user.pk)  # no attempt is recorded in between
    known = set(ReviewCard.objects.filter(user=user).values_list("quiz_id", "question"))
    digests: dict[int, Mapping[str, str]] = {}
    cards: dict[tuple[int, str], ReviewCard] = {}
    attempts = QuizAttempt.objects.filter(user=user).select_related("quiz").order_by("created_at")
    for attempt in attempts:
        quiz = attempt.quiz
        if quiz.pk not in digests:
            digests[quiz.pk] = {one["id"]: what_is_asked(one) for one in quiz.questions}
        for name, right in attempt.results.items():
            key = (quiz.pk, name)
            is_answered = bool(attempt.answers.get(name))
            if key in known or name not in digests[quiz.pk] or not is_answered:
                continue
            card = cards.get(key)
            before = (
                Memory(card.stability, card.difficulty, card.due, card.answered_at)
                if card
                else None
            )
            after = remember(before, right=right, at=attempt.created_at)
            card = card or ReviewCard(user=user, quiz=quiz, question=name)
            card.question_digest = digests[quiz.pk][name]
            card.stability, card.difficulty = after.stability, after.difficulty
            card.due, card.answered_at = after.due, after.answered_at
            cards[key] = card
    ReviewCard.objects.bulk_create(cards.values())
    return len(cards)
