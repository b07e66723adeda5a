"""The model solution: for those who have completed the exercise, and for nobody before."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING, Any

import pytest
from django.test import Client

from courses.learners.progress import record_completion
from exercises.catalogue import loading
from exercises.models import ModelSolution
from tests.exercises.worker_process import CONTENT, SLUG

if TYPE_CHECKING:
    from pathlib import Path

    from courses.models import User
    from exercises.models import Exercise


@pytest.fixture
def browser(learner: User) -> Client:
    """A learner's browser."""
    client = Client()
    client.force_login(learner)
    return client


def test_it_is_closed_until_the_exercise_is_completed(
    exercise: Exercise, learner: User, browser: Client
) -> None:
    """Neither its page nor a link to it is there before; both are afterwards."""
    address = f"/exercises/{exercise.slug}/solution/"
    assert Client().get(address)["Location"].startswith("/accounts/login/")
    assert browser.get(address).status_code == 403
    assert address not in browser.get(exercise.get_absolute_url()).content.decode()

    record_completion(user=learner, exercise_slug=exercise.slug)

    page = browser.get(address).content.decode()
    solution = ModelSolution.objects.get(exercise=exercise)
    assert solution.html in page
    assert "What this exercise teaches" in page
    assert "Your values have the wrong sign." in page


def test_no_other_page_or_answer_holds_it(exercise: Exercise, browser: Client) -> None:
    """The exercise's page and the API give nothing of it away."""
    solution = ModelSolution.objects.get(exercise=exercise)
    lines = [line for line in solution.html.splitlines() if len(line) > 60]
    assert lines
    for address in (exercise.get_absolute_url(), f"/api/v1/exercises/{exercise.slug}/"):
        text = browser.get(address).content.decode()
        assert not [line for line in lines if line in text]


def test_it_is_rendered_when_the_exercise_is_loaded(exercise: Exercise) -> None:
    """Code is highlighted, Markdown is HTML, and loading again changes nothing."""
    solution = ModelSolution.objects.get(exercise=exercise)

    assert "<pre" in solution.html
    assert "<h1" not in solution.html
    assert loading.load(content=CONTENT) == []


def test_what_no_lesson_may_hold_is_shown_as_text(exercise: Exercise, tmp_path: Path) -> None:
    """Markup of an imported notebook becomes text, not a part of the page."""
    content = shutil.copytree(CONTENT, tmp_path / "content")
    file = content / "exercises" / SLUG / "solution.ipynb"
    notebook = json.loads(file.read_text())
    texts = ["<script>alert(1)</script> ![a](https://evil.example/x.png)", "x = '```'\n</pre><b>"]
    for kind, text in zip(("markdown", "code"), texts, strict=True):
        extra: dict[str, Any] = {"outputs": [], "execution_count": None} if kind == "code" else {}
        cell = {"cell_type": kind, "id": kind, "metadata": {}, "source": text} | extra
        notebook["cells"].append(cell)
    file.write_text(json.dumps(notebook))

    loading.load(content=content)

    html = ModelSolution.objects.get(exercise=exercise).html
    for markup in ("<script", "<img", "<b>"):
        assert markup not in html
    assert "alert(1)" in html
    assert "```" in html
