"""How well a learner remembers one question, and when to ask it again: FSRS, in days.

The scheduler has no steps of minutes: a question comes back on another day, never within a sitting.
It does not vary its intervals by chance, so the same answers give the same schedule.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, timedelta
from typing import TYPE_CHECKING, Final

from fsrs import Card, Rating, Scheduler, State

if TYPE_CHECKING:
    from datetime import datetime

LONGEST_INTERVAL: Final = timedelta(days=365)
_SCHEDULER: Final = Scheduler(
    learning_steps=(),
    relearning_steps=(),
    maximum_interval=LONGEST_INTERVAL.days,
    enable_fuzzing=False,
)


@dataclass(frozen=True)
class Memory:
    """What FSRS knows of one question and one learner.

    Attributes:
        stability: days after which nine of ten such questions are still answered.
        difficulty: from 1 to 10.
        due: when to ask again.
        answered_at: when it was answered last.
    """

    stability: float
    difficulty: float
    due: datetime
    answered_at: datetime


def remember(before: Memory | None, *, right: bool, at: datetime) -> Memory:
    """Return the memory after an answer; a right one is rated Good, a wrong one Again.

    Args:
        before: the memory until now; None at the first answer.
        right: how it was answered.
        at: when; a time before the last answer counts as the time of that one.
    """
    at = at.astimezone(UTC)
    card = Card(card_id=0, due=at)
    if before is not None:
        at = max(at, before.answered_at.astimezone(UTC))
        card = Card(
            card_id=0,
            state=State.Review,
            stability=before.stability,
            difficulty=before.difficulty,
            due=before.due.astimezone(UTC),
            last_review=before.answered_at.astimezone(UTC),
        )
    after, _log = _SCHEDULER.review_card(card, Rating.Good if right else Rating.Again, at)
    if after.stability is None or after.difficulty is None:
        raise ValueError("FSRS left a reviewed card without a memory.")
    return Memory(after.stability, after.difficulty, after.due, at)
