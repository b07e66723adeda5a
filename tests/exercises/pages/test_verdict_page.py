"""The page of a verdict and the last attempt on the dashboard: the diagnosis comes first."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from django.db import connection
from django.test.utils import CaptureQueriesContext

from exercises.submissions import lifecycle
from exercises.submissions.lease import claim
from grader.report import GradeReport
from grader.sandbox.job import Verdict

if TYPE_CHECKING:
    from exercises.models import Submission
    from tests.exercises.learner_client import LearnerClient

MESSAGE = "The attributions explain the other class."
MOST_QUERIES = 12


def grade(submission: Submission, *, passed: bool = False, verdict: Verdict = Verdict.OK) -> None:
    """Give a waiting submission a grade."""
    lease = claim(submission_id=submission.pk)
    assert lease is not None
    score = 10.0 if passed else 2.0
    report = GradeReport(verdict=verdict, score=score, max_score=10.0, passed=passed, executed="")
    lifecycle.record_grade(lease=lease, report=report)


def diagnose(submission: Submission) -> None:
    """Put a diagnosis and values into the report, as a worker stores them."""
    submission.refresh_from_db()
    panel: dict[str, Any] = {
        "label": "row 3",
        "features": ["near", "far", "opposite"],
        "own": [1.0, 5.0, -2.0],
        "low": [0.8, 1.0, 1.0],
        "high": [1.2, 3.0, 3.0],
    }
    submission.report = {
        **(submission.report or {}),
        "misconception": {
            "ids": ["class_zero"],
            "certainty": "match",
            "message_id": "diagnosis.match",
            "facts": {"mistake": "values of class 0", "message": MESSAGE, "question": "Which?"},
            "output": "values",
        },
        "plot": {"kind": "bars", "title": "T", "unit": "", "right": False, "panels": [panel]},
    }
    submission.save()


def test_the_diagnosis_is_the_headline(learner_client: LearnerClient) -> None:
    """The first heading of the verdict is what went wrong; the points are small, beside it."""
    submission = learner_client.submit()
    grade(submission)
    diagnose(submission)

    page = learner_client.page(submission)

    assert re.search(rf'<h2 id="verdict-title"[^>]*>{re.escape(MESSAGE)}</h2>', page)
    assert "values of class 0" in page
    assert "Which?" in page


def test_the_bars_that_show_it_stand_beside_the_diagnosis(learner_client: LearnerClient) -> None:
    """Only what lies outside its range, the wrong sign named in words."""
    submission = learner_client.submit()
    grade(submission)
    diagnose(submission)

    beside = learner_client.page(submission).split('class="evidence"')[1].split("</figure>")[0]

    assert "far" in beside
    assert "opposite" in beside
    assert "near" not in beside
    assert beside.count("wrong sign") == 1


def test_only_the_page_of_the_verdict_asks_whether_the_diagnosis_was_right(
    learner_client: LearnerClient,
) -> None:
    """It loads htmx for that; the exercise's page shows the diagnosis and needs no htmx."""
    submission = learner_client.submit()
    grade(submission)
    diagnose(submission)
    address = learner_client.exercise.get_absolute_url()

    beside = learner_client.browser.get(address).content.decode()
    page = learner_client.page(submission)

    assert MESSAGE in beside
    assert re.findall(r"\shx-(?!headers)[a-z-]+|htmx\.min", beside) == []
    assert "Was this diagnosis right?" in page
    assert "htmx.min" in page


def test_the_title_says_the_result(learner_client: LearnerClient) -> None:
    """A tab in the background tells how it ended, also when the verdict arrives by script."""

    def title(**headers: str) -> str:
        answer = learner_client.browser.get(submission.get_absolute_url(), headers=headers)
        found = re.search(r"<title>(.*?)</title>", answer.content.decode(), re.DOTALL)
        assert found
        return found[1]

    submission = learner_client.submit()
    assert title().startswith("In the queue · Attempt 1")
    grade(submission, passed=True)
    assert title().startswith("Passed · Attempt 1")
    assert title(**{"HX-Request": "true"}).startswith("Passed · Attempt 1")


def test_passing_is_a_moment_only_when_it_arrives(learner_client: LearnerClient) -> None:
    """The picture moves when a script brings the verdict, not when the page is opened again."""
    submission = learner_client.submit()
    grade(submission, passed=True)
    address = submission.get_absolute_url()

    arrived = learner_client.browser.get(address, headers={"HX-Request": "true"})

    assert "is-new" in arrived.content.decode()
    page = learner_client.page(submission)
    assert "is-new" not in page
    assert 'class="moment"' in page


def test_the_dashboard_says_where_the_last_attempt_stopped(learner_client: LearnerClient) -> None:
    """The latest attempt, its diagnosis, the way to try again; nothing before the first."""
    browser = learner_client.browser
    assert "Your last attempt" not in browser.get("/dashboard/").content.decode()
    submission = learner_client.submit()
    assert "Follow the grading" in browser.get("/dashboard/").content.decode()
    grade(submission)
    diagnose(submission)

    page = browser.get("/dashboard/").content.decode()

    assert "Your last attempt" in page
    assert MESSAGE in page
    assert "Try again" in page


def test_the_dashboard_takes_few_queries(learner_client: LearnerClient) -> None:
    """Twelve at most with attempts, in both languages."""
    submission = learner_client.submit()
    grade(submission)
    for language in ("en", "fr"):
        headers = {"Accept-Language": language}
        learner_client.browser.get("/dashboard/", headers=headers)
        with CaptureQueriesContext(connection) as captured:
            answer = learner_client.browser.get("/dashboard/", headers=headers)
        assert answer.status_code == 200
        assert len(captured) <= MOST_QUERIES
