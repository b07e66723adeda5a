"""The API of classes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from django.urls import reverse

from classes.models import Class, Extension, Member, Override, Role, ScheduledPart
from courses.accounts.tokens import new_token
from courses.models import User
from tests.classes.material import DUE, make_class, make_course, make_member, schedule, submit

if TYPE_CHECKING:
    from django.test import Client

pytestmark = pytest.mark.django_db


@pytest.fixture
def klass() -> Class:
    """A class with one of each of three roles, and a late submission."""
    made = make_class(make_course())
    for role in (Role.INSTRUCTOR, Role.ASSISTANT, Role.LEARNER):
        make_member(made, f"{role}@example.org", role)
    schedule(made, "exercise:lime", due_at=DUE)
    submit(User.objects.get(email="learner@example.org"), "lime", 87.654, DUE)
    return made


@pytest.fixture
def part(klass: Class) -> ScheduledPart:
    """The scheduled exercise."""
    return klass.parts.get()


@pytest.fixture
def learner(klass: Class) -> Member:
    """The learner."""
    return klass.members.get(role=Role.LEARNER)


def call(client: Client, method: str, name: str, who: str, *keys: Any, data: Any = None) -> Any:
    """Call the API as somebody with a token."""
    token = new_token(User.objects.get(email=f"{who}@example.org"))
    headers = {"Authorization": f"Token {token}"}
    address = reverse(f"api:{name}", args=keys)
    return getattr(client, method)(
        address, data=data, content_type="application/json", headers=headers
    )


def test_the_gradebook_is_what_the_page_shows(client: Client, klass: Class) -> None:
    """Parts, records and marks, points with two decimals."""
    facts = call(client, "get", "class-gradebook", "assistant", klass.pk).json()

    (record,) = facts["records"]
    assert record["member"]["email"] == "learner@example.org"
    assert record["marks"][0]["points"] == record["marks"][0]["score"] == 87.65
    assert facts["parts"][0]["subject"] == "exercise:lime"


def test_a_learner_gets_the_own_record_and_nothing_of_others(client: Client, klass: Class) -> None:
    """Own marks and the schedule; 403 for roster and gradebook, 404 for a stranger."""
    own = call(client, "get", "class-record", "learner", klass.pk)
    assert own.json()["percent"] == 87.65
    assert call(client, "get", "class-schedule", "learner", klass.pk).status_code == 200
    for name in ("class-gradebook", "class-members", "class-extensions"):
        assert call(client, "get", name, "learner", klass.pk).status_code == 403
    make_class()
    other = Class.objects.exclude(pk=klass.pk).get()
    assert call(client, "get", "class-record", "learner", other.pk).status_code == 404
    assert [one["role"] for one in call(client, "get", "classes", "learner").json()] == ["learner"]


def test_overrides_are_made_and_withdrawn_by_instructors_only(
    client: Client, klass: Class, learner: Member, part: ScheduledPart
) -> None:
    """PUT and DELETE; an assistant gets 403, points that are none 400, an archived class 409."""
    keys = (klass.pk, learner.pk, part.pk)
    sent = {"points": 50, "reason": "Shown in person"}
    refused = call(client, "put", "class-override", "assistant", *keys, data=sent)
    assert refused.status_code == 403
    for wrong in ({"points": -1}, {"points": "NaN"}, {"reason": ""}):
        answer = call(client, "put", "class-override", "instructor", *keys, data=sent | wrong)
        assert answer.status_code == 400

    made = call(client, "put", "class-override", "instructor", *keys, data=sent)
    assert made.json()["marks"][0]["points"] == 50
    assert made.json()["marks"][0]["score"] == 87.65
    assert call(client, "delete", "class-override", "instructor", *keys).status_code == 204
    assert not Override.objects.filter(withdrawn_at=None).exists()

    Class.objects.update(archived_at=DUE)
    answer = call(client, "put", "class-override", "instructor", *keys, data=sent)
    assert (answer.status_code, answer.json()["code"]) == (409, "archived")


def test_extensions_are_granted_to_members_of_the_class_only(
    client: Client, klass: Class, learner: Member, part: ScheduledPart
) -> None:
    """201 with what was granted; 400 for somebody else's key, 409 with the reason."""
    sent = {"part": part.pk, "members": [str(learner.pk)], "days": 2, "reason": "Illness"}
    made = call(client, "post", "class-extensions", "instructor", klass.pk, data=sent)
    assert (made.status_code, made.json()[0]["days"]) == (201, 2)
    listed = call(client, "get", "class-extensions", "assistant", klass.pk)
    assert len(listed.json()) == 1

    foreign = make_member(make_class(title="Another"), "other@example.org")
    wrong = sent | {"members": [str(foreign.pk)]}
    answer = call(client, "post", "class-extensions", "instructor", klass.pk, data=wrong)
    assert answer.status_code == 400
    Member.objects.filter(pk=learner.pk).update(left_at=DUE)
    answer = call(client, "post", "class-extensions", "instructor", klass.pk, data=sent)
    assert (answer.status_code, "has left" in answer.json()["detail"]) == (409, True)
    assert Extension.objects.count() == 1
