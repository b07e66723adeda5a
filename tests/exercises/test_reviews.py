"""Projects: the checks open the way to a reviewer, and the review completes the exercise."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from courses.models import User
from courses.progress import exercise_completed
from exercises import catalogue, mails, pipeline, reviews, submissions
from exercises.models import Review, Submission
from exercises.reviews import ReviewRefused
from exercises.rubric import ReviewRubric, read_rubric
from grader.errors import ContentError
from grader.report import GradeReport
from grader.sandbox.job import Verdict
from tests.exercises.worker_process import CONTENT, SLUG

if TYPE_CHECKING:
    from django.core.mail import EmailMessage

    from tests.exercises.desk import Desk

RUBRIC = """
pass_score: 5
criteria:
  - id: question
    title: The question
    description: Is it <answered>?
    levels:
      - {points: 0, description: "It is not asked."}
      - {points: 1, description: "It is asked."}
      - {points: 4, description: "It is asked & answered."}
  - id: care
    title: Care
    description: Are the limits said?
    levels:
      - {points: 0, description: "They are not."}
      - {points: 2.5, description: "Some are."}
      - {points: 4, description: "They are."}
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


def test_learners_know_the_rubric_beforehand(desk: Desk, content: Path) -> None:
    """The exercise's page says what the reviewer will mark, level by level."""
    catalogue.load(content=content)
    page = desk.browser.get(reverse("exercises:exercise", args=[SLUG])).content.decode()
    for words in ("then read by a person", "It is asked &amp; answered.", "5 points accept it"):
        assert words in page


def test_the_checks_alone_complete_nothing(desk: Desk, handed_in: Submission) -> None:
    """A passed project waits for its reviewer, and its page says so."""
    assert not exercise_completed(desk.learner, SLUG)
    assert "A reviewer will read your project" in desk.page(handed_in)


def test_a_review_completes_the_exercise(desk: Desk, handed_in: Submission, reviewer: User) -> None:
    """The reviewer finds the project, chooses levels, and the learner reads what they say."""
    desk.browser.force_login(reviewer)
    listed = desk.browser.get(reverse("exercises:reviews")).content.decode()
    address = reverse("exercises:review", args=[handed_in.pk])
    assert address in listed
    page = desk.browser.get(address).content.decode()
    assert "Is it &lt;answered&gt;?" in page
    assert "It is asked &amp; answered." in page
    points = {"points_question": "4", "points_care": "2.5", "comment": "Well <argued>."}
    answer = desk.browser.post(address, points)
    assert answer["Location"] == reverse("exercises:reviews")
    assert not Submission.objects.to_review().exists()
    assert exercise_completed(desk.learner, SLUG)
    desk.browser.force_login(desk.learner)
    page = desk.page(handed_in)
    for words in ("accepted", "Well &lt;argued&gt;.", "6.5 of 8 points", "Some are.", "A reviewer"):
        assert words in page


def test_a_level_left_out_keeps_nothing_and_loses_nothing(
    desk: Desk, handed_in: Submission, reviewer: User
) -> None:
    """A criterion without a level is named; the other choices and the comment are still there."""
    desk.browser.force_login(reviewer)
    address = reverse("exercises:review", args=[handed_in.pk])
    answer = desk.browser.post(address, {"points_question": "4", "comment": "So far good."})
    assert answer.status_code == 422
    page = answer.content.decode()
    assert page.count("Choose the level that fits best.") == 1
    assert "So far good." in page
    assert page.count("checked") == 1
    assert not Review.objects.exists()


def test_a_review_can_be_found_again_and_changed(
    desk: Desk, handed_in: Submission, reviewer: User
) -> None:
    """The list shows who reviewed what; the page begins with the levels chosen before."""
    points = {"question": 1.0, "care": 2.5}
    reviews.record_review(submission=handed_in, reviewer=reviewer, points=points, comment="Hm.")
    second = User.objects.create_user("otto@example.org", "x", is_staff=True, name="Otto")
    desk.browser.force_login(second)
    listed = desk.browser.get(reverse("exercises:reviews")).content.decode()
    address = reverse("exercises:review", args=[handed_in.pk])
    assert address in listed
    assert "ines@example.org" in listed
    page = desk.browser.get(address).content.decode()
    assert "Reviewed by ines@example.org" in page
    assert page.count("checked") == 2
    desk.browser.post(address, {"points_question": "4", "points_care": "4", "comment": "Now good."})
    review = Review.objects.get()
    assert (review.reviewer, review.score, review.passed) == (second, 8, True)
    desk.browser.force_login(desk.learner)
    assert "Otto" in desk.page(handed_in)


