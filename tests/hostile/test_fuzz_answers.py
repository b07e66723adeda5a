"""Answers to quizzes and to the tasks of lessons, and everything else that is told to the API.

JSON of any kind, from a learner and from somebody with every right, at addresses behind which there
is something: no server error, and a code with every refusal.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

import pytest
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from tests.config.test_queries_of_pages import Site
from tests.hostile.test_fuzz_forms import Visitor, answered
from tests.malformed import ANY, TREES, WORDS, mutated

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_django.fixtures import Settings

pytestmark = pytest.mark.django_db

QUIZ: Final = "/api/v1/quizzes/tiny/page-1/attempts/"
ANSWERS: Final = "answers to quizzes and tasks"
TASKS: Final = ("legs", "stripes", "none")
NUMBERS: Final = st.sampled_from(["1e999", "-1e999", "9" * 5000, "1e-999", "-0.0", "NaN", "0e0"])
KEYS: Final = st.sampled_from(["one", "two", "answers", "answer", "__proto__", "", "x" * 300])
ONES: Final = TREES | WORDS | st.lists(WORDS, max_size=12)
TOLD: Final[dict[str, Any]] = {
    "answer": "4",
    "answers": {"one": "left"},
    "body": "Why?",
    "cells": [{"id": "a", "type": "code", "source": "1"}],
    "email": "a@example.org",
    "from": "2026-01-01",
    "name": "Ada",
    "reason": "-",
    "roles": ["author"],
    "title": "A question",
    "username": "a@example.org",
    "version": 1,
}


@pytest.fixture
def site(tmp_path: Path, settings: Settings) -> Site:
    """A site on which nothing is empty."""
    settings.CONTENT_DIR = tmp_path / "content"
    settings.CONTENT_DIR.mkdir()
    return Site(settings.CONTENT_DIR)


def tell(
    visitor: Visitor, method: str, address: str, body: bytes, kind: str = "calls of the API"
) -> None:
    """Send a body; a refusal has a code."""
    with answered(len(body), kind) as check:
        answer = visitor.ask(method, address, body, content_type="application/json")
        check(answer)
        if answer.status_code >= 400 and answer.content:
            assert answer.json()["code"]


def test_answers_to_a_quiz(site: Site) -> None:
    """Any values by any names; numbers that no float holds; the same name twice."""
    visitor = Visitor(site, "learner")
    answers = st.dictionaries(KEYS, ONES, max_size=4)
    bodies = (
        answers.map(lambda given: json.dumps({"answers": given}).encode())
        | NUMBERS.map(lambda number: f'{{"answers": {{"one": {number}}}}}'.encode())
        | st.just(b'{"answers": {"one": "left"}, "answers": {"one": ["left"]}}')
        | st.just(b'{"answers": {"one": "left", "one": 1}}')
        | TREES.map(lambda tree: json.dumps(tree).encode())
        | st.binary(max_size=60)
    )

    @given(body=bodies)
    @ANY
    def attack(body: bytes) -> None:
        tell(visitor, "post", QUIZ, body, ANSWERS)

    attack()


def test_answers_to_tasks(site: Site) -> None:
    """Any value for a prediction, a number, a line of code, an explanation."""
    visitor = Visitor(site, "learner")
    tasks = sorted({one["id"] for one in site.lesson.tasks} | set(TASKS))
    bodies = (
        ONES.map(lambda given: json.dumps({"answer": given}).encode())
        | NUMBERS.map(lambda number: f'{{"answer": {number}}}'.encode())
        | st.binary(max_size=60)
    )

    @given(task=st.sampled_from(tasks), body=bodies)
    @ANY
    def attack(task: str, body: bytes) -> None:
        tell(visitor, "post", f"/api/v1/lessons/tiny/page-1/tasks/{task}/", body, ANSWERS)

    attack()


def test_any_json_at_any_address_of_the_api(site: Site) -> None:
    """All names that the API knows at once, some with other values."""
    visitors = {who: Visitor(site, who) for who in ("learner", "superuser")}
    known = sorted(set(visitors["learner"].names) - {"api:schema"})  # which answers in YAML
    names = [name for name in known if name.startswith("api:")]
    assert len(names) > 40
    assert reverse("api:quiz-attempts", args=["tiny", "page-1"]) == QUIZ

    @given(
        who=st.sampled_from(sorted(visitors)),
        name=st.sampled_from(names),
        method=st.sampled_from(["post", "put", "patch", "delete"]),
        body=mutated(TOLD).map(lambda tree: json.dumps(tree).encode()) | st.binary(max_size=60),
    )
    @ANY
    def attack(who: str, name: str, method: str, body: bytes) -> None:
        visitor = visitors[who]
        tell(visitor, method, visitor.address(name), body)

    attack()
