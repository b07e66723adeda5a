"""Projects: the checks open the way to a reviewer, and the review completes the exercise."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from courses.learners.progress import exercise_completed
from courses.models import User
from exercises import reviews
from exercises.catalogue import loading
from exercises.catalogue.rubric import ReviewRubric, read_rubric
from exercises.models import Review, Submission
from exercises.reviews import ReviewRefused
from exercises.submissions import emails, files, lifecycle, pipeline
from exercises.submissions.lease import claim
from grader.errors import ExerciseContentError
from grader.report import GradeReport
from grader.sandbox.job import Verdict
from tests.exercises.worker_process import CONTENT, SLUG

if TYPE_CHECKING:
    from django.core.mail import EmailMessage

    from tests.exercises.learner_client import LearnerClient

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
def project(learner_client: LearnerClient, content: Path) -> Submission:
    """A project whose checks have passed, recorded as the worker does."""
    loading.load(content=content)
    submission = learner_client.submit()
    lease = claim(submission_id=submission.pk)
    assert lease is not None
    submission = Submission.objects.select_related("exercise", "user").get(pk=submission.pk)
    pipeline._record(submission, lease=lease, report=PASS)
    return Submission.objects.for_page().get(pk=submission.pk)


@pytest.fixture
def reviewer(db: None) -> User:
    """A member of staff."""
    return User.objects.create_user("ines@example.org", "a quiet harbour", is_staff=True)


def test_learners_know_the_rubric_beforehand(learner_client: LearnerClient, content: Path) -> None:
    """The exercise's page says what the reviewer will grade, level by level."""
    loading.load(content=content)
    page = learner_client.browser.get(reverse("exercises:exercise", args=[SLUG])).content.decode()
    for text in ("includes a human review", "It is asked &amp; answered.", "It needs 5 points"):
        assert text in page


def test_the_checks_alone_complete_nothing(
    learner_client: LearnerClient, project: Submission
) -> None:
    """A passed project waits for its reviewer, and its page says so."""
    assert not exercise_completed(learner_client.learner, SLUG)
    assert "A reviewer will now read your project" in learner_client.page(project)


def test_a_review_completes_the_exercise(
    learner_client: LearnerClient, project: Submission, reviewer: User
) -> None:
    """The reviewer finds the project, chooses levels, and the learner reads what they say."""
    learner_client.browser.force_login(reviewer)
    listed = learner_client.browser.get(reverse("exercises:reviews")).content.decode()
    address = reverse("exercises:review", args=[project.pk])
    assert address in listed
    page = learner_client.browser.get(address).content.decode()
    assert "Is it &lt;answered&gt;?" in page
    assert "It is asked &amp; answered." in page
    points = {"points_question": "4", "points_care": "2.5", "comment": "Well <argued>."}
    answer = learner_client.browser.post(address, points)
    assert answer["Location"] == reverse("exercises:reviews")
    assert not Submission.objects.to_review().exists()
    assert exercise_completed(learner_client.learner, SLUG)
    learner_client.browser.force_login(learner_client.learner)
    page = learner_client.page(project)
    for text in ("accepted", "Well &lt;argued&gt;.", "6.5 of 8 points", "Some are.", "A reviewer"):
        assert text in page


def test_notes_of_the_checks_are_shown_to_the_reviewer(
    learner_client: LearnerClient, project: Submission, reviewer: User
) -> None:
    """What a check passed but doubts stands above the rubric, escaped; without notes nothing."""
    learner_client.browser.force_login(reviewer)
    address = reverse("exercises:review", args=[project.pk])
    assert "Look at this" not in learner_client.browser.get(address).content.decode()
    line = {"id": "c", "title": "Three techniques", "points": 1, "max_points": 1, "passed": True}
    line |= {"message_id": "criterion.passed_note", "facts": {"text": "Alike: <a> and b."}}
    report = {**(project.report or {}), "criteria": [line]}
    Submission.objects.filter(pk=project.pk).update(report=report)
    page = learner_client.browser.get(address).content.decode()
    assert "Look at this" in page
    assert "<strong>Three techniques</strong>: Alike: &lt;a&gt; and b." in page


def test_a_missing_level_stores_nothing_and_loses_nothing(
    learner_client: LearnerClient, project: Submission, reviewer: User
) -> None:
    """A criterion without a level is named; the other choices and the comment are still there."""
    learner_client.browser.force_login(reviewer)
    address = reverse("exercises:review", args=[project.pk])
    answer = learner_client.browser.post(
        address, {"points_question": "4", "comment": "So far good."}
    )
    assert answer.status_code == 422
    page = answer.content.decode()
    assert page.count("Choose the level that fits best.") == 1
    assert "So far good." in page
    assert page.count("checked") == 1
    assert not Review.objects.exists()


