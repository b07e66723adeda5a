"""Projects: the checks open the way to a reviewer, and the review completes the exercise."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, Any

import pytest
from django.urls import reverse

from courses.models import User
from courses.progress import exercise_completed
from exercises import catalogue, pipeline, reviews, submissions
from exercises.models import Review, Submission
from exercises.reviews import ReviewRefused
from grader.errors import ContentError
from grader.report import GradeReport
from grader.sandbox.job import Verdict
from tests.exercises.worker_process import CONTENT, SLUG

if TYPE_CHECKING:
    from pathlib import Path

    from tests.exercises.desk import Desk

RUBRIC = """
pass_score: 5
criteria:
  - {id: question, title: The question, points: 4, description: "Is it <answered>?"}
  - {id: care, title: Care, points: 4, description: "Are the limits said?"}
"""
PASS = GradeReport(verdict=Verdict.OK, score=10.0, max_score=10.0, passed=True)


@pytest.fixture
def content(tmp_path: Path) -> Path:
    """The tests' content, its exercise made a project."""
    folder = shutil.copytree(CONTENT, tmp_path / "content")
    (folder / "exercises" / SLUG / "review.yaml").write_text(RUBRIC)
    return folder


@pytest.fixture
def handed_in(desk: Desk, content: Path) -> Submission:
    """A project whose checks have passed, recorded as the worker does."""
    catalogue.load(content=content)
    submission = desk.submit()
    lease = submissions.claim(submission_id=submission.pk)
    assert lease is not None
    submission = Submission.objects.select_related("exercise", "user").get(pk=submission.pk)
    pipeline._record(submission, lease=lease, report=PASS)
    return Submission.objects.for_page().get(pk=submission.pk)


@pytest.fixture
def reviewer(db: None) -> User:
    """A member of staff."""
    return User.objects.create_user("ines@example.org", "a quiet harbour", is_staff=True)


def test_the_checks_alone_complete_nothing(desk: Desk, handed_in: Submission) -> None:
    """A passed project waits for its reviewer, and its page says so."""
    assert not exercise_completed(desk.learner, SLUG)
    assert "A reviewer will read your project" in desk.page(handed_in)


def test_a_review_completes_the_exercise(desk: Desk, handed_in: Submission, reviewer: User) -> None:
    """The reviewer finds the project, fills in the rubric, and the learner reads the result."""
    desk.browser.force_login(reviewer)
    listed = desk.browser.get(reverse("exercises:reviews")).content.decode()
    address = reverse("exercises:review", args=[handed_in.pk])
    assert address in listed
    assert "Is it &lt;answered&gt;?" in desk.browser.get(address).content.decode()
    points = {"points_question": "4", "points_care": "2.5", "comment": "Well argued."}
    answer = desk.browser.post(address, points)
    assert answer["Location"] == reverse("exercises:reviews")
    assert address not in desk.browser.get(reverse("exercises:reviews")).content.decode()
    assert exercise_completed(desk.learner, SLUG)
    desk.browser.force_login(desk.learner)
    page = desk.page(handed_in)
    assert "accepted" in page
    assert "Well argued." in page


def test_a_review_may_ask_for_more(desk: Desk, handed_in: Submission, reviewer: User) -> None:
    """Too few points complete nothing; the review can be changed later."""
    for points, passed in (({"question": 1, "care": 1}, False), ({"question": 4, "care": 4}, True)):
        review = reviews.record_review(
            submission=handed_in, reviewer=reviewer, points=points, comment=""
        )
        assert review.passed is passed
        assert exercise_completed(desk.learner, SLUG) is passed
    assert Review.objects.count() == 1


@pytest.mark.parametrize(
    "points",
    [{"question": 5, "care": 1}, {"question": -1, "care": 1}, {"question": 1},
     {"question": float("nan"), "care": 1}],
)  # fmt: skip
def test_points_fit_the_rubric(
    handed_in: Submission, reviewer: User, points: dict[str, float]
) -> None:
    """Points outside of a criterion's range, or missing ones, are refused."""
    with pytest.raises(ReviewRefused):
        reviews.record_review(submission=handed_in, reviewer=reviewer, points=points, comment="")
    assert not Review.objects.exists()


def test_learners_do_not_review(desk: Desk, handed_in: Submission) -> None:
    """Both pages are for staff."""
    for address in (reverse("exercises:reviews"), reverse("exercises:review", args=[handed_in.pk])):
        assert desk.browser.get(address).status_code == 403


def test_the_list_asks_the_same_of_many(
    desk: Desk, handed_in: Submission, reviewer: User, django_assert_max_num_queries: Any
) -> None:
    """The list of projects costs the same queries however many wait."""
    for number in range(8):
        user = User.objects.create_user(f"learner{number}@example.org")
        submission = submissions.submit(user=user, exercise=handed_in.exercise, notebook=b"{}")
        lease = submissions.claim(submission_id=submission.pk)
        assert lease is not None
        submissions.record_grade(lease=lease, report=PASS)
    desk.browser.force_login(reviewer)
    with django_assert_max_num_queries(5):
        page = desk.browser.get(reverse("exercises:reviews")).content.decode()
    assert page.count("/reviews/") >= 9


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        ("pass_score: 5", "pass_score: 50", "at most the 8 points"),
        ("id: care", "id: question", "used twice"),
        ("points: 4", "points: many", "not of type 'number'"),
        ("pass_score: 5", "", "'pass_score' is a required property"),
    ],
)
def test_a_wrong_rubric_names_its_place(content: Path, before: str, after: str, words: str) -> None:
    """A mistake in review.yaml names the file and the reason, and nothing is loaded."""
    file = content / "exercises" / SLUG / "review.yaml"
    file.write_text(file.read_text().replace(before, after, 1))
    with pytest.raises(ContentError, match=f"review.yaml.*{words}"):
        catalogue.load(content=content)
