"""The API's lists, from which scripts and the command line choose: exercises and submissions."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from courses.catalogue.models import PartKind
from courses.models import Course, Part, User
from exercises.api.lists import MOST_SUBMISSIONS
from exercises.models import Submission
from exercises.submissions import lifecycle
from tests.exercises.api.test_submission_api import graded
from tests.exercises.worker_process import SLUG

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.test import Client
    from pytest_django import DjangoAssertNumQueries

    from tests.exercises.learner_client import LearnerClient

QUERIES: int = 12
"""However long a list is."""


@pytest.fixture
def header(
    learner_client: LearnerClient, token_of: Callable[[User], dict[str, str]]
) -> dict[str, str]:
    """The learner's token, as a header."""
    return token_of(learner_client.learner)


@pytest.fixture
def course(learner_client: LearnerClient) -> Course:
    """A course with the exercise."""
    course = Course.objects.create(slug="foundations", title="Foundations", position=1)
    Part.objects.create(
        course=course, position=1, kind=PartKind.EXERCISE, exercise_slug=SLUG, title="Parts"
    )
    return course


def test_the_exercises_of_all_courses_with_one_s_standing(
    learner_client: LearnerClient, header: dict[str, str], course: Course
) -> None:
    """Each once, by the first course that has it; the standing is the caller's own."""
    again = Course.objects.create(slug="later", title="Later", position=2)
    Part.objects.create(
        course=again, position=1, kind=PartKind.EXERCISE, exercise_slug=SLUG, title="Again"
    )
    Part.objects.create(
        course=again, position=2, kind=PartKind.EXERCISE, exercise_slug="gone", title="Gone"
    )
    graded(learner_client)
    (listed,) = learner_client.browser.get("/api/v1/exercises/", headers=header).json()
    exercise = learner_client.exercise
    assert listed == {
        "slug": SLUG,
        "title": exercise.title,
        "course": course.slug,
        "minutes": exercise.minutes,
        "max_score": exercise.max_score,
        "pass_score": exercise.pass_score,
        "attempts_left": listed["attempts_left"],
        "best_score": 2.0,
        "passed": False,
    }
    one = learner_client.browser.get(f"/api/v1/exercises/{SLUG}/", headers=header).json()
    assert listed["attempts_left"] == one["attempts_left"]


def test_a_withdrawn_course_s_exercises_are_not_listed(
    learner_client: LearnerClient, header: dict[str, str], course: Course
) -> None:
    """What one cannot open from a course is not offered."""
    course.withdrawn = True
    course.save()
    assert learner_client.browser.get("/api/v1/exercises/", headers=header).json() == []


def test_one_s_own_submissions_the_latest_first(
    learner_client: LearnerClient, header: dict[str, str]
) -> None:
    """With verdict and score once there are; never somebody else's; by exercise if asked."""
    first = graded(learner_client)
    second = learner_client.submit()
    stranger = User.objects.create_user("eve@example.org", "a quiet harbour")
    lifecycle.submit(
        user=stranger, exercise=learner_client.exercise, notebook=learner_client.make("x = 1")
    )
    listed = learner_client.browser.get("/api/v1/submissions/", headers=header).json()
    assert [one["id"] for one in listed] == [str(second.pk), str(first.pk)]
    assert [one["attempt"] for one in listed] == [2, 1]
    assert (listed[0]["state"], listed[0]["verdict"], listed[0]["score"]) == ("queued", None, None)
    assert (listed[1]["verdict"], listed[1]["score"]) == ("runtime_error", 2.0)
    assert (listed[1]["exercise"], listed[1]["passed"]) == (SLUG, False)
    assert not {"report", "criteria", "notebook"} & listed[1].keys()

    def of(exercise: str) -> int:
        address = f"/api/v1/submissions/?exercise={exercise}"
        return len(learner_client.browser.get(address, headers=header).json())

    assert (of(SLUG), of("another"), of("")) == (2, 0, 2)


@pytest.mark.parametrize("slug", ["a" * 81, "a%00b", "%E2%80%AE"])
def test_what_is_no_slug_is_refused_as_a_problem(
    learner_client: LearnerClient, header: dict[str, str], slug: str
) -> None:
    """By name of the parameter, before the database is asked."""
    answer = learner_client.browser.get(f"/api/v1/submissions/?exercise={slug}", headers=header)
    assert answer.status_code == 400
    assert answer["Content-Type"] == "application/problem+json"
    assert "exercise" in answer.content.decode()


@pytest.mark.parametrize("path", ["exercises", "submissions"])
def test_a_list_is_for_those_who_are_signed_in(client: Client, db: None, path: str) -> None:
    """Without a token or a session there is none."""
    answer = client.get(f"/api/v1/{path}/")
    assert answer.status_code in {401, 403}
    assert answer["Content-Type"] == "application/problem+json"


def test_a_list_is_bounded_and_costs_the_same_whatever_it_holds(
    learner_client: LearnerClient,
    header: dict[str, str],
    course: Course,
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    """Of many submissions the latest; a fixed number of queries."""
    first = graded(learner_client)
    first.refresh_from_db()
    Submission.objects.bulk_create(
        Submission(
            user=first.user,
            exercise=first.exercise,
            attempt=number,
            max_score=first.max_score,
            state=first.state,
            verdict=first.verdict,
            score=first.score,
            created_at=first.created_at,
            finished_at=first.finished_at,
            notified_at=first.notified_at,
        )
        for number in range(2, MOST_SUBMISSIONS + 10)
    )
    for path in ("exercises", "submissions"):
        with django_assert_max_num_queries(QUERIES):
            learner_client.browser.get(f"/api/v1/{path}/", headers=header)
    listed = learner_client.browser.get("/api/v1/submissions/", headers=header).json()
    assert len(listed) == MOST_SUBMISSIONS
