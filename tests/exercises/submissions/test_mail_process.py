"""The process that sends emails, as `make run` starts it, with a real mail server."""

from __future__ import annotations

import os
import shlex
import subprocess
from typing import TYPE_CHECKING, Any

import pytest
from django.db.models.functions import Now

from config.run import process_commands
from courses.mail.backend import notify_sender
from courses.mail.models import OutgoingMail
from exercises.models import Worker
from exercises.submissions import lifecycle, pipeline, queue
from exercises.submissions.lease import claim
from grader.report import GradeReport
from grader.sandbox.job import Verdict
from tests.courses.mail.mail_server import MailServer
from tests.exercises.submissions.faults import eventually
from tests.exercises.worker_process import CHECKOUT, TIMEOUT_SECONDS, broker_url, database_url

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.exercises.learner_client import LearnerClient

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[MailServer]:
    """A mail server that is down at first."""
    one = MailServer(tmp_path)
    yield one
    one.stop()


@pytest.fixture
def mail_process(broker: Path, server: MailServer) -> Iterator[int]:
    """The process of `make run` that sends emails; its process id."""
    command = shlex.split(process_commands(0, broker)["mail"])
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "config.settings.test",
        "WHYBOX_VAR": str(broker),
        "WHYBOX_DATABASE_URL": database_url(),
        "WHYBOX_BROKER_URL": broker_url(),
        "WHYBOX_EMAIL_URL": f"smtp://127.0.0.1:{server.port}",
    }
    with subprocess.Popen(command, cwd=CHECKOUT, env=environment) as process:
        yield process.pid
        process.terminate()


def test_a_verdict_reaches_a_server_that_was_down(
    learner_client: LearnerClient,
    server: MailServer,
    mail_process: int,
    settings: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Recording a grade writes the email; its own process sends it, once the server is up."""
    settings.EMAIL_BACKEND = "courses.mail.backend.OutboxBackend"
    monkeypatch.setattr(queue, "enqueue", lambda _pk: None)
    submission = lifecycle.submit(
        user=learner_client.learner,
        exercise=learner_client.exercise,
        notebook=learner_client.make(),
        mail_wanted=True,
    )
    lease = claim(submission_id=submission.pk)
    assert lease is not None
    report = GradeReport(verdict=Verdict.OK, score=9.5, max_score=10.0, passed=True)
    pipeline._record(submission, lease=lease, report=report)

    waits = OutgoingMail.objects.delayed()
    assert eventually(waits.exists, seconds=TIMEOUT_SECONDS)
    assert "ConnectionRefusedError" in waits.get().last_error
    server.start("accept")
    OutgoingMail.objects.update(next_attempt_at=Now())
    notify_sender()
    assert eventually(lambda: not OutgoingMail.objects.exists(), seconds=TIMEOUT_SECONDS)
    (mail,) = server.received()
    assert "To: ada@example.org" in mail
    opened = Worker.objects.filter(name__endswith=f":{mail_process}")
    assert not opened.exists()  # it opens no sandbox
