"""Lease renewal outlasts every fault of the database; a lost lease cancels the run."""
# ruff: noqa: ARG002  # the fakes take what the protocol gives them

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest
from django.db import connection

from courses.database import database_now, outlast_faults
from exercises.models import Stage, State, Submission
from exercises.submissions import heartbeat as heartbeat_module
from exercises.submissions import lease as lease_module
from exercises.submissions import lifecycle, pipeline, queue
from exercises.submissions.heartbeat import Heartbeat, LeaseLost
from exercises.submissions.lease import LEASE, Progress, claim, renew_lease
from grader.sandbox.job import Event, Run, Verdict
from tests.exercises.submissions.faults import broken_database, eventually

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable
    from datetime import datetime

    from exercises.submissions.lease import Lease
    from grader.sandbox.job import Job
    from tests.exercises.learner_client import LearnerClient

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Renew often, and keep the session's worker from taking what these tests grade themselves."""
    monkeypatch.setattr(queue, "enqueue", lambda _pk: None)
    monkeypatch.setattr(heartbeat_module, "RENEW_SECONDS", 0.1)
    monkeypatch.setattr(heartbeat_module, "PROGRESS_SECONDS", 0.05)


@pytest.fixture
def lease(learner_client: LearnerClient) -> Lease:
    """The lease of a running submission."""
    found = claim(submission_id=learner_client.submit().pk)
    assert found is not None
    return found


def lease_until() -> datetime:
    """Return when the lease ends."""
    until = Submission.objects.get().lease_until
    assert until is not None
    return until


def test_a_broken_database_does_not_end_the_renewal(
    lease: Lease, caplog: pytest.LogCaptureFixture
) -> None:
    """After "database is locked" or a lost connection the lease is renewed again."""
    with Heartbeat(lease) as heartbeat:
        with broken_database():
            assert eventually(lambda: "renewal 2 of its lease failed" in caplog.text)
        before = lease_until()
        heartbeat.progress = Progress(Stage.CELLS, 3, 4)
        assert eventually(lambda: lease_until() > before)
        assert eventually(lambda: Submission.objects.get().cell == 3)
        heartbeat.check()


def test_no_exception_ends_the_renewal(lease: Lease, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever a renewal raises, the next one is made."""
    faults = iter([RuntimeError("a bug"), MemoryError(), ValueError("another")])

    def failing(*, lease: Lease, progress: Progress) -> bool:
        for fault in faults:
            raise fault
        return renew_lease(lease=lease, progress=progress)

    monkeypatch.setattr(heartbeat_module, "renew_lease", failing)
    before = lease_until()
    with Heartbeat(lease):
        assert eventually(lambda: lease_until() > before)


def test_a_lost_lease_is_told(lease: Lease) -> None:
    """A heartbeat that finds its lease gone says so at the next event of the run."""
    with Heartbeat(lease) as heartbeat:
        heartbeat.check()
        lifecycle.put_back(lease=lease)

        def told() -> bool:
            try:
                heartbeat.check()
            except LeaseLost:
                return True
            return False

        assert eventually(told)


class EndlessSandbox:
    """A sandbox whose runs only end when a listener ends them, as the real one's ticks allow."""

    def run(
        self,
        job: Job,
        *,
        on_event: Callable[[Event], None] | None = None,
        interrupt: threading.Event | None = None,
    ) -> Run:
        """Tick until the listener raises, a minute at most."""
        assert on_event is not None
        for _ in range(600):
            on_event(Event("tick"))
            time.sleep(0.1)
        return Run(verdict=Verdict.TIME_LIMIT, cells=(), answers={})

    def run_many(
        self, jobs: tuple[Job, ...], *, on_event: Callable[[int, Event], None] | None = None
    ) -> tuple[Run, ...]:
        """Run the first."""
        assert on_event is not None
        return (self.run(jobs[0], on_event=lambda event: on_event(0, event)),)

    def close(self) -> None:
        """Do nothing."""


def test_a_lost_lease_cancels_the_run(
    learner_client: LearnerClient, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A run whose submission another worker has taken ends at once and writes nothing."""
    submission = learner_client.submit("x = 1")
    taken = lease_module.claim_next

    def stolen() -> Lease | None:
        mine = taken()
        assert mine is not None
        lifecycle.put_back(lease=mine)
        assert claim(submission_id=submission.pk) is not None
        return mine

    monkeypatch.setattr(pipeline, "claim_next", stolen)
    begun = time.monotonic()
    assert pipeline.grade_next(sandbox=EndlessSandbox()) is None
    assert time.monotonic() - begun < 30
    assert "a run was cancelled" in caplog.text
    submission.refresh_from_db()
    assert (submission.state, submission.tries) == (State.RUNNING, 2)


def test_an_operation_outlasts_a_fault(learner_client: LearnerClient) -> None:
    """An operation that meets a broken connection is made again, and nothing is done twice."""
    submission = learner_client.submit("x = 1")
    faults = [1, 2]

    def operation() -> Lease | None:
        if faults:
            faults.pop()
            with broken_database():
                connection.close()  # the next has the short time-out of these tests
                return lease_module.claim_next()
        return lease_module.claim_next()

    found = outlast_faults(operation)
    assert found is not None
    submission.refresh_from_db()
    assert submission.state == State.RUNNING


@pytest.mark.parametrize("hours", [-1, 1])
def test_every_deadline_is_the_database_s(
    learner_client: LearnerClient, monkeypatch: pytest.MonkeyPatch, hours: int
) -> None:
    """A host whose clock is an hour wrong writes the same deadlines, and ends nobody's lease."""
    wrong = database_now() + hours * 180 * LEASE
    for module in ("django.utils.timezone.now", "time.time"):
        value = wrong if module.endswith("now") else wrong.timestamp()
        monkeypatch.setattr(module, lambda value=value: value)
    submission = learner_client.submit("x = 1")
    lease = claim(submission_id=submission.pk)
    assert lease is not None
    assert renew_lease(lease=lease, progress=Progress(Stage.STARTING))
    submission.refresh_from_db()
    now = database_now()
    written = (submission.created_at, submission.notified_at, submission.started_at, lease_until())
    for when in written:
        assert when is not None
        assert abs((when - now).total_seconds()) < LEASE.total_seconds() + 10
    assert lifecycle.requeue_stale() == 0
    assert lifecycle.put_back(lease=lease) == State.QUEUED


def test_a_read_only_database_is_outlasted(learner_client: LearnerClient) -> None:
    """As during a failover: PostgreSQL has another kind of error for it than a lost connection."""
    learner_client.submit("x = 1")
    refused = [True]

    def operation() -> Lease | None:
        if refused:
            refused.pop()
            with connection.cursor() as cursor:  # the next try has a connection of its own
                if connection.vendor == "postgresql":
                    cursor.execute("SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY")
                else:
                    cursor.execute("PRAGMA query_only = ON")
        return lease_module.claim_next()

    assert outlast_faults(operation) is not None
    assert not refused
