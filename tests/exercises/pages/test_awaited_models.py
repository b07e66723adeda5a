"""A learner is told that a real network has still to arrive."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, Any

import pytest
from django.urls import reverse
from django.utils import timezone

from exercises.catalogue import awaited_models, loading
from exercises.models import State, Submission
from grader.models.fetching import SHIPPED
from grader.sandbox.job import Verdict
from tests.exercises.worker_process import CONTENT, SLUG

if TYPE_CHECKING:
    from pathlib import Path

    from tests.exercises.learner_client import LearnerClient


@pytest.fixture
def models(tmp_path: Path, settings: Any) -> Path:
    """Return the site's folder of models, empty."""
    settings.MODELS_DIR = tmp_path / "models"
    settings.MODELS_DIR.mkdir()
    return tmp_path / "models"


@pytest.fixture
def _opens_minilm(learner_client: LearnerClient, tmp_path: Path) -> None:
    content = shutil.copytree(CONTENT, tmp_path / "content")
    file = content / "exercises" / SLUG / "exercise.yaml"
    text = file.read_text(encoding="utf-8")
    file.write_text(f"models: [minilm, austen]\n{text}", encoding="utf-8")
    loading.load(content=content)


def _page(client: LearnerClient) -> str:
    return client.browser.get(reverse("exercises:exercise", args=[SLUG])).content.decode()


@pytest.mark.usefixtures("_opens_minilm")
def test_the_task_page_says_which_model_has_still_to_arrive(
    learner_client: LearnerClient, models: Path
) -> None:
    """Until it is there; a site that does not see the folder says nothing."""
    page = _page(learner_client)
    assert 'id="awaited-models"' in page
    assert "machine yet: minilm." in page
    (models / "minilm.safetensors").touch()
    assert 'id="awaited-models"' not in _page(learner_client)
    (models / "minilm.safetensors").unlink()
    models.rmdir()
    assert 'id="awaited-models"' not in _page(learner_client)


@pytest.mark.usefixtures("_opens_minilm", "models")
def test_a_submission_that_was_not_graded_says_why(learner_client: LearnerClient) -> None:
    """It is the platform's state, not the learner's error, and costs no attempt."""
    submission = learner_client.submit()
    Submission.objects.update(
        state=State.FAILED, verdict=Verdict.INTERNAL_ERROR, finished_at=timezone.now()
    )
    page = learner_client.page(submission)
    assert "Something went wrong on our side" in page
    assert "machine yet: minilm." in page
    assert "This attempt doesn&#x27;t count" in page


def test_models_of_our_own_are_never_awaited() -> None:
    """They are those whose weights lie in the repository."""
    assert {file.stem for file in SHIPPED.glob("*.safetensors")} == awaited_models.SHIPPED
