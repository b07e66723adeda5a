"""One id from the upload to the verdict, and nothing of a learner in any log: real processes."""

from __future__ import annotations

import io
import json
import logging
import uuid
from typing import TYPE_CHECKING, Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from config.logs import logging_settings
from exercises.models import State, Submission
from tests.exercises.worker_process import SOLUTION, WorkerProcess

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.exercises.learner_client import LearnerClient

MARK = f"marker{uuid.uuid4().hex}"
"""What every text of the learner contains, and no line of a log may."""


def formatter(form: str) -> logging.Formatter:
    """The formatter of the settings."""
    facts = dict(logging_settings(form=form, level="DEBUG")["formatters"]["line"])
    made: logging.Formatter = facts.pop("()")(**facts)
    return made


@pytest.fixture
def web_log() -> Iterator[io.StringIO]:
    """Everything that this process, which is the web process here, logs as JSON."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(formatter("json"))
    root, requests = logging.getLogger(), logging.getLogger("config.request_ids")
    levels = root.level, requests.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    requests.setLevel(logging.DEBUG)
    yield stream
    root.removeHandler(handler)
    root.setLevel(levels[0])
    requests.setLevel(levels[1])


@pytest.fixture
def json_worker(
    broker: Path, worker_process: WorkerProcess, transactional_db: None
) -> Iterator[WorkerProcess]:
    """A worker that logs everything as JSON, instead of the session's."""
    worker_process.stop()
    process = WorkerProcess(broker, WHYBOX_LOG_FORMAT="json", WHYBOX_LOG_LEVEL="DEBUG")
    process.start()
    yield process
    process.close()


def upload(client: LearnerClient, *cells: str, name: str) -> Submission:
    """Submit on the page, and wait for the verdict."""
    notebook = SimpleUploadedFile(name, client.make(*cells))
    address = reverse("exercises:submit", args=[client.exercise.slug])
    answer = client.browser.post(address, {"notebook": notebook})
    submission = Submission.objects.get(pk=answer["Location"].strip("/").rpartition("/")[2])
    return client.wait(submission, lambda one: one.finished)


def lines_of(text: str) -> list[dict[str, Any]]:
    """The lines of a log that are JSON objects."""
    return [json.loads(line) for line in text.splitlines() if line.startswith("{")]


def test_one_id_leads_from_the_upload_to_the_verdict_and_no_log_quotes_the_learner(
    web_log: io.StringIO, json_worker: WorkerProcess, broker: Path, learner_client: LearnerClient
) -> None:
    """Request, acceptance, grading, grading process and verdict have one id, and no text is quoted.

    Not code, output, error, file name, search, address or a refused file.
    """
    client = learner_client
    client.learner.email, client.learner.name = f"{MARK}@example.org", MARK
    client.learner.save()
    log = broker / "config.log"
    before = log.stat().st_size
    noisy = f"# {MARK}\nimport os\nprint('{MARK}')\nos.write(2, b'{MARK}')\n{SOLUTION}"

    passed = upload(client, noisy, name=f"{MARK}.ipynb")
    failed = upload(client, f"{SOLUTION}\nraise ValueError('{MARK}')", name=f"{MARK}.ipynb")
    client.browser.get("/search/", {"q": MARK})
    broken = SimpleUploadedFile(f"{MARK}.ipynb", b'{"cells": "' + MARK.encode() + b'"')
    client.browser.post(
        reverse("exercises:submit", args=[client.exercise.slug]), {"notebook": broken}
    )
    json_worker.stop()

    assert (passed.passed, failed.verdict) == (True, "runtime_error")
    told = log.read_bytes()[before:].decode(errors="replace")
    assert MARK not in told
    assert MARK not in web_log.getvalue()
    for submission in (passed, failed):
        assert submission.state == State.GRADED
        ids = {submission.request_id}
        web = [one for one in lines_of(web_log.getvalue()) if one.get("request_id") in ids]
        assert [one["event"] for one in web if one["event"] == "request"] == ["request"]
        assert any(str(submission.pk) in one["event"] for one in web)
        graded = [one for one in lines_of(told) if one.get("request_id") in ids]
        assert {one["submission"] for one in graded} == {str(submission.pk)}
        events = " ".join(one["event"] for one in graded)
        assert "grading begins" in events
        assert f"grading process: grading {client.exercise.slug}" in events
        assert f"grading ended: graded, {submission.verdict}" in events
