"""A submission's life with nothing replaced: web, queue, worker process, sandbox, grade."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from celery import Celery
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone

from exercises import queue, submissions
from exercises.models import Stage, State, Submission, Worker
from exercises.submissions import LEASE, NUDGE_AFTER
from tests.exercises.worker_process import SOLUTION, WorkerProcess

if TYPE_CHECKING:
    from pathlib import Path

    from tests.exercises.desk import Desk

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_right_notebook_is_passed(worker: WorkerProcess, desk: Desk) -> None:
    """A right notebook handed in by the page is run, marked and passed, and its page shows it."""
    upload = SimpleUploadedFile("linear-parts.ipynb", desk.make(SOLUTION))
    answer = desk.browser.post(
        reverse("exercises:submit", args=[desk.exercise.slug]), {"notebook": upload}
    )
    submission = Submission.objects.get(user=desk.learner)
    assert answer["Location"] == submission.get_absolute_url()
    desk.wait(submission, lambda s: s.finished)
    assert (submission.state, submission.verdict) == (State.GRADED, "ok")
    assert (submission.score, submission.passed) == (10.0, True)
    page = desk.page(submission)
    assert "Passed" in page
    assert "<svg" in page
    frame = desk.browser.get(reverse("exercises:executed", args=[submission.pk]))
    assert "sandbox" in frame["Content-Security-Policy"]
    assert "weights" in frame.content.decode()


def test_a_wrong_notebook_is_told_its_mistake(worker: WorkerProcess, desk: Desk) -> None:
    """Values with the opposite sign fail, and the page names that mistake and asks about it."""
    submission = desk.verdict(SOLUTION + "\nphi = -phi")
    assert (submission.state, submission.passed) == (State.GRADED, False)
    page = desk.page(submission)
    assert "the opposite sign" in page
    assert "Was this diagnosis right?" in page
    desk.browser.post(reverse("exercises:diagnosis", args=[submission.pk]), {"answer": "yes"})
    submission.refresh_from_db()
    assert submission.diagnosis_answer == "yes"


def test_an_error_quotes_its_cell(worker: WorkerProcess, desk: Desk) -> None:
    """A notebook that stops with an error is shown the cell, the line and the message."""
    submission = desk.verdict("phi = 1\nraise ValueError('no <b>parts</b>')")
    assert submission.verdict == "runtime_error"
    page = desk.page(submission)
    assert "Stopped in code cell 3" in page
    assert "raise ValueError(&#x27;no &lt;b&gt;parts&lt;/b&gt;&#x27;)" in page


def test_a_limit_is_shown_with_its_peak(worker: WorkerProcess, desk: Desk) -> None:
    """A notebook that takes all memory is told the limit and how far it went."""
    submission = desk.verdict("hoard = [bytearray(2**26) for _ in range(64)]")
    assert submission.verdict == "memory_limit"
    assert "A run may use 512 MiB of memory; this one reached" in desk.page(submission)


def test_a_killed_worker_costs_no_attempt(worker: WorkerProcess, desk: Desk) -> None:
    """A submission whose worker was killed is put back, graded by the next one, and costs once."""
    submission = desk.submit("import time; time.sleep(2)", SOLUTION)
    desk.wait(submission, lambda s: s.stage == Stage.CELLS)
    worker.kill()
    assert submissions.requeue_stale() == 0  # its lease has not ended yet
    assert submissions.requeue_stale(now=timezone.now() + LEASE) == 1
    worker.start()
    desk.wait(submission, lambda s: s.finished)
    assert (submission.passed, submission.tries) == (True, 2)
    assert submissions.standing(user=desk.learner, exercise=desk.exercise).attempts == 1


def test_a_second_delivery_is_harmless(worker: WorkerProcess, desk: Desk) -> None:
    """A message that comes many times is graded once."""
    submission = desk.submit(SOLUTION)
    for _ in range(5):
        queue.announce(submission.pk)
    graded_at = desk.wait(submission, lambda s: s.finished).finished_at
    desk.verdict(SOLUTION)  # by now all messages before it have been read
    submission.refresh_from_db()
    assert (submission.tries, submission.finished_at) == (1, graded_at)


def test_a_lost_message_is_found_again(
    worker: WorkerProcess, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A submission whose message was lost is announced again, and graded."""
    with monkeypatch.context() as lossy:
        lossy.setattr(queue, "announce", lambda _pk: None)
        submission = desk.submit(SOLUTION)
    assert submissions.requeue_stale() == 0
    assert submissions.requeue_stale(now=timezone.now() + NUDGE_AFTER) == 1
    assert desk.wait(submission, lambda s: s.finished).passed


def test_without_a_sandbox_nothing_is_taken(
    worker: WorkerProcess, desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A worker without walls leaves submissions queued, says why, and a sound one takes them."""
    elsewhere = tmp_path / "broker"
    for name in ("messages", "control"):
        (elsewhere / name).mkdir(parents=True)
    folders = {f"data_folder_{way}": str(elsewhere / "messages") for way in ("in", "out")}
    folders["control_folder"] = str(elsewhere / "control")
    app = Celery(broker="filesystem://", broker_transport_options=folders, set_as_current=False)
    broken = WorkerProcess(
        tmp_path, WHYBOX_SANDBOX_PYTHON=str(tmp_path / "no-python"), WHYBOX_BROKER_URL=""
    )
    broken.start()
    try:
        with monkeypatch.context() as only_broken:
            only_broken.setattr(queue, "current_app", app)
            submission = desk.submit(SOLUTION)
        tried = Worker.objects.filter(reason__contains="no-python")
        desk.wait(submission, lambda _s: tried.exists())
        page = desk.browser.get(reverse("exercises:status")).content.decode()
        assert "not accepting jobs" in page
        assert "no-python" in page
        submission.refresh_from_db()
        assert (submission.state, submission.tries) == (State.QUEUED, 0)
    finally:
        broken.close()
    submissions.requeue_stale(now=timezone.now() + NUDGE_AFTER)
    assert desk.wait(submission, lambda s: s.finished).passed
