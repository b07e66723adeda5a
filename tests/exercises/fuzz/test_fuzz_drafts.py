"""Drafts, runs and questions of the editor with bodies of any kind: no server error."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from tests.exercises.worker_process import SLUG
from tests.malformed import ANY, TREES, bounded_memory, damaged, sent

if TYPE_CHECKING:
    from courses.models import User
    from exercises.models import Exercise

BASE = f"/api/v1/exercises/{SLUG}/draft/"
PLACES = (
    ("PUT", ""),
    *(("POST", path) for path in ("runs/", "complete/", "inspect/", "restore/", "reset/")),
    *(("POST", path) for path in ("upload/", "submit/")),
)
CELL = st.fixed_dictionaries(
    {},
    optional={
        "id": st.text(max_size=70) | TREES,
        "type": st.sampled_from(["code", "markdown", "raw", "x"]) | TREES,
        "source": st.text(max_size=30) | TREES,
        "outputs": TREES,
    },
)
BODIES = st.fixed_dictionaries(
    {},
    optional={
        "base": st.integers(-1, 3) | TREES,
        "cells": st.lists(CELL, max_size=4) | TREES,
        "reason": st.sampled_from(["typed", "kept_mine", "x"]) | TREES,
        "until": TREES,
        "cell": TREES,
        "source": st.text(max_size=20) | TREES,
        "cursor": st.integers() | TREES,
        "version": TREES,
    },
)


@pytest.fixture
def browser(learner: User, exercise: Exercise, monkeypatch: pytest.MonkeyPatch) -> Client:
    """A learner's browser, which nothing slows down."""
    for throttle in ("SavingThrottle", "RunThrottle", "QuestionThrottle"):
        monkeypatch.setattr(f"exercises.api.draft_requests.{throttle}.rate", "1000000/min")
    monkeypatch.setattr("exercises.api.views.SubmissionThrottle.rate", "1000000/min")
    made = Client(raise_request_exception=False)
    made.force_login(learner)
    return made


@pytest.mark.parametrize(("method", "path"), PLACES)
def test_any_body(browser: Client, method: str, path: str) -> None:
    """What is no draft is refused with a problem document."""

    @given(body=BODIES.map(lambda tree: json.dumps(tree).encode()) | st.binary(max_size=99))
    @ANY
    def attack(body: bytes) -> None:
        sent("drafts, runs and questions of editors")
        with bounded_memory(len(body)):
            answer = browser.generic(method, BASE + path, body, content_type="application/json")
        assert answer.status_code < 500 or _is_no_worker(answer), answer.content
        if answer.status_code >= 400:
            assert answer.json()["code"]

    attack()


def test_damaged_drafts(browser: Client) -> None:
    """A body that saves a draft, with bytes cut out, doubled, and changed."""
    draft = browser.get(BASE).json()
    cells = [{key: cell[key] for key in ("id", "type", "source")} for cell in draft["cells"]]
    genuine = json.dumps({"base": draft["version"], "cells": cells, "reason": "typed"}).encode()

    @given(body=damaged(genuine))
    @ANY
    def attack(body: bytes) -> None:
        sent("drafts, runs and questions of editors")
        with bounded_memory(len(body)):
            answer = browser.generic("PUT", BASE, body, content_type="application/json")
        assert answer.status_code < 500, answer.content

    attack()


def _is_no_worker(answer: Any) -> bool:
    """Whether the only reason is that no worker for runs is there, as in this test."""
    return bool(answer.status_code == 503 and answer.json()["code"] == "no_worker")
