"""The courses API answers as promised, with problem documents for what it refuses."""

from __future__ import annotations

from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from courses.accounts.demo import DEMO_ACCOUNTS
from courses.authoring.loading import load
from courses.learners.progress import record_completion
from courses.models import Certificate, Course, Quiz, User
from courses.quizzes.attempts import ask
from tests.courses.material import Material, right_answers

PASSWORD = "a good long password"


def token(email: str = "lena@example.org", password: str = PASSWORD) -> Any:
    """Ask for a token."""
    return Client().post(
        "/api/v1/auth/token/",
        {"username": email, "password": password},
        content_type="application/json",
    )


@pytest.fixture
def api(learner: User) -> Client:
    """A program that has the learner's token."""
    return Client(headers={"Authorization": f"Token {token().json()['token']}"})


def post(client: Client, address: str, data: object = None) -> Any:
    """Post JSON below /api/v1/."""
    return client.post(f"/api/v1/{address}", data or {}, content_type="application/json")


def test_a_token_is_given_for_address_and_password(learner: User) -> None:
    """The address counts whatever its case; a second token does not end the first one."""
    first, again = token("LENA@example.org"), token()

    assert first.status_code == 200
    for answer in (first, again):
        client = Client(headers={"Authorization": f"Token {answer.json()['token']}"})
        assert client.post("/api/v1/courses/nothing/enrolment/").status_code == 404


@pytest.mark.parametrize(
    ("data", "status"),
    [
        ({"username": "lena@example.org", "password": "wrong"}, 401),
        ({"username": "nobody@example.org", "password": PASSWORD}, 401),
        ({"username": "lena@example.org"}, 400),
        ({"username": "a\x00b", "password": "x"}, 400),
        ({"username": ["a"], "password": {"b": 1}}, 400),
        ([], 400),
        ("text", 400),
    ],
)
def test_a_token_is_refused_with_a_problem(learner: User, data: object, status: int) -> None:
    """Wrong words are 401, wrong forms 400, each as a problem document."""
    answer = Client().post("/api/v1/auth/token/", data, content_type="application/json")

    assert answer.status_code == status
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.json()["status"] == status


def test_guessing_a_password_is_slowed_down(learner: User) -> None:
    """After ten tries for one account within a minute even the right password waits."""
    for _try in range(10):
        assert token(password="wrong").status_code == 401

    assert token().status_code == 429
    assert token("other@example.org").status_code == 401


def test_a_second_factor_is_not_gone_round(learner: User) -> None:
    """A password alone gives no token to an account with a second factor."""
    Authenticator.objects.create(user=learner, type="totp", data={"secret": "x"})

    answer = token()

    assert answer.status_code == 403
    assert "two-factor" in answer.json()["detail"]


def test_the_catalogue_is_public(course: Course) -> None:
    """Anybody can list the courses and read an outline."""
    listed = Client().get("/api/v1/courses/").json()
    outline = Client().get("/api/v1/courses/tiny/").json()

    assert [one["slug"] for one in listed] == ["tiny"]
    assert listed[0]["lessons"] == 2
    assert listed[0]["exercises"] == 1
    assert [(part["kind"], part["slug"], part["done"]) for part in outline["parts"]] == [
        ("lesson", "page-1", False),
        ("lesson", "page-2", False),
        ("exercise", "toy", False),
    ]
    assert outline["progress"]["total"] == 3


def test_the_whole_way_to_a_certificate(course: Course, learner: User, api: Client) -> None:
    """Enrol, read, answer, pass the exercise: the outline then names the certificate."""
    assert post(api, "courses/tiny/enrolment/").status_code == 201
    assert post(api, "courses/tiny/enrolment/").status_code == 200
    for lesson in ("page-1", "page-2"):
        read = post(api, f"lessons/tiny/{lesson}/completion/")
        assert read.status_code == 200
        quiz = Quiz.objects.get(lesson__slug=lesson)
        number = next(
            one.answer for one in ask(user=learner, quiz=quiz).questions if one.id == "sum"
        )
        made = post(
            api, f"quizzes/tiny/{lesson}/attempts/", {"answers": {**right_answers(), "sum": number}}
        )
        assert made.status_code == 201
        assert made.json()["passed"] is True
    record_completion(user=learner, exercise_slug="toy")

    progress = api.get("/api/v1/courses/tiny/").json()["progress"]

    assert progress["complete"] is True
    certificate = Client().get(f"/api/v1/certificates/{progress['certificate']}/facts/").json()
    assert certificate["course"]["title"] == "The tiny course"
    assert certificate["valid"] is True
    assert certificate["id"] == str(Certificate.objects.get().pk)


