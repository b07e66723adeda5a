"""A submission's life with nothing replaced: web, queue, worker process, sandbox, grade."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from celery import Celery
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone

from courses.models import User
from exercises.models import Stage, State, Submission, Worker
from exercises.submissions import lifecycle, queue
from exercises.submissions.attempts import standing
from exercises.submissions.lease import LEASE
from exercises.submissions.lifecycle import NOTIFY_AGAIN_AFTER
from tests.exercises.worker_process import SOLUTION, WorkerProcess

if TYPE_CHECKING:
    from pathlib import Path

    from tests.exercises.learner_client import LearnerClient

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_correct_notebook_passes(worker: WorkerProcess, learner_client: LearnerClient) -> None:
    """A correct notebook submitted on the page is run, graded and passed, and its page shows it."""
    upload = SimpleUploadedFile("linear-parts.ipynb", learner_client.make(SOLUTION))
    answer = learner_client.browser.post(
        reverse("exercises:submit", args=[learner_client.exercise.slug]), {"notebook": upload}
    )
    submission = Submission.objects.get(user=learner_client.learner)
    assert answer["Location"] == submission.get_absolute_url()
    learner_client.wait(submission, lambda s: s.finished)
    assert (submission.state, submission.verdict) == (State.GRADED, "ok")
    assert (submission.score, submission.passed) == (10.0, True)
    page = learner_client.page(submission)
    assert "Passed" in page
    assert "<svg" in page
    frame = learner_client.browser.get(reverse("exercises:executed", args=[submission.pk]))
    assert "sandbox" in frame["Content-Security-Policy"]
    assert "weights" in frame.content.decode()


def test_a_wrong_notebook_is_diagnosed(
    worker: WorkerProcess, learner_client: LearnerClient
) -> None:
    """Values with the wrong sign fail; the page names the misconception and asks about it."""
    submission = learner_client.verdict(SOLUTION + "\nphi = -phi")
    assert (submission.state, submission.passed) == (State.GRADED, False)
    page = learner_client.page(submission)
    assert "Your values have the wrong sign." in page
    assert "Was this diagnosis right?" in page
    learner_client.browser.post(
        reverse("exercises:diagnosis", args=[submission.pk]), {"answer": "yes"}
    )
    submission.refresh_from_db()
    assert submission.diagnosis_answer == "yes"


def test_an_error_quotes_its_cell(worker: WorkerProcess, learner_client: LearnerClient) -> None:
    """A notebook that stops with an error is shown the cell, the line and the message."""
    submission = learner_client.verdict("phi = 1\nraise ValueError('no <b>parts</b>')")
    assert submission.verdict == "runtime_error"
    page = learner_client.page(submission)
    assert "Stopped in code cell 3" in page
    assert "raise ValueError(&#x27;no &lt;b&gt;parts&lt;/b&gt;&#x27;)" in page


def test_a_limit_is_shown_with_its_peak(
    worker: WorkerProcess, learner_client: LearnerClient
) -> None:
    """A notebook that uses up its memory is shown the limit and its peak."""
    submission = learner_client.verdict("hoard = [bytearray(2**26) for _ in range(64)]")
    assert submission.verdict == "memory_limit"
    assert "The memory limit is 512 MiB. Your run reached" in learner_client.page(submission)


def test_a_killed_worker_costs_no_attempt(
    worker: WorkerProcess, learner_client: LearnerClient
) -> None:
    """A submission whose worker was killed is requeued, graded by the next one, and costs once.

    Slow: the second worker boots a sandbox of its own.
    """
    submission = learner_client.submit("import time; time.sleep(2)", SOLUTION)
    learner_client.wait(submission, lambda s: s.stage == Stage.CELLS)
    worker.kill()
    assert lifecycle.requeue_stale() == 0  # its lease has not ended yet
    assert lifecycle.requeue_stale(now=timezone.now() + LEASE) == 1
    worker.start()
    learner_client.wait(submission, lambda s: s.finished)
    assert (submission.passed, submission.tries) == (True, 2)
    assert standing(user=learner_client.learner, exercise=learner_client.exercise).attempts == 1


def test_a_second_delivery_is_harmless(
    worker: WorkerProcess, learner_client: LearnerClient
) -> None:
    """A message that comes many times is graded once."""
    submission = learner_client.submit(SOLUTION)
    for _ in range(5):
        queue.enqueue(submission.pk)
    graded_at = learner_client.wait(submission, lambda s: s.finished).finished_at
    learner_client.verdict(SOLUTION)  # by now all messages before it have been read
    submission.refresh_from_db()
    assert (submission.tries, submission.finished_at) == (1, graded_at)


def test_a_lost_message_is_sent_again(
    worker: WorkerProcess, learner_client: LearnerClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A submission whose message was lost is notified again, and graded."""
    with monkeypatch.context() as lossy:
        lossy.setattr(queue, "enqueue", lambda _pk: None)
        submission = learner_client.submit(SOLUTION)
    assert lifecycle.requeue_stale() == 0
    assert lifecycle.requeue_stale(now=timezone.now() + NOTIFY_AGAIN_AFTER) == 1
    assert learner_client.wait(submission, lambda s: s.finished).passed


def test_without_a_sandbox_nothing_runs(
    worker: WorkerProcess,
    learner_client: LearnerClient,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A worker without a sandbox leaves submissions queued and shows why; another grades them.

    Slow: it starts two worker processes.
    """
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
            submission = learner_client.submit(SOLUTION)
        tried = Worker.objects.filter(reason__contains="no-python")
        learner_client.wait(submission, lambda _s: tried.exists())
        address = reverse("exercises:status")
        page = learner_client.browser.get(address).content.decode()
        assert "not accepting jobs" in page
        assert "no-python" not in page, "what the sandbox printed is for staff"
        User.objects.filter(pk=learner_client.learner.pk).update(is_staff=True)
        assert "no-python" in learner_client.browser.get(address).content.decode()
        submission.refresh_from_db()
        assert (submission.state, submission.tries) == (State.QUEUED, 0)
    finally:
        broken.close()
    lifecycle.requeue_stale(now=timezone.now() + NOTIFY_AGAIN_AFTER)
    assert learner_client.wait(submission, lambda s: s.finished).passed
