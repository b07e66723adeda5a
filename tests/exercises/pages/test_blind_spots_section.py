"""The task page says what the grading of this task can't see."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

from django.urls import reverse

from exercises.catalogue import loading
from tests.exercises.worker_process import CONTENT, SLUG

if TYPE_CHECKING:
    from pathlib import Path

    from tests.exercises.learner_client import LearnerClient


def _page(client: LearnerClient) -> str:
    return client.browser.get(reverse("exercises:exercise", args=[SLUG])).content.decode()


def test_declared_blind_spots_are_on_the_task_page(
    learner_client: LearnerClient, tmp_path: Path
) -> None:
    """Each declared blind spot is listed under its heading, escaped, with code as code.

    Without any there is no heading.
    """
    assert 'id="blind-spots"' not in _page(learner_client)
    content = shutil.copytree(CONTENT, tmp_path / "content")
    file = content / "exercises" / SLUG / "exercise.yaml"
    text = file.read_text(encoding="utf-8")
    spots = 'blind_spots: ["Differences in `fx` below 1 % <are> not seen."]\nlimits:'
    file.write_text(text.replace("limits:", spots, 1), encoding="utf-8")
    loading.load(content=content)
    page = _page(learner_client)
    assert 'id="blind-spots"' in page
    assert "Differences in <code>fx</code> below 1 % &lt;are&gt; not seen." in page