def test_a_review_can_be_found_again_and_changed(
    learner_client: LearnerClient, project: Submission, reviewer: User
) -> None:
    """The list shows who reviewed what; the page begins with the levels chosen before."""
    points = {"question": 1.0, "care": 2.5}
    reviews.record_review(submission=project, reviewer=reviewer, points=points, comment="Hm.")
    second = User.objects.create_user("otto@example.org", "x", is_staff=True, name="Otto")
    learner_client.browser.force_login(second)
    listed = learner_client.browser.get(reverse("exercises:reviews")).content.decode()
    address = reverse("exercises:review", args=[project.pk])
    assert address in listed
    assert "ines@example.org" in listed
    page = learner_client.browser.get(address).content.decode()
    assert "Reviewed by ines@example.org" in page
    assert page.count("checked") == 2
    learner_client.browser.post(
        address, {"points_question": "4", "points_care": "4", "comment": "Now good."}
    )
    review = Review.objects.get()
    assert (review.reviewer, review.score, review.passed) == (second, 8, True)
    learner_client.browser.force_login(learner_client.learner)
    assert "Otto" in learner_client.page(project)


def test_a_review_outlives_the_account_of_who_wrote_it(
    learner_client: LearnerClient, project: Submission, reviewer: User
) -> None:
    """Others still find it, without a name."""
    points = {"question": 4.0, "care": 4.0}
    reviews.record_review(submission=project, reviewer=reviewer, points=points, comment="Good.")
    reviewer.delete()
    learner_client.browser.force_login(User.objects.create_user("next@example.org", is_staff=True))

    for address in (reverse("exercises:reviews"), f"/reviews/{project.pk}/"):
        answer = learner_client.browser.get(address)
        assert answer.status_code == 200
        assert "–" in answer.content.decode()  # noqa: RUF001  # the sign for nobody


def test_of_several_attempts_the_latest_is_due(
    learner_client: LearnerClient, project: Submission, reviewer: User
) -> None:
    """Another attempt that passes takes the place of the first; an accepted one ends the wait."""
    second = _passed(learner_client.learner, project)
    assert list(Submission.objects.to_review()) == [second]
    points = {"question": 1.0, "care": 0.0}
    reviews.record_review(submission=second, reviewer=reviewer, points=points, comment="")
    assert not Submission.objects.to_review().exists()
    third = _passed(learner_client.learner, project)
    assert list(Submission.objects.to_review()) == [third]
    points = {"question": 4.0, "care": 4.0}
    reviews.record_review(submission=third, reviewer=reviewer, points=points, comment="")
    _passed(learner_client.learner, project)
    assert not Submission.objects.to_review().exists()


def test_the_learner_is_emailed_once(
    project: Submission,
    reviewer: User,
    mailoutbox: list[EmailMessage],
) -> None:
    """A review writes one email, with the review; a changed review another."""
    for number, care, text in ((1, 0.0, "submit it again"), (2, 4.0, "Accepted with 8 of 8")):
        reviews.record_review(
            submission=project,
            reviewer=reviewer,
            points={"question": 4.0 * (number - 1), "care": care},
            comment="Think of <tails>.",
        )
        emails.mail_reviewed(project.pk)
        assert len(mailoutbox) == number
        mail = mailoutbox[-1]
        assert mail.to == [project.user.email]
        for expected in (text, "Think of <tails>.", f"/submissions/{project.pk}/"):
            assert expected in mail.body


def test_a_review_may_ask_for_more(
    learner_client: LearnerClient, project: Submission, reviewer: User
) -> None:
    """Too few points complete nothing; the review can be changed later."""
    for points, passed in (({"question": 1, "care": 0}, False), ({"question": 4, "care": 4}, True)):
        review = reviews.record_review(
            submission=project, reviewer=reviewer, points=points, comment=""
        )
        assert review.passed is passed
        assert exercise_completed(learner_client.learner, SLUG) is passed
    assert Review.objects.count() == 1


@pytest.mark.parametrize(
    "points",
    [{"question": 5, "care": 0}, {"question": -1, "care": 0}, {"question": 1},
     {"question": 2, "care": 0}, {"question": float("nan"), "care": 0}],
)  # fmt: skip
def test_points_fit_the_rubric(
    project: Submission, reviewer: User, points: dict[str, float]
) -> None:
    """Points that no level gives, or missing ones, are refused."""
    with pytest.raises(ReviewRefused):
        reviews.record_review(submission=project, reviewer=reviewer, points=points, comment="")
    assert not Review.objects.exists()


def test_learners_do_not_review(learner_client: LearnerClient, project: Submission) -> None:
    """All three addresses are for staff, even with one's own project."""
    for name, arguments in (
        ("exercises:reviews", []),
        ("exercises:review", [project.pk]),
        ("exercises:submitted_notebook", [project.pk]),
    ):
        assert learner_client.browser.get(reverse(name, args=arguments)).status_code == 403
    answer = learner_client.browser.post(reverse("exercises:review", args=[project.pk]), {})
    assert answer.status_code == 403


