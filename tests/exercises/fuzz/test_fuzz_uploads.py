"""Uploads that are no notebooks, or nearly: each is refused with a reason, or accepted."""

from __future__ import annotations

import json
import tracemalloc
from typing import TYPE_CHECKING, Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from exercises.submissions import queue
from exercises.submissions.uploads import checked_notebook
from grader.errors import NotebookRefused
from tests.exercises.worker_process import SLUG, SOLUTION
from tests.malformed import TREES, damaged

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.test import Client

    from courses.models import User
    from exercises.models import Exercise

MIB = 2**20
MOST_PEAK_BYTES = 64 * MIB
"""For inputs of some kilobytes; nbformat's schema alone takes a few MiB once."""
ANY = settings(deadline=None, suppress_health_check=list(HealthCheck), database=None)
CELLS = st.fixed_dictionaries(
    {},
    optional={
        "cell_type": st.sampled_from(["code", "markdown", "raw", "", "x"]) | TREES,
        "source": st.text(max_size=40) | st.lists(st.text(max_size=9), max_size=3) | TREES,
        "metadata": st.just({"tags": ["parameters"]}) | TREES,
        "outputs": TREES,
        "id": st.text(max_size=70) | TREES,
        "execution_count": TREES,
    },
)
NOTEBOOKS = st.fixed_dictionaries(
    {},
    optional={
        "nbformat": st.sampled_from([3, 4, 5, -1, "4"]) | TREES,
        "nbformat_minor": st.integers(-1, 9) | TREES,
        "metadata": TREES,
        "cells": st.lists(CELLS, max_size=5) | TREES,
        "worksheets": TREES,
    },
)


def as_json(tree: Any) -> bytes:
    """Return a tree as JSON, with what Python's own parser takes and JSON has not."""
    return json.dumps(tree).encode()


@pytest.fixture
def valid(notebook: Callable[..., bytes]) -> bytes:
    """A notebook that passes."""
    return notebook(SOLUTION)


def check(exercise: Exercise, data: bytes) -> None:
    """Check an upload as form and API do; a refusal has a reason."""
    tracemalloc.start()
    try:
        reason = refused(exercise, data)
    finally:
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert reason
    assert peak < MOST_PEAK_BYTES + 20 * len(data)


def refused(exercise: Exercise, data: bytes) -> str:
    """Return why an upload is refused, with reason and text; or that it is a notebook."""
    try:
        kept = checked_notebook(SimpleUploadedFile("n.ipynb", data), exercise=exercise)
    except NotebookRefused as refusal:
        return refusal.reason and str(refusal)
    return "accepted" if json.loads(kept) else ""


def test_any_bytes(exercise: Exercise) -> None:
    """Bytes of any kind."""

    @given(data=st.binary(max_size=500))
    @ANY
    def attack(data: bytes) -> None:
        check(exercise, data)

    attack()


def test_any_tree(exercise: Exercise) -> None:
    """JSON that has some keys of a notebook, with values of any type."""

    @given(tree=NOTEBOOKS)
    @ANY
    def attack(tree: dict[str, Any]) -> None:
        check(exercise, as_json(tree))

    attack()


def test_damaged_notebooks(exercise: Exercise, valid: bytes) -> None:
    """A notebook that passes, with bytes cut out, doubled, and changed."""

    @given(data=damaged(valid))
    @ANY
    def attack(data: bytes) -> None:
        check(exercise, data)

    attack()


@pytest.mark.usefixtures("exercise")
def test_the_api_takes_or_refuses_them(
    learner: User,
    valid: bytes,
    client: Client,
    token_of: Callable[[User], dict[str, str]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """By the whole route: 202, or a problem with a code; never a server error."""
    header = token_of(learner)
    monkeypatch.setattr(queue, "enqueue", lambda _key: None)
    monkeypatch.setattr("exercises.api.views.SubmissionThrottle.rate", "1000000/min")

    @given(data=damaged(valid) | NOTEBOOKS.map(as_json))
    @ANY
    def attack(data: bytes) -> None:
        file = SimpleUploadedFile("n.ipynb", data)
        answer = client.post(
            f"/api/v1/exercises/{SLUG}/submissions/", {"notebook": file}, headers=header
        )
        assert answer.status_code in {202, 400, 409}, answer.content
        if answer.status_code != 202:
            assert answer.json()["code"]

    attack()
