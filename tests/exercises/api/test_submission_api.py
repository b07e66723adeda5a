"""The API of exercises and submissions, as ARCHITECTURE promises it."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from courses.models import User
from exercises.models import State, Submission
from exercises.submissions import lifecycle
from exercises.submissions.lease import Lease, claim
from grader.report import CriterionResult, Diagnosis, GradeReport, Timings
from grader.sandbox.job import CellError, Verdict
from tests.exercises.worker_process import CONTENT, SLUG

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.exercises.learner_client import LearnerClient

REPORT = GradeReport(
    verdict=Verdict.RUNTIME_ERROR,
    score=2.0,
    max_score=10.0,
    passed=False,
    criteria=(CriterionResult("model", "The model", 2.0, 2.0, True, "criterion.passed"),),
    misconception=Diagnosis(
        ("sign",),
        "match",
        "diagnosis.match",
        {"message": "Wrong sign.", "mistake": "the wrong sign", "question": "Which outcome?"},
        output="shares",
        others=(
            Diagnosis(
                ("base_forgotten",), "match", "diagnosis.match", {"message": "Zero."}, "base"
            ),
        ),
    ),
    error=CellError(2, "ValueError", "no", 1, "Traceback ..."),
    timings=Timings(run_seconds=0.5, mark_seconds=0.01),
    executed='{"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": []}',
)


@pytest.fixture
def header(
    learner_client: LearnerClient, token_of: Callable[[User], dict[str, str]]
) -> dict[str, str]:
    """The learner's token, as a header."""
    return token_of(learner_client.learner)


def graded(learner_client: LearnerClient) -> Submission:
    """A submission with `REPORT`."""
    submission = learner_client.submit()
    lease = claim(submission_id=submission.pk)
    assert lease is not None
    lifecycle.record_grade(lease=lease, report=REPORT)
    return submission


def test_an_exercise_says_its_task(learner_client: LearnerClient, header: dict[str, str]) -> None:
    """The exercise holds task, outputs, limits and attempts left."""
    facts = learner_client.browser.get(f"/api/v1/exercises/{SLUG}/", headers=header).json()
    assert "linear model" in facts["statement"]
    assert [output["name"] for output in facts["outputs"]] == ["phi", "base", "fx"]
    assert facts["limits"]["wall_seconds"] == 10.0
    assert facts["attempts_left"] == 5
    assert "hints_html" not in facts


def test_the_starter_is_a_notebook(learner_client: LearnerClient, header: dict[str, str]) -> None:
    """The starter comes as it lies in the exercise's folder, with a notebook's media type."""
    wanted = header | {"Accept": "application/x-ipynb+json"}
    answer = learner_client.browser.get(f"/api/v1/exercises/{SLUG}/starter/", headers=wanted)
    assert answer["Content-Type"] == "application/x-ipynb+json"
    assert answer.content == (CONTENT / "exercises" / SLUG / "starter.ipynb").read_bytes()


def test_a_submission_is_accepted(learner_client: LearnerClient, header: dict[str, str]) -> None:
    """Submitting answers 202 with the submission and where it will be found."""
    answer = learner_client.browser.post(
        f"/api/v1/exercises/{SLUG}/submissions/",
        {"notebook": SimpleUploadedFile("work.ipynb", learner_client.make())},
        headers=header,
    )
    facts = answer.json()
    assert answer.status_code == 202
    assert answer["Location"] == f"http://testserver/api/v1/submissions/{facts['id']}/"
    assert facts | {"id": "", "created_at": ""} == {
        "id": "",
        "exercise": SLUG,
        "state": "queued",
        "verdict": None,
        "score": None,
        "max_score": 10.0,
        "passed": False,
        "criteria": [],
        "misconception": None,
        "further_misconceptions": [],
        "error": None,
        "timings": {"queued_seconds": None, "run_seconds": None, "mark_seconds": None},
        "created_at": "",
        "finished_at": None,
    }


@pytest.mark.parametrize(
    ("profile", "asked", "kept"),
    [(True, None, True), (True, "false", False), (False, "true", True), (False, None, False)],
)
def test_an_email_is_sent_to_who_wants_it(
    learner_client: LearnerClient,
    header: dict[str, str],
    profile: bool,  # noqa: FBT001  # a table of cases
    asked: str | None,
    kept: bool,  # noqa: FBT001  # the same
) -> None:
    """The upload decides; where it says nothing, the profile does."""
    learner_client.learner.mail_grading = profile
    learner_client.learner.save()
    data: dict[str, object] = {"notebook": SimpleUploadedFile("work.ipynb", learner_client.make())}
    if asked is not None:
        data["mail_wanted"] = asked

    learner_client.browser.post(f"/api/v1/exercises/{SLUG}/submissions/", data, headers=header)

    assert Submission.objects.get().mail_wanted is kept