def test_a_review_outlives_the_account_of_who_wrote_it(
    desk: Desk, handed_in: Submission, reviewer: User
) -> None:
    """Others still find it, without a name."""
    points = {"question": 4.0, "care": 4.0}
    reviews.record_review(submission=handed_in, reviewer=reviewer, points=points, comment="Good.")
    reviewer.delete()
    desk.browser.force_login(User.objects.create_user("next@example.org", is_staff=True))

    for address in (reverse("exercises:reviews"), f"/reviews/{handed_in.pk}/"):
        answer = desk.browser.get(address)
        assert answer.status_code == 200
        assert "–" in answer.content.decode()  # noqa: RUF001  # the sign for nobody


def test_of_several_attempts_the_latest_waits(
    desk: Desk, handed_in: Submission, reviewer: User
) -> None:
    """Another attempt that passes takes the place of the first; an accepted one ends the wait."""
    second = _passed(desk.learner, handed_in)
    assert list(Submission.objects.to_review()) == [second]
    points = {"question": 1.0, "care": 0.0}
    reviews.record_review(submission=second, reviewer=reviewer, points=points, comment="")
    assert not Submission.objects.to_review().exists()
    third = _passed(desk.learner, handed_in)
    assert list(Submission.objects.to_review()) == [third]
    points = {"question": 4.0, "care": 4.0}
    reviews.record_review(submission=third, reviewer=reviewer, points=points, comment="")
    _passed(desk.learner, handed_in)
    assert not Submission.objects.to_review().exists()


def test_the_learner_is_told_by_mail_once(
    handed_in: Submission,
    reviewer: User,
    mailoutbox: list[EmailMessage],
    django_capture_on_commit_callbacks: Any,
) -> None:
    """A review asks for one mail; a message that comes twice mails once, a changed review again."""
    for number, care, words in ((1, 0.0, "hand it in again"), (2, 4.0, "Accepted, with 8 of 8")):
        with django_capture_on_commit_callbacks() as asked:
            reviews.record_review(
                submission=handed_in,
                reviewer=reviewer,
                points={"question": 4.0 * (number - 1), "care": care},
                comment="Think of <tails>.",
            )
        assert len(asked) == 1
        mails.mail_reviewed(handed_in.pk)
        mails.mail_reviewed(handed_in.pk)
        assert len(mailoutbox) == number
        mail = mailoutbox[-1]
        assert mail.to == [handed_in.user.email]
        for expected in (words, "Think of <tails>.", f"/submissions/{handed_in.pk}/"):
            assert expected in mail.body


def test_a_review_may_ask_for_more(desk: Desk, handed_in: Submission, reviewer: User) -> None:
    """Too few points complete nothing; the review can be changed later."""
    for points, passed in (({"question": 1, "care": 0}, False), ({"question": 4, "care": 4}, True)):
        review = reviews.record_review(
            submission=handed_in, reviewer=reviewer, points=points, comment=""
        )
        assert review.passed is passed
        assert exercise_completed(desk.learner, SLUG) is passed
    assert Review.objects.count() == 1


@pytest.mark.parametrize(
    "points",
    [{"question": 5, "care": 0}, {"question": -1, "care": 0}, {"question": 1},
     {"question": 2, "care": 0}, {"question": float("nan"), "care": 0}],
)  # fmt: skip
def test_points_fit_the_rubric(
    handed_in: Submission, reviewer: User, points: dict[str, float]
) -> None:
    """Points that no level gives, or missing ones, are refused."""
    with pytest.raises(ReviewRefused):
        reviews.record_review(submission=handed_in, reviewer=reviewer, points=points, comment="")
    assert not Review.objects.exists()


def test_learners_do_not_review(desk: Desk, handed_in: Submission) -> None:
    """All three addresses are for staff, even with one's own project."""
    for name, arguments in (
        ("exercises:reviews", []),
        ("exercises:review", [handed_in.pk]),
        ("exercises:handed_in", [handed_in.pk]),
    ):
        assert desk.browser.get(reverse(name, args=arguments)).status_code == 403
    answer = desk.browser.post(reverse("exercises:review", args=[handed_in.pk]), {})
    assert answer.status_code == 403


def test_the_api_shows_the_review(desk: Desk, handed_in: Submission, reviewer: User) -> None:
    """A project's submission has no such key at first, then what the reviewer says."""
    address = reverse("api:submission", args=[handed_in.pk])
    assert "review" not in desk.browser.get(address).json()
    points = {"question": 4.0, "care": 2.5}
    reviews.record_review(submission=handed_in, reviewer=reviewer, points=points, comment="Good.")
    shown = desk.browser.get(address).json()["review"]
    assert (shown["passed"], shown["score"], shown["max_score"]) == (True, 6.5, 8.0)
    assert (shown["points"], shown["comment"]) == (points, "Good.")


