"""The worker's own thread: faults do not end it, and without it the process does not go on."""
# ruff: noqa: ARG002  # the fakes take what the protocol gives them

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest

from exercises.models import Worker
from exercises.submissions import queue
from exercises.submissions import worker as worker_module
from exercises.submissions.worker import WorkerSandbox
from grader.errors import SandboxUnavailable
from tests.exercises.submissions.faults import broken_database, eventually

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from grader.sandbox.job import Event, Job, Run

pytestmark = pytest.mark.django_db(transaction=True)


class IdleSandbox:
    """A sandbox that nothing is run in."""

    def run(
        self,
        job: Job,
        *,
        on_event: Callable[[Event], None] | None = None,
        interrupt: threading.Event | None = None,
    ) -> Run:
        """Refuse."""
        raise SandboxUnavailable("nothing is run here")

    def run_many(
        self, jobs: tuple[Job, ...], *, on_event: Callable[[int, Event], None] | None = None
    ) -> tuple[Run, ...]:
        """Refuse."""
        raise SandboxUnavailable("nothing is run here")

    def close(self) -> None:
        """Do nothing."""


class RecordedIntake:
    """Remembers what it was told."""

    accepting: bool | None = None
    ended = False

    def accept(self, accepting: bool) -> None:  # noqa: FBT001  # as the protocol has it
        """Remember whether messages are read."""
        self.accepting = accepting

    def end(self) -> None:
        """Remember that the process was ended."""
        self.ended = True


@pytest.fixture
def intake() -> RecordedIntake:
    """What the worker tells about messages."""
    return RecordedIntake()


@pytest.fixture
def running(intake: RecordedIntake, monkeypatch: pytest.MonkeyPatch) -> Iterator[WorkerSandbox]:
    """A worker with a sandbox, which reports itself often."""
    monkeypatch.setattr(queue, "enqueue", lambda _pk: None)
    monkeypatch.setattr(worker_module, "HEARTBEAT_SECONDS", 0.05)
    monkeypatch.setattr(worker_module, "RETRY_SECONDS", 0.05)
    one = WorkerSandbox(open_sandbox=IdleSandbox, concurrency=2, intake=intake)
    one.start()
    yield one
    one.stop()


def seen_again(name: str) -> Callable[[], bool]:
    """Return the question whether the worker has reported itself since now."""
    before = Worker.objects.get(pk=name).seen_at
    return lambda: Worker.objects.get(pk=name).seen_at > before


def test_a_broken_database_does_not_end_the_reports(
    running: WorkerSandbox, intake: RecordedIntake, caplog: pytest.LogCaptureFixture
) -> None:
    """A worker that cannot write says so and reads no messages; then both go on by themselves."""
    assert eventually(lambda: intake.accepting)
    with broken_database():
        assert eventually(lambda: "could not report itself" in caplog.text)
        assert eventually(lambda: intake.accepting is False)
    assert running.alive
    assert eventually(seen_again(running.name))
    assert eventually(lambda: intake.accepting)


def test_no_exception_ends_the_reports(
    running: WorkerSandbox, intake: RecordedIntake, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever a report raises, the next one is made."""
    assert eventually(lambda: intake.accepting)
    with monkeypatch.context() as faulty:
        faulty.setattr(running, "_write_row", lambda: 1 / 0)
        assert eventually(lambda: intake.accepting is False)
    assert eventually(seen_again(running.name))
    assert not intake.ended


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_without_its_thread_the_process_ends(
    running: WorkerSandbox, intake: RecordedIntake, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A thread that something ends takes the process with it, instead of leaving it unwatched."""
    assert eventually(lambda: intake.accepting)

    def end() -> None:
        raise SystemExit

    with monkeypatch.context() as fatal:
        fatal.setattr(running, "_write_row", end)
        assert eventually(lambda: not running.alive)
    assert intake.ended
    assert running.sandbox is None
    assert not Worker.objects.filter(pk=running.name).exists()


def test_a_broken_sandbox_is_reported_at_once(
    running: WorkerSandbox, intake: RecordedIntake, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The row says within a moment, not at the next heartbeat, that no sandbox is open."""

    def refuse() -> IdleSandbox:
        raise SandboxUnavailable("bwrap is gone", fix="apt-get install bubblewrap")

    assert eventually(lambda: intake.accepting)
    monkeypatch.setattr(worker_module, "HEARTBEAT_SECONDS", 600.0)
    monkeypatch.setattr(running, "_open_sandbox", refuse)
    running.report_broken(SandboxUnavailable("it broke"))
    assert eventually(lambda: not Worker.objects.get(pk=running.name).sandbox_open)
    assert eventually(lambda: "bwrap" in Worker.objects.get(pk=running.name).reason)
    assert intake.accepting is False


def test_a_deliberate_stop_ends_nothing_else(
    running: WorkerSandbox, intake: RecordedIntake
) -> None:
    """Retiring removes the row and leaves the process to Celery."""
    assert eventually(lambda: intake.accepting)
    running.stop()
    assert not intake.ended
    assert not Worker.objects.filter(pk=running.name).exists()
