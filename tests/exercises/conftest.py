"""What tests of exercises share: a small exercise of their own, learners, a real worker process."""

from __future__ import annotations

import shutil
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import nbformat
import pytest
from celery import current_app
from django.conf import settings as site_settings
from django.test import Client
from rest_framework.authtoken.models import Token
from worker_process import (
    CONTENT,
    MODEL,
    PATIENCE_SECONDS,
    SLUG,
    SOLUTION,
    WorkerProcess,
    broker_url,
)

from courses.models import User
from exercises import catalogue, submissions
from exercises.models import Exercise

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from exercises.models import Submission


@pytest.fixture(scope="session")
def broker() -> Iterator[Path]:
    """A broker of this test process's own; the folder is a worker's WHYBOX_VAR."""
    folder = Path(tempfile.mkdtemp(prefix="whybox-worker-"))
    if url := broker_url():
        current_app.conf.broker_url = url
    else:
        for name in ("messages", "control"):
            (folder / "broker" / name).mkdir(parents=True)
        options = dict(site_settings.CELERY_BROKER_TRANSPORT_OPTIONS)
        options["data_folder_in"] = options["data_folder_out"] = str(folder / "broker/messages")
        options["control_folder"] = str(folder / "broker/control")
        current_app.conf.broker_transport_options = options
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def worker_process(broker: Path, django_db_setup: None) -> Iterator[WorkerProcess]:
    """A worker with a real sandbox, for the whole session."""
    process = WorkerProcess(broker)
    yield process
    process.close()


@pytest.fixture
def worker(worker_process: WorkerProcess, transactional_db: None) -> WorkerProcess:
    """The session's worker, running, on a database that it shares with the test."""
    worker_process.start()
    return worker_process


@pytest.fixture(autouse=True)
def _content(settings: Any) -> None:
    settings.CONTENT_DIR = CONTENT


@pytest.fixture
def exercise(db: None) -> Exercise:
    """The exercise of tests/exercises/content, loaded."""
    catalogue.load(content=CONTENT)
    return Exercise.objects.get(slug=SLUG)


@pytest.fixture
def learner(db: None) -> User:
    """A learner."""
    return User.objects.create_user("ada@example.org", "a quiet harbour")


@pytest.fixture
def token_of() -> Callable[[User], dict[str, str]]:
    """Make the header by which the API knows somebody."""

    def header(user: User) -> dict[str, str]:
        return {"Authorization": f"Token {Token.objects.get_or_create(user=user)[0].key}"}

    return header


@pytest.fixture
def notebook() -> Callable[..., bytes]:
    """Make a notebook: the parameters cell, the model, then the given cells."""

    def make(*cells: str) -> bytes:
        made = nbformat.v4.new_notebook(metadata={"language_info": {"name": "python"}})
        parameters = nbformat.v4.new_code_cell("rows = [0, 1]", metadata={"tags": ["parameters"]})
        made.cells = [parameters, *(nbformat.v4.new_code_cell(cell) for cell in (MODEL, *cells))]
        return nbformat.writes(made).encode()

    return make


@pytest.fixture
def solution(notebook: Callable[..., bytes]) -> bytes:
    """A notebook that passes."""
    return notebook(SOLUTION)


class Desk:
    """A learner at work on the exercise: hands in, waits, looks at the page."""

    def __init__(self, learner: User, exercise: Exercise, make: Callable[..., bytes]) -> None:
        self.learner, self.exercise, self.make = learner, exercise, make
        self.browser = Client()
        self.browser.force_login(learner)

    def submit(self, *cells: str) -> Submission:
        """Hand in a notebook with these cells after the model."""
        return submissions.submit(
            user=self.learner, exercise=self.exercise, notebook=self.make(*cells)
        )

    def wait(self, submission: Submission, until: Callable[[Submission], bool]) -> Submission:
        """Wait until the submission in the database is as `until` wants it."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < deadline:
            submission.refresh_from_db()
            if until(submission):
                return submission
            time.sleep(0.02)
        message = f"still {submission.state}/{submission.stage} after {PATIENCE_SECONDS} s"
        raise AssertionError(message)

    def verdict(self, *cells: str) -> Submission:
        """Hand in, and wait for the verdict."""
        return self.wait(self.submit(*cells), lambda submission: submission.finished)

    def page(self, submission: Submission) -> str:
        """Return the submission's page as the learner sees it."""
        return self.browser.get(submission.get_absolute_url()).content.decode()


@pytest.fixture
def desk(learner: User, exercise: Exercise, notebook: Callable[..., bytes]) -> Desk:
    """A learner at work on the exercise."""
    return Desk(learner, exercise, notebook)