def test_a_reviewer_can_try_the_notebook(desk: Desk, handed_in: Submission, reviewer: User) -> None:
    """The notebook can be downloaded as it was handed in."""
    desk.browser.force_login(reviewer)
    answer = desk.browser.get(reverse("exercises:handed_in", args=[handed_in.pk]))
    assert answer.content == bytes(handed_in.files.notebook)
    assert f"{SLUG}-1.ipynb" in answer["Content-Disposition"]


def test_an_empty_list_says_so(desk: Desk, reviewer: User) -> None:
    """Where nothing waits, the page says so instead of showing an empty table."""
    desk.browser.force_login(reviewer)
    page = desk.browser.get(reverse("exercises:reviews")).content.decode()
    assert "Nothing waits" in page
    assert "<table" not in page


def _passed(user: User, like: Submission) -> Submission:
    """Another submission of the same exercise whose checks have passed."""
    submission = submissions.submit(user=user, exercise=like.exercise, notebook=b"{}")
    lease = submissions.claim(submission_id=submission.pk)
    assert lease is not None
    pipeline._record(submission, lease=lease, report=PASS)
    return Submission.objects.for_page().get(pk=submission.pk)


def test_the_list_asks_the_same_of_many(
    desk: Desk, handed_in: Submission, reviewer: User, django_assert_num_queries: Any
) -> None:
    """The list costs the same queries with one project in each table, and with many."""
    desk.browser.force_login(reviewer)
    address = reverse("exercises:reviews")
    points = {"question": 1.0, "care": 0.0}
    first = _passed(User.objects.create_user("first@example.org"), handed_in)
    reviews.record_review(submission=first, reviewer=reviewer, points=points, comment="")
    with CaptureQueriesContext(connection) as one_each:
        desk.browser.get(address)
    for number in range(8):
        _passed(User.objects.create_user(f"waiting{number}@example.org"), handed_in)
        read = _passed(User.objects.create_user(f"read{number}@example.org"), handed_in)
        reviews.record_review(submission=read, reviewer=reviewer, points=points, comment="")
    with django_assert_num_queries(len(one_each)):
        page = desk.browser.get(address).content.decode()
    assert page.count('<th scope="row">') == 18


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        ("pass_score: 5", "pass_score: 50", "at most the 8 points"),
        ("id: care", "id: question", "used twice"),
        ("points: 4", "points: many", "not of type 'number'"),
        ("points: 0", "points: 3", "begin at 0 points and rise"),
        ("pass_score: 5", "", "'pass_score' is a required property"),
        ("    levels:", "    least: 9\n    levels:", "more than the best level earns"),
    ],
)
def test_a_wrong_rubric_names_its_place(content: Path, before: str, after: str, words: str) -> None:
    """A mistake in review.yaml names the file and the reason, and nothing is loaded."""
    file = content / "exercises" / SLUG / "review.yaml"
    file.write_text(file.read_text().replace(before, after, 1))
    with pytest.raises(ContentError, match=f"review.yaml.*{words}"):
        catalogue.load(content=content)


@pytest.mark.parametrize(
    ("points", "accepted"),
    [
        ({"question": 4, "care": 4}, True),
        ({"question": 4, "care": 2.5}, True),
        ({"question": 1, "care": 4}, False),
        ({"question": 0, "care": 4}, False),
        ({"question": 4, "care": 0}, False),
    ],
)
def test_a_criterion_may_ask_for_a_least_number_of_points(
    content: Path, points: dict[str, float], *, accepted: bool
) -> None:
    """The sum alone does not accept a project that fails where its rubric asks for something."""
    folder = content / "exercises" / SLUG
    rubric = RUBRIC.replace("pass_score: 5", "pass_score: 4")
    for levels, least in (("Is it <answered>?", 4), ("Are the limits said?", 2.5)):
        rubric = rubric.replace(levels, f"{levels}\n    least: {least}")
    (folder / "review.yaml").write_text(rubric)

    read = read_rubric(folder)

    assert read is not None
    assert read.accepts(points) is accepted
    assert ReviewRubric.from_json(read.to_json()) == read


@pytest.mark.parametrize(
    ("slug", "criterion"),
    [
        ("project-compare-techniques", "disputed"),
        ("project-compare-techniques", "report"),
        ("project-interactive-visualisation", "trial"),
        ("project-interactive-visualisation", "report"),
        ("project-interpretable-model", "report"),
    ],
)
def test_no_project_is_accepted_with_nothing_where_it_counts(slug: str, criterion: str) -> None:
    """All other criteria at their best do not make up for the disputed row, trial or report."""
    rubric = read_rubric(Path(__file__).resolve().parents[2] / "content" / "exercises" / slug)
    assert rubric is not None
    best = {one.id: one.points for one in rubric.criteria}

    assert rubric.accepts(best)
    assert sum(best.values()) - best[criterion] >= rubric.pass_score
    assert not rubric.accepts({**best, criterion: 0})