def test_the_api_shows_the_review(
    learner_client: LearnerClient, project: Submission, reviewer: User
) -> None:
    """A project's submission has no such key at first, then what the reviewer says."""
    address = reverse("api:submission", args=[project.pk])
    assert "review" not in learner_client.browser.get(address).json()
    points = {"question": 4.0, "care": 2.5}
    reviews.record_review(submission=project, reviewer=reviewer, points=points, comment="Good.")
    shown = learner_client.browser.get(address).json()["review"]
    assert (shown["passed"], shown["score"], shown["max_score"]) == (True, 6.5, 8.0)
    assert (shown["points"], shown["comment"]) == (points, "Good.")


def test_a_reviewer_can_try_the_notebook(
    learner_client: LearnerClient, project: Submission, reviewer: User
) -> None:
    """The notebook can be downloaded as it was submitted."""
    learner_client.browser.force_login(reviewer)
    answer = learner_client.browser.get(reverse("exercises:submitted_notebook", args=[project.pk]))
    assert answer.content == files.notebook(project.pk)
    assert f"{SLUG}-1.ipynb" in answer["Content-Disposition"]


def test_an_empty_list_says_so(learner_client: LearnerClient, reviewer: User) -> None:
    """Where nothing waits, the page says so instead of showing an empty table."""
    learner_client.browser.force_login(reviewer)
    page = learner_client.browser.get(reverse("exercises:reviews")).content.decode()
    assert "No projects waiting" in page
    assert "<table" not in page


def _passed(user: User, like: Submission) -> Submission:
    """Another submission of the same exercise whose checks have passed."""
    submission = lifecycle.submit(user=user, exercise=like.exercise, notebook=b"{}")
    lease = claim(submission_id=submission.pk)
    assert lease is not None
    pipeline._record(submission, lease=lease, report=PASS)
    return Submission.objects.for_page().get(pk=submission.pk)


def test_the_list_asks_the_same_of_many(
    learner_client: LearnerClient,
    project: Submission,
    reviewer: User,
    django_assert_num_queries: Any,
) -> None:
    """The list costs the same queries with one project in each table, and with many."""
    learner_client.browser.force_login(reviewer)
    address = reverse("exercises:reviews")
    points = {"question": 1.0, "care": 0.0}
    first = _passed(User.objects.create_user("first@example.org"), project)
    reviews.record_review(submission=first, reviewer=reviewer, points=points, comment="")
    with CaptureQueriesContext(connection) as one_each:
        learner_client.browser.get(address)
    for number in range(8):
        _passed(User.objects.create_user(f"waiting{number}@example.org"), project)
        read = _passed(User.objects.create_user(f"read{number}@example.org"), project)
        reviews.record_review(submission=read, reviewer=reviewer, points=points, comment="")
    with django_assert_num_queries(len(one_each)):
        page = learner_client.browser.get(address).content.decode()
    assert page.count('<th scope="row">') == 18


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("before", "after", "reason"),
    [
        ("pass_score: 5", "pass_score: 50", "at most the 8 points"),
        ("id: care", "id: question", "used twice"),
        ("points: 4", "points: many", "not of type 'number'"),
        ("points: 0", "points: 3", "begin at 0 points and rise"),
        ("pass_score: 5", "", "'pass_score' is a required property"),
        ("    levels:", "    least: 9\n    levels:", "more than the best level earns"),
    ],
)
def test_a_wrong_rubric_names_its_place(
    content: Path, before: str, after: str, reason: str
) -> None:
    """An error in review.yaml names the file and the reason, and nothing is loaded."""
    file = content / "exercises" / SLUG / "review.yaml"
    file.write_text(file.read_text().replace(before, after, 1))
    with pytest.raises(ExerciseContentError, match=f"review.yaml.*{reason}"):
        loading.load(content=content)


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
        ("project-explain-a-behaviour", "claim"),
        ("project-explain-a-behaviour", "refutation"),
        ("project-explain-a-behaviour", "report"),
        ("project-interactive-visualisation", "trial"),
        ("project-interactive-visualisation", "report"),
        ("project-interpretable-model", "report"),
    ],
)
def test_no_project_is_accepted_with_nothing_where_it_counts(slug: str, criterion: str) -> None:
    """Nothing makes up for the disputed row, the claim, its refutation, the trial or the report."""
    rubric = read_rubric(Path(__file__).resolve().parents[2] / "content" / "exercises" / slug)
    assert rubric is not None
    best = {one.id: one.points for one in rubric.criteria}

    assert rubric.accepts(best)
    assert sum(best.values()) - best[criterion] >= rubric.pass_score
    assert not rubric.accepts({**best, criterion: 0})
