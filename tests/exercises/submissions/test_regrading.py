"""Regrading: the difference is shown before it is written, and nothing runs again."""

from __future__ import annotations

import io
import shutil
from typing import TYPE_CHECKING, Any

import pytest
from django.core.management import CommandError, call_command

from courses.learners.progress import exercise_completed
from exercises.models import Submission
from exercises.submissions import regrading
from grader.reference import ReferenceStore
from tests.exercises.worker_process import CONTENT, SLUG, SOLUTION, WorkerProcess

if TYPE_CHECKING:
    from pathlib import Path

    from tests.exercises.learner_client import LearnerClient


@pytest.fixture(autouse=True)
def _references(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = ReferenceStore(tmp_path / "references")
    monkeypatch.setattr(regrading, "references", lambda: store)


def regraded(*arguments: str) -> str:
    """What the command prints."""
    out = io.StringIO()
    call_command("regrade", SLUG, *arguments, stdout=out)
    return out.getvalue()


@pytest.mark.django_db(transaction=True)
def test_a_changed_rubric_is_shown_then_written(
    worker: WorkerProcess, learner_client: LearnerClient, tmp_path: Path, settings: Any
) -> None:
    """A milder pass score changes a verdict only with --commit, and then completes the exercise.

    Slow where it is the first test of its process that needs the worker, which boots a sandbox.
    """
    submission = learner_client.verdict(SOLUTION + "\nphi = -phi")
    assert (submission.score, submission.passed) == (2.0, False)
    assert "1 the same, 0 changed" in regraded()
    settings.CONTENT_DIR = shutil.copytree(CONTENT, tmp_path / "content")
    file = settings.CONTENT_DIR / "exercises" / SLUG / "exercise.yaml"
    file.write_text(file.read_text().replace("pass_score: 8", "pass_score: 2"))
    shown = regraded()
    assert f"{submission.pk}  2 → 2  now passed" in shown
    assert "Nothing was written" in shown
    assert not Submission.objects.filter(passed=True).exists()
    assert "1 written" in regraded("--commit")
    assert Submission.objects.filter(passed=True).exists()
    assert exercise_completed(learner_client.learner, SLUG)


@pytest.mark.django_db
def test_an_unknown_exercise_is_an_error() -> None:
    """A wrong slug is an error with a message."""
    with pytest.raises(CommandError, match="There is no exercise"):
        call_command("regrade", "nothing-like-this")
