"""What tests of exercises share: a small exercise of their own, learners, a real worker process."""

from __future__ import annotations

import json
import shutil
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from celery import current_app
from django.conf import settings as site_settings
from django.core.cache import cache

from courses.accounts.tokens import new_token
from courses.models import User
from exercises.catalogue import loading
from exercises.models import Exercise
from exercises.workbench import runs
from tests.exercises.learner_client import LearnerClient
from tests.exercises.worker_process import (
    CONTENT,
    MODEL,
    SLUG,
    SOLUTION,
    TIMEOUT_SECONDS,
    WorkerProcess,
    broker_url,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@pytest.fixture(scope="session")
def broker() -> Iterator[Path]:
    """A broker of this test process's own; the folder is a worker's WHYBOX_VAR."""
    folder = Path(tempfile.mkdtemp(prefix="whybox-worker-"))
    if url := broker_url():
        current_app.conf.update(broker_url=url)
    else:
        for name in ("messages", "control"):
            (folder / "broker" / name).mkdir(parents=True)
        options = dict(site_settings.CELERY_BROKER_TRANSPORT_OPTIONS)
        options["data_folder_in"] = options["data_folder_out"] = str(folder / "broker/messages")
        options["control_folder"] = str(folder / "broker/control")
        current_app.conf.update(broker_transport_options=options)
    _forget_connections()
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


def _forget_connections() -> None:
    """Drop the pools of an earlier test, which lead to another broker."""
    current_app._pool = None  # type: ignore[attr-defined]  # as Celery does after a fork
    current_app.amqp._producer_pool = None  # type: ignore[attr-defined]


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


@pytest.fixture(scope="session")
def run_worker_process(broker: Path, django_db_setup: None) -> Iterator[WorkerProcess]:
    """A worker for runs of drafts, for the whole session."""
    process = WorkerProcess(broker, app="config.interactive", queues="interactive")
    yield process
    process.close()


@pytest.fixture
def run_worker(run_worker_process: WorkerProcess, transactional_db: None) -> WorkerProcess:
    """The session's worker for runs, ready for them, on a database that it shares with the test."""
    run_worker_process.start()
    deadline = time.monotonic() + TIMEOUT_SECONDS
    while not runs.workers():
        assert time.monotonic() < deadline, "the worker for runs did not open its sandbox"
        time.sleep(0.1)
    return run_worker_process


@pytest.fixture
def second_run_worker(run_worker: WorkerProcess, broker: Path) -> Iterator[WorkerProcess]:
    """Another worker for runs, beside the session's."""
    process = WorkerProcess(broker, app="config.interactive", queues="interactive")
    process.start()
    deadline = time.monotonic() + TIMEOUT_SECONDS
    while runs.present_workers().filter(sandbox_open=True).count() < 2:
        assert time.monotonic() < deadline, "the second worker did not open its sandbox"
        time.sleep(0.1)
    yield process
    process.close()


@pytest.fixture(autouse=True)
def _fresh_cache() -> None:
    """Forget what other tests counted and the status that they saw."""
    cache.clear()


@pytest.fixture(autouse=True)
def _content(settings: Any) -> None:
    settings.CONTENT_DIR = CONTENT


@pytest.fixture
def exercise(db: None) -> Exercise:
    """The exercise of tests/exercises/content, loaded."""
    loading.load(content=CONTENT)
    return Exercise.objects.get(slug=SLUG)


@pytest.fixture
def learner(db: None) -> User:
    """A learner."""
    return User.objects.create_user("ada@example.org", "a quiet harbour")


@pytest.fixture
def token_of() -> Callable[[User], dict[str, str]]:
    """Make the header by which the API knows somebody."""

    def header(user: User) -> dict[str, str]:
        return {"Authorization": f"Token {new_token(user)}"}

    return header


@pytest.fixture
def notebook() -> Callable[..., bytes]:
    """Make a notebook: the parameters cell, the model, then the given cells."""

    def make(*cells: str) -> bytes:
        sources = ["rows = [0, 1]", MODEL, *cells]
        made: list[dict[str, Any]] = [
            {"cell_type": "code", "id": f"c{number}", "source": source, "outputs": []}
            | {"metadata": {}, "execution_count": None}
            for number, source in enumerate(sources)
        ]
        made[0]["metadata"] = {"tags": ["parameters"]}
        facts = {"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": made}
        return json.dumps(facts).encode()

    return make


@pytest.fixture
def solution(notebook: Callable[..., bytes]) -> bytes:
    """A notebook that passes."""
    return notebook(SOLUTION)


@pytest.fixture
def learner_client(
    learner: User, exercise: Exercise, notebook: Callable[..., bytes]
) -> LearnerClient:
    """A learner with a browser, and the exercise."""
    return LearnerClient(learner, exercise, notebook)