def test_a_quiz_is_asked_without_its_answers(course: Course, api: Client) -> None:
    """Nothing in the questions tells what is right."""
    answer = api.get("/api/v1/quizzes/tiny/page-1/")

    assert answer.status_code == 200
    assert len(answer.json()["questions"]) == 4
    for word in ("correct", "explanation", "Because", "answer"):
        assert word not in answer.content.decode()


def test_a_missed_quiz_explains_every_choice(course: Course, api: Client) -> None:
    """Missed twice: the marking has each choice with its explanation."""
    post(api, "quizzes/tiny/page-1/attempts/", {"answers": {"one": "left"}})
    made = post(api, "quizzes/tiny/page-1/attempts/", {"answers": {"one": "left"}}).json()

    one = next(question for question in made["questions"] if question["id"] == "one")
    assert (made["passed"], made["correct"], made["total"]) == (False, 0, 4)
    assert {choice["id"]: choice["explanation"] for choice in one["choices"]} == {
        "right": "Because.",
        "left": "That is a mirror.",
        "none": "One is.",
    }


@pytest.mark.parametrize(
    "answers",
    [
        {},
        {"nosuch": "a"},
        {"one": "nosuch"},
        {"one": {"a": 1}},
        {"one": True},
        {"sum": "nan"},
        {"one": "x" * 10_000},
        {"many": ["a"] * 1000},
        {f"q{number}": "a" for number in range(100)},
        ["one"],
        None,
    ],
)
def test_answers_that_are_none_are_refused(course: Course, api: Client, answers: object) -> None:
    """Unknown ids, wrong forms and masses of answers are 400 with the reason; nothing is kept."""
    answer = post(api, "quizzes/tiny/page-1/attempts/", {"answers": answers})

    assert answer.status_code == 400
    assert "answers" in answer.json()["errors"]
    assert not Quiz.objects.get(lesson__slug="page-1").attempts.exists()


@pytest.mark.parametrize(
    "address",
    [
        "courses/tiny/enrolment/",
        "lessons/tiny/page-1/completion/",
        "quizzes/tiny/page-1/attempts/",
    ],
)
def test_doing_something_needs_an_account(course: Course, address: str) -> None:
    """Without a token: 401 as a problem document."""
    answer = post(Client(), address)

    assert answer.status_code == 401
    assert answer.headers["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize(
    "address",
    ["courses/none/", "certificates/00000000-0000-4000-8000-000000000000/", "quizzes/tiny/none/"],
)
def test_what_is_not_there_is_a_problem(course: Course, api: Client, address: str) -> None:
    """404 as a problem document."""
    answer = api.get(f"/api/v1/{address}")

    assert answer.status_code == 404
    assert answer.json()["status"] == 404


def test_the_catalogue_takes_the_same_queries_for_many(material: Material, api: Client) -> None:
    """The number of queries does not grow with the number of courses."""

    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            api.get("/api/v1/courses/")
        return len(captured)

    load(material.course("one").root)
    few = queries()
    for number in range(5):
        material.course(f"more-{number}")
    load(material.root)

    assert queries() == few <= 8


@pytest.mark.django_db
def test_demo_accounts_are_made_once(capsys: pytest.CaptureFixture[str]) -> None:
    """The command prints how to sign in, and a second time changes nothing."""
    call_command("create_demo")
    call_command("create_demo")

    printed = capsys.readouterr().out
    assert User.objects.count() == len(DEMO_ACCOUNTS)
    for account in DEMO_ACCOUNTS:
        assert account.password in printed
        assert token(account.email, account.password).status_code == 200