def test_a_second_one_is_a_conflict(learner_client: LearnerClient, header: dict[str, str]) -> None:
    """The attempt rules answer 409 with a problem document."""
    learner_client.submit()
    answer = learner_client.browser.post(
        f"/api/v1/exercises/{SLUG}/submissions/",
        {"notebook": SimpleUploadedFile("work.ipynb", learner_client.make())},
        headers=header,
    )
    assert (answer.status_code, answer.json()["code"]) == (409, "unfinished")


def test_a_graded_one_says_why(learner_client: LearnerClient, header: dict[str, str]) -> None:
    """A graded submission holds criteria with messages, misconception, error and timings."""
    submission = graded(learner_client)
    facts = learner_client.browser.get(
        f"/api/v1/submissions/{submission.pk}/", headers=header
    ).json()
    assert (facts["state"], facts["verdict"], facts["score"]) == ("graded", "runtime_error", 2.0)
    assert facts["criteria"] == [
        {
            "id": "model",
            "title": "The model",
            "points": 2.0,
            "max_points": 2.0,
            "passed": True,
            "message": "Correct.",
            "figures": {},
        }
    ]
    assert facts["misconception"] == {
        "id": "sign",
        "title": "the wrong sign",
        "message": "Wrong sign.",
        "certainty": "match",
        "question": "Which outcome?",
        "output": "shares",
    }
    assert [each["id"] for each in facts["further_misconceptions"]] == ["base_forgotten"]
    assert facts["error"] == {"cell": 2, "name": "ValueError", "message": "no"}
    assert facts["timings"]["run_seconds"] == 0.5


def test_the_executed_notebook_comes_after_the_run(
    learner_client: LearnerClient, header: dict[str, str]
) -> None:
    """The executed notebook is 404 before the run, and itself afterwards."""
    waiting = learner_client.submit()
    address = f"/api/v1/submissions/{waiting.pk}/notebook/"
    assert learner_client.browser.get(address, headers=header).status_code == 404
    Submission.objects.all().delete()
    submission = graded(learner_client)
    answer = learner_client.browser.get(
        f"/api/v1/submissions/{submission.pk}/notebook/", headers=header
    )
    assert answer.content.decode() == REPORT.executed


@pytest.mark.parametrize("place", ["", "notebook/"])
def test_others_submissions_do_not_exist(
    learner_client: LearnerClient, token_of: Callable[[User], dict[str, str]], place: str
) -> None:
    """Somebody else's submission answers 404, as one that was never there does."""
    submission = graded(learner_client)
    other = token_of(User.objects.create_user("eve@example.org"))
    for key in (submission.pk, uuid.uuid4()):
        answer = learner_client.browser.get(f"/api/v1/submissions/{key}/{place}", headers=other)
        assert answer.status_code == 404
        assert answer["Content-Type"] == "application/problem+json"


def test_strangers_are_turned_away(learner_client: LearnerClient) -> None:
    """Without a token nothing is shown."""
    submission = learner_client.submit()
    learner_client.browser.logout()
    for address in (f"/api/v1/exercises/{SLUG}/", f"/api/v1/submissions/{submission.pk}/"):
        assert learner_client.browser.get(address).status_code == 401


def test_a_platform_error_says_so(learner_client: LearnerClient, header: dict[str, str]) -> None:
    """A submission that ended with a platform error says that it does not count."""
    submission = learner_client.submit()
    while lifecycle.put_back(lease=_claim(submission)) != State.FAILED:
        pass
    facts = learner_client.browser.get(
        f"/api/v1/submissions/{submission.pk}/", headers=header
    ).json()
    assert (facts["state"], facts["verdict"]) == ("failed", "internal_error")
    assert "doesn't count" in facts["error"]["message"]


def _claim(submission: Submission) -> Lease:
    lease = claim(submission_id=submission.pk)
    assert lease is not None
    return lease


@pytest.mark.parametrize(
    "accept", ["application/json", "application/x-ipynb+json", "*/*", "application/json, */*;q=0.1"]
)
def test_the_starter_comes_to_whoever_accepts_json(
    learner_client: LearnerClient, header: dict[str, str], accept: str
) -> None:
    """A notebook is JSON: a client that accepts JSON gets it, with the notebook's media type."""
    address = f"/api/v1/exercises/{SLUG}/starter/"
    answer = learner_client.browser.get(address, headers=header | {"Accept": accept})

    assert answer.status_code == 200
    assert answer["Content-Type"] == "application/x-ipynb+json"
    assert answer.json()["nbformat"] == 4


@pytest.mark.parametrize(
    ("data", "code"),
    [(b"no json", "not_json"), (b"{}", "not_a_notebook"), (b"[" * 500, "too_deep")],
)
def test_a_refused_notebook_carries_its_reason_as_code(
    learner_client: LearnerClient, header: dict[str, str], data: bytes, code: str
) -> None:
    """A program can tell why a file was refused; the message for people is under `errors`."""
    answer = learner_client.browser.post(
        f"/api/v1/exercises/{SLUG}/submissions/",
        {"notebook": SimpleUploadedFile("a.ipynb", data)},
        headers=header,
    )

    assert answer.status_code == 400
    assert answer.json()["code"] == code
    assert answer.json()["errors"]["notebook"]
