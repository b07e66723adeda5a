"""Learners take turns: who has submitted much makes nobody else wait for all of it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from django.db import connection

from courses.database import database_now
from courses.models import User
from exercises.models import Exercise, State, Submission, Worker
from exercises.submissions import lifecycle, queue
from exercises.submissions.lease import ALONE_AFTER, Lease, claim_next
from exercises.submissions.waiting import LONGEST_MS, SOON_MS, Waiting, waiting
from grader.report import GradeReport, Timings
from grader.sandbox.job import Verdict

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _no_messages(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep the session's worker from taking what these tests claim themselves."""
    monkeypatch.setattr(queue, "enqueue", lambda _pk: None)


@pytest.fixture
def submit(exercise: Exercise) -> Callable[[str, int], Submission]:
    """Submit as somebody to the exercise of that number."""

    def of(name: str, number: int) -> Submission:
        user, _new = User.objects.get_or_create(email=f"{name}@example.org")
        fields = {
            field.attname: getattr(exercise, field.attname)
            for field in Exercise._meta.concrete_fields
            if field.attname not in {"id", "slug"}
        }
        one, _new = Exercise.objects.get_or_create(slug=f"exercise-{number}", defaults=fields)
        return lifecycle.submit(user=user, exercise=one, notebook=b"{}")

    return of


def claimed() -> str:
    """Claim the next submission; return whose it is."""
    lease = claim_next()
    assert lease is not None
    return Submission.objects.get(pk=lease.submission_id).user.email.partition("@")[0]


def finish(name: str, *, seconds: float) -> None:
    """Grade the running submission of somebody, which took so many seconds."""
    row = Submission.objects.running().filter(user__email=f"{name}@example.org").first()
    assert row is not None
    assert row.lease_token is not None
    report = GradeReport(
        verdict=Verdict.OK,
        score=0.0,
        max_score=10.0,
        passed=False,
        timings=Timings(run_seconds=seconds, mark_seconds=0.0),
    )
    assert lifecycle.record_grade(lease=Lease(row.pk, row.lease_token), report=report)


def test_four_of_one_learner_do_not_hold_up_another(
    submit: Callable[[str, int], Submission],
) -> None:
    """One account's four slow submissions, then another's one: it is next, whoever came first."""
    for number in range(4):
        submit("ada", number)
    submit("bob", 0)
    assert [claimed(), claimed()] == ["ada", "bob"]
    assert [claimed() for _ in range(3)] == ["ada"] * 3
    assert claim_next() is None


def test_what_was_interrupted_together_is_not_tried_together(
    submit: Callable[[str, int], Submission],
) -> None:
    """A notebook that ends its workers takes no other with it: one suspect runs at a time."""
    for name in ("poison", "ada", "bob"):
        submit(name, 0)
    suspects = Submission.objects.filter(user__email__in=["poison@example.org", "ada@example.org"])
    suspects.update(interruptions=ALONE_AFTER)
    assert [claimed(), claimed()] == ["poison", "bob"]
    assert claim_next() is None
    finish("poison", seconds=1)
    assert claimed() == "ada"


def test_with_one_slot_the_seconds_used_count(submit: Callable[[str, int], Submission]) -> None:
    """Who has used a minute comes after who has used a second, however many runs those were."""
    for number in range(3):
        submit("ada", number)
    assert claimed() == "ada"
    finish("ada", seconds=60)
    for number in range(2):
        submit("bob", number)
        assert claimed() == "bob"
        finish("bob", seconds=0.5)
    submit("bob", 2)
    assert claimed() == "bob"


def test_a_grown_queue_is_told_in_turn(submit: Callable[[str, int], Submission]) -> None:
    """The position on the page is the one in which the submission will start."""
    mine = [submit("ada", number) for number in range(3)]
    other = submit("bob", 0)
    rows = Submission.objects.in_turn()
    assert [row.pk for row in rows] == [mine[0].pk, other.pk, mine[1].pk, mine[2].pk]
    assert [waiting(row).position for row in (*mine, other)] == [1, 3, 4, 2]


def test_turns_hold_when_workers_claim_at_once(submit: Callable[[str, int], Submission]) -> None:
    """Six workers that claim at the same moment take one of each learner, each row once."""
    for name in ("ada", "bob", "cleo", "dan"):
        for number in range(4):
            submit(name, number)

    def take(_worker: int) -> object:
        try:
            lease = claim_next()
            return lease and lease.submission_id
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as workers:
        taken = list(workers.map(take, range(4)))
    assert len(set(taken)) == 4
    running = Submission.objects.filter(state=State.RUNNING).values_list("user", flat=True)
    assert len(set(running)) == 4


def test_the_order_costs_one_query(
    submit: Callable[[str, int], Submission],
    django_assert_num_queries: Callable[[int], object],
) -> None:
    """The order of the queue is one query, however many wait."""
    for name in ("ada", "bob"):
        for number in range(3):
            submit(name, number)
    with django_assert_num_queries(1):  # type: ignore[attr-defined]
        assert len(list(Submission.objects.in_turn())) == 6


def test_what_pauses_comes_after_what_is_due(submit: Callable[[str, int], Submission]) -> None:
    """Its page does not promise that it is next, and asks no more often than it has news."""
    mine, other = submit("ada", 0), submit("bob", 0)
    pause = timedelta(seconds=200)
    Submission.objects.filter(pk=mine.pk).update(interruptions=4, not_before=database_now() + pause)
    mine.refresh_from_db()
    graded_in(submit, seconds=4)
    Worker.objects.create(
        name="here:1",
        concurrency=1,
        started_at=database_now(),
        seen_at=database_now(),
        sandbox_open=True,
    )
    told = waiting(mine)
    assert (told.position, told.minutes, told.working) == (2, 3, True)
    assert told.poll_ms > SOON_MS
    assert waiting(other) == Waiting(position=1, seconds=4, working=True)


def graded_in(submit: Callable[[str, int], Submission], *, seconds: float) -> None:
    """Let three others be graded in so many seconds, and one whose start is not known."""
    now = database_now()
    for name in ("cleo", "dan", "eve", "fay"):
        row = submit(name, 0)
        known = {} if name == "fay" else {"started_at": now - timedelta(seconds=seconds)}
        Submission.objects.filter(pk=row.pk).update(
            state=State.GRADED, verdict=Verdict.OK, score=0.0, finished_at=now, **known
        )


@pytest.mark.parametrize(
    ("seconds", "minutes"),
    [(None, None), (99, None), (100, 2), (300, 5), (1_740, 29), (1_920, 30), (3_487, 60)],
)
def test_a_long_wait_is_told_in_minutes(seconds: int | None, minutes: int | None) -> None:
    """Nobody reads 3487 seconds; a long estimate is not told more exactly than it is known."""
    assert Waiting(position=9, seconds=seconds, working=True).minutes == minutes


@pytest.mark.parametrize(
    ("position", "seconds", "expected"),
    [
        (1, 2, SOON_MS),
        (5, 600, SOON_MS),
        (6, 4, SOON_MS),
        (40, 60, 3_000),
        (400, 400, LONGEST_MS),
        (40, None, 4_000),
    ],
)
def test_a_page_asks_the_more_rarely_the_longer_it_waits(
    position: int, seconds: int | None, expected: int
) -> None:
    """Hundreds of pages that wait leave the site free for those who read."""
    assert Waiting(position=position, seconds=seconds, working=True).poll_ms == expected
