"""The schedule of questions that come back, against FSRS's own scheduler."""

from __future__ import annotations

import random
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from fsrs import Card, Rating, Scheduler

from courses.quizzes.memory import LONGEST_INTERVAL, Memory, remember

TABLE = Path(__file__).resolve().parents[3] / "docs" / "features" / "questions.md"
MINUS = "\N{MINUS SIGN}"
START = datetime(2026, 1, 1, 9, tzinfo=UTC)


@pytest.mark.parametrize("seed", range(20))
def test_a_simulated_year_has_the_schedule_of_fsrs(seed: int) -> None:
    """Answers at the due time, late and early: same due times, stability, difficulty as FSRS."""
    chance = random.Random(seed)  # noqa: S311  # a simulation, no secret
    theirs = Scheduler(
        learning_steps=(), relearning_steps=(), maximum_interval=365, enable_fuzzing=False
    )
    card, ours, now = Card(card_id=1, due=START), None, START
    for _answer in range(25):
        right = chance.random() < 0.8
        card, _log = theirs.review_card(card, Rating.Good if right else Rating.Again, now)
        ours = remember(ours, right=right, at=now)
        assert (ours.due, ours.stability, ours.difficulty, ours.answered_at) == (
            card.due,
            card.stability,
            card.difficulty,
            card.last_review,
        )
        now = ours.due + timedelta(hours=chance.choice([0, 5, 70, -3]))


def test_right_answers_space_a_question_out_and_a_wrong_one_brings_it_back() -> None:
    """Intervals grow with right answers; a wrong one shortens the next; none is below a day."""
    memory = remember(None, right=True, at=START)
    gaps = [memory.due - memory.answered_at]
    for _answer in range(5):
        memory = remember(memory, right=True, at=memory.due)
        gaps.append(memory.due - memory.answered_at)
    missed = remember(memory, right=False, at=memory.due)

    assert gaps == sorted(gaps)
    assert timedelta(days=1) <= missed.due - missed.answered_at < gaps[-1] <= LONGEST_INTERVAL
    assert remember(None, right=False, at=START).due == START + timedelta(days=1)


def test_a_clock_that_was_set_back_changes_nothing_for_the_worse() -> None:
    """An answer before the last one counts at the time of that one."""
    memory = remember(None, right=True, at=START)

    early = remember(memory, right=True, at=START - timedelta(days=3))

    assert isinstance(early, Memory)
    assert early.answered_at == START


def test_the_table_of_the_documentation_is_what_both_schedulers_give() -> None:
    """Each row: a series of answers on the due days, the days by this module and by FSRS."""
    row = rf"^\| ([+{MINUS} ]+) \| ([\d, ]+) \| ([\d, ]+) \|$"
    rows = re.findall(row, TABLE.read_text(), re.MULTILINE)

    assert len(rows) >= 5
    for answers, by_whybox, by_fsrs in rows:
        theirs = Scheduler(
            learning_steps=(), relearning_steps=(), maximum_interval=365, enable_fuzzing=False
        )
        card, memory, now = Card(card_id=1, due=START), None, START
        ours_days, their_days = [], []
        for answer in answers.split():
            right = answer == "+"
            card, _log = theirs.review_card(card, Rating.Good if right else Rating.Again, now)
            memory = remember(memory, right=right, at=now)
            ours_days.append((memory.due - now).days)
            their_days.append((card.due - now).days)
            now = memory.due
        assert ", ".join(map(str, ours_days)) == by_whybox
        assert ", ".join(map(str, their_days)) == by_fsrs
