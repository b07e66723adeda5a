"""Bad uploads: each gets an answer that says how to fix it, and nothing is lost or stored."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile, TemporaryUploadedFile
from django.urls import reverse

from exercises.catalogue import folders
from exercises.models import Submission
from exercises.submissions import files

if TYPE_CHECKING:
    from collections.abc import Callable

    from courses.models import User
    from tests.exercises.learner_client import LearnerClient

PNG = b"\x89PNG\r\n\x1a\n" + bytes(64)


def as_bytes(**changes: Any) -> bytes:
    """A small notebook with some of its top-level keys replaced."""
    made = {"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": [code("x = 1")]}
    return json.dumps(made | changes).encode()


def code(source: str, **changes: Any) -> dict[str, Any]:
    """A code cell."""
    plain: dict[str, Any] = {
        "cell_type": "code",
        "metadata": {},
        "outputs": [],
        "execution_count": None,
    }
    return plain | {"id": "only", "source": source} | changes


REFUSED = {
    "a ZIP archive": (b"PK\x03\x04" + bytes(64), "Unpack it"),
    "HTML": (b"<!DOCTYPE html><html></html>", "exported as HTML"),
    "a Python file": (b"import numpy as np\nx = 1\n", "Python file (.py)"),
    "Windows-1252": (b'{"nbformat": 4, "x": "\xe9"}', "saved as UTF-8"),
    "no notebook": (b"my essay", "valid JSON"),
    "another JSON": (b'{"a": 1}', "not a Jupyter notebook"),
    "nbformat 3": (as_bytes(nbformat=3, worksheets=[]), "format 4 is required"),
    "deep JSON": (
        b'{"cells":' + b"[" * 100_000 + b"]" * 100_000 + b"}",
        "levels of nested brackets",
    ),
    "a picture": (PNG, "another kind of file"),
    "10,000 cells": (
        as_bytes(cells=[{"cell_type": "markdown", "source": "", "metadata": {}}] * 10_000),
        "10000 cells",
    ),
    "no parameters cell": (as_bytes(), "No cell sets the parameters"),
    "R": (as_bytes(metadata={"kernelspec": {"name": "ir", "language": "R"}}), "kernel is R"),
    "only deleted cells": (as_bytes(cells=[]), "no code cell"),
    "empty": (b"", "empty"),
}


@pytest.mark.parametrize(("data", "message"), REFUSED.values(), ids=REFUSED)
def test_the_page_says_what_is_wrong(
    learner_client: LearnerClient, data: bytes, message: str
) -> None:
    """The page answers 422 with the reason beside the form; the choice of an email stays ticked."""
    answer = learner_client.browser.post(
        reverse("exercises:submit", args=[learner_client.exercise.slug]),
        {"notebook": SimpleUploadedFile("work.ipynb", data), "mail_wanted": "on"},
    )
    page = answer.content.decode()
    assert answer.status_code == 422
    assert message in page
    assert "checked" in page
    assert not Submission.objects.exists()


@pytest.mark.parametrize(("data", "message"), REFUSED.values(), ids=REFUSED)
def test_the_api_says_what_is_wrong(
    learner_client: LearnerClient,
    token_of: Callable[[User], dict[str, str]],
    data: bytes,
    message: str,
) -> None:
    """The API answers 400 with a problem document that names the field and the reason."""
    answer = learner_client.browser.post(
        reverse("api:exercise-submissions", args=[learner_client.exercise.slug]),
        {"notebook": SimpleUploadedFile("work.ipynb", data)},
        headers=token_of(learner_client.learner),
    )
    assert answer.status_code == 400
    assert answer["Content-Type"] == "application/problem+json"
    assert message in answer.json()["errors"]["notebook"][0]
    assert not Submission.objects.exists()


def test_a_huge_file_is_not_read(learner_client: LearnerClient) -> None:
    """A file of 100 MB is refused by its size; its content is not even looked at."""
    with TemporaryUploadedFile("work.ipynb", "application/x-ipynb+json", 0, None) as upload:
        assert upload.file is not None
        upload.file.truncate(100 * 2**20)
        upload.size = 100 * 2**20
        answer = learner_client.browser.post(
            reverse("exercises:submit", args=[learner_client.exercise.slug]), {"notebook": upload}
        )
    assert answer.status_code == 413


def test_a_missing_file_is_named(learner_client: LearnerClient) -> None:
    """Submitting without choosing a file says so."""
    answer = learner_client.browser.post(
        reverse("exercises:submit", args=[learner_client.exercise.slug])
    )
    assert "Choose a notebook" in answer.content.decode()


def test_copied_cells_are_accepted(learner_client: LearnerClient) -> None:
    """A notebook with duplicated cell ids is taken as it is."""
    cell = code("rows = [0]", id="same", metadata={"tags": ["parameters"]})
    upload = SimpleUploadedFile("work.ipynb", as_bytes(cells=[cell, cell]))
    answer = learner_client.browser.post(
        reverse("exercises:submit", args=[learner_client.exercise.slug]), {"notebook": upload}
    )
    assert answer.status_code == 302


def test_a_refusal_by_the_attempt_rules_is_shown(learner_client: LearnerClient) -> None:
    """A submission while another is unfinished is refused with the reason, and nothing is lost."""
    learner_client.submit()
    upload = SimpleUploadedFile("work.ipynb", learner_client.make())
    answer = learner_client.browser.post(
        reverse("exercises:submit", args=[learner_client.exercise.slug]), {"notebook": upload}
    )
    assert answer.status_code == 422
    assert "is being graded" in answer.content.decode()


def test_an_untouched_starter_costs_no_attempt(learner_client: LearnerClient) -> None:
    """The starter as downloaded, even when it was run, is refused before anything is stored."""
    starter = json.loads(folders.starter_notebook(learner_client.exercise.slug))
    for cell in starter["cells"]:
        if cell["cell_type"] == "code":
            cell["execution_count"] = 3
            cell["outputs"] = [{"output_type": "stream", "name": "stdout", "text": "1"}]
    answer = learner_client.browser.post(
        reverse("exercises:submit", args=[learner_client.exercise.slug]),
        {"notebook": SimpleUploadedFile("work.ipynb", json.dumps(starter).encode())},
    )
    assert answer.status_code == 422
    assert "no cell has changed" in answer.content.decode()
    assert not Submission.objects.exists()


def test_outputs_are_not_stored(learner_client: LearnerClient) -> None:
    """A notebook with 4 MB of outputs is accepted; what is stored are its cells."""
    shown = {"output_type": "stream", "name": "stdout", "text": "x" * 4_000_000}
    cell = code("rows = [0]", metadata={"tags": ["parameters"]}, outputs=[shown])
    upload = SimpleUploadedFile("work.ipynb", as_bytes(cells=[cell]))
    answer = learner_client.browser.post(
        reverse("exercises:submit", args=[learner_client.exercise.slug]), {"notebook": upload}
    )
    assert answer.status_code == 302
    stored = files.notebook(Submission.objects.get().pk)
    assert len(stored) < 1000
    assert b"rows = [0]" in stored
