"""Real worker processes: what they reserve, in whose turn they grade, how they end."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import pytest
from celery import current_app
from django.urls import reverse

from courses.models import User
from exercises.catalogue import loading
from exercises.models import Exercise, State, Submission, Worker
from exercises.submissions import lifecycle, queue
from tests.exercises.submissions.faults import eventually
from tests.exercises.worker_process import CONTENT, SLUG, TIMEOUT_SECONDS, WorkerProcess

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.exercises.learner_client import LearnerClient

pytestmark = pytest.mark.django_db(transaction=True)

SLOW = "import time; time.sleep({seconds})"


@pytest.fixture
def many(settings: object, broker: Path) -> Iterator[Path]:
    """Content with four exercises, copies of the one."""
    folder = Path(tempfile.mkdtemp(prefix="whybox-content-"))
    for number in range(4):
        copied = folder / "exercises" / f"{SLUG}-{number}"
        shutil.copytree(CONTENT / "exercises" / SLUG, copied)
    settings.CONTENT_DIR = folder  # type: ignore[attr-defined]  # pytest-django's has all settings
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def submit(notebook: Callable[..., bytes]) -> Callable[..., Submission]:
    """Submit a notebook that sleeps, as somebody."""

    def of(name: str, exercise: Exercise, *, seconds: float) -> Submission:
        user, _new = User.objects.get_or_create(email=f"{name}@example.org")
        cell = SLOW.format(seconds=seconds)
        return lifecycle.submit(user=user, exercise=exercise, notebook=notebook(cell))

    return of


def unread() -> int:
    """Count the messages of the grading queue that no worker has reserved."""
    with current_app.connection_for_read() as connection, connection.channel() as channel:
        return int(cast("Any", channel)._size(queue.GRADING_QUEUE))


def is_open() -> bool:
    """Whether a worker with a sandbox is there."""
    return Worker.objects.filter(sandbox_open=True).exists()


def test_a_worker_reserves_no_more_than_its_slots(
    worker: WorkerProcess, exercise: Exercise, submit: Callable[..., Submission]
) -> None:
    """Two slots hold two messages; the other six stay for other workers."""
    assert eventually(is_open, seconds=TIMEOUT_SECONDS)
    assert eventually(lambda: unread() == 0, seconds=TIMEOUT_SECONDS)
    rows = [submit(f"learner-{number}", exercise, seconds=4) for number in range(8)]
    running = Submission.objects.running()
    assert eventually(lambda: running.count() == 2, seconds=TIMEOUT_SECONDS)
    assert unread() == 6
    finished = Submission.objects.filter(state=State.GRADED)
    assert eventually(lambda: finished.count() == len(rows), seconds=TIMEOUT_SECONDS)


def test_a_real_worker_takes_turns(
    many: Path,
    broker: Path,
    worker_process: WorkerProcess,
    submit: Callable[..., Submission],
) -> None:
    """Behind one account's four slow submissions another's single one is graded among the first.

    Slow: it starts a worker process on content of its own.
    """
    worker_process.stop()  # it has other content
    loading.load(content=many)
    exercises = list(Exercise.objects.filter(slug__startswith=f"{SLUG}-").order_by("slug"))
    assert len(exercises) == 4
    rows = [submit("ada", one, seconds=3) for one in exercises]
    single = submit("bob", exercises[0], seconds=0)
    process = WorkerProcess(broker, WHYBOX_CONTENT=str(many))
    process.start()
    try:
        everything = Submission.objects.filter(state=State.GRADED)
        assert eventually(lambda: everything.count() == 5, seconds=TIMEOUT_SECONDS)
    finally:
        process.close()
    single.refresh_from_db()
    later = [Submission.objects.get(pk=row.pk) for row in rows]
    assert single.started_at is not None
    assert sum(row.started_at < single.started_at for row in later if row.started_at) <= 1


def test_a_worker_without_its_thread_ends_and_drops_nothing(
    exercise: Exercise, learner_client: LearnerClient, broker: Path, worker: WorkerProcess
) -> None:
    """A process whose own thread ended exits with an error; its message goes to another worker.

    Slow: it starts a worker process of its own.
    """
    worker.stop()
    doomed = WorkerProcess(broker, app="tests.exercises.submissions.doomed_worker")
    doomed.start()
    assert doomed.wait() != 0
    doomed.close()
    assert "its own thread ended; the process ends" in next(broker.glob("*.log")).read_text()
    submission = learner_client.submit("x = 1")
    assert not Worker.objects.filter(sandbox_open=True).exists()
    page = learner_client.browser.get(reverse("exercises:status")).content.decode()
    assert "No worker is running" in page
    worker.start()
    assert learner_client.wait(submission, lambda row: row.finished).state == State.GRADED
