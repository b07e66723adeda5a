"""Rows of earlier releases, whose files were columns, move into storage and back."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.utils import timezone

from exercises.submissions import files

if TYPE_CHECKING:
    from collections.abc import Iterator

    from courses.models import User
    from exercises.models import Exercise

BEFORE = [("exercises", "0008_plain_labels")]
AFTER = [("exercises", "0017_drop_file_columns")]
EXECUTED = json.dumps(
    {
        "nbformat": 4,
        "nbformat_minor": 5,
        "metadata": {},
        "cells": [{"cell_type": "markdown", "source": "*moved*", "metadata": {}, "id": "a"}],
    }
)


@pytest.fixture
def _latest_again(transactional_db: None) -> Iterator[None]:
    """Leave the database as the other tests need it."""
    yield
    executor = MigrationExecutor(connection)
    executor.migrate(executor.loader.graph.leaf_nodes())


@pytest.mark.usefixtures("_latest_again")
def test_columns_move_to_storage_and_back(exercise: Exercise, learner: User) -> None:
    """Contents stay as they were; the page of the executed notebook is rendered on the way."""
    executor = MigrationExecutor(connection)
    executor.migrate(BEFORE)
    apps = executor.loader.project_state(BEFORE).apps
    now = timezone.now()
    submission = apps.get_model("exercises", "Submission").objects.create(
        user_id=learner.pk,
        exercise_id=exercise.pk,
        attempt=1,
        max_score=10.0,
        created_at=now,
        notified_at=now,
    )
    key = submission.pk
    apps.get_model("exercises", "SubmissionFiles").objects.create(
        submission=submission, notebook=b"{}", executed=EXECUTED, answers=b"packed"
    )

    executor = MigrationExecutor(connection)
    executor.migrate(AFTER)

    assert files.notebook(key) == b"{}"
    assert files.executed(key).decode() == EXECUTED
    assert "<em>moved</em>" in files.page(key)
    assert files.answers(key) == b"packed"

    executor = MigrationExecutor(connection)
    executor.migrate(BEFORE)
    apps = executor.loader.project_state(BEFORE).apps
    row = apps.get_model("exercises", "SubmissionFiles").objects.get(pk=key)
    assert (bytes(row.notebook), row.executed, bytes(row.answers)) == (b"{}", EXECUTED, b"packed")
