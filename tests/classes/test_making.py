"""Making, changing, copying and archiving a class; joining and leaving it."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

import pytest
from django.urls import reverse

from classes import making, membership
from classes.audit import ChangeRefused
from classes.models import AuditEntry, Class, Extension, Member, Role
from courses.models import Course, Enrolment, Path, PathStep, User
from exercises.submissions.visibility import may_review, may_see
from tests.classes.material import (
    NEW_YORK,
    make_class,
    make_course,
    make_member,
    make_user,
    schedule,
    submit,
)

if TYPE_CHECKING:
    from django.test import Client

pytestmark = pytest.mark.django_db

SETTINGS = {
    "title": "Explaining models",
    "term": "Spring",
    "time_zone": "Europe/Paris",
    "starts_on": "2027-02-01",
    "ends_on": "2027-06-01",
    "join_open": "on",
    "late_unit": "day",
    "late_percent": "10",
    "late_floor": "50",
    "grace_days": "2",
    "early_percent": "0",
    "attempts": "best",
    "drop_lowest": "1",
}


@pytest.fixture
def ines() -> User:
    """A member of the staff."""
    return make_user("ines@example.org", "Ines", is_staff=True)


def test_a_class_is_made_by_the_page_with_its_graded_parts_scheduled(
    client: Client, ines: User
) -> None:
    """Exercises and quizzes are in the schedule, undated; its maker is its instructor."""
    course = make_course()
    client.force_login(ines)

    client.post(reverse("classes:new"), SETTINGS | {"courses": [course.pk]})

    klass = Class.objects.get()
    assert (klass.policy.grace_days, klass.zone.key) == (2, "Europe/Paris")
    assert [(part.subject, part.points) for part in klass.parts.scheduled()] == [
        ("lesson:shap/games", 10.0),
        ("exercise:treeshap", 100.0),
        ("exercise:lime", 100.0),
    ]
    assert klass.members.get().role == Role.INSTRUCTOR


def test_a_whole_path_is_taken_in_one_choice(client: Client, ines: User) -> None:
    """Its taught courses are the class's, beside one chosen by hand; retired ones are not."""
    first, second, retired, apart = (
        make_course(slug, exercises=()) for slug in ("shap", "lime", "old", "apart")
    )
    Course.objects.filter(pk=retired.pk).update(withdrawn=True)
    path = Path.objects.create(slug="xai", title="Explaining models", summary="-")
    for position, course in enumerate((first, second, retired)):
        PathStep.objects.create(path=path, course=course, position=position)
    client.force_login(ines)
    assert "Explaining models" in client.get(reverse("classes:new")).content.decode()

    client.post(reverse("classes:new"), SETTINGS | {"path": path.pk, "courses": [apart.pk]})

    klass = Class.objects.get()
    assert set(klass.courses.values_list("slug", flat=True)) == {"shap", "lime", "apart"}
    assert klass.parts.count() == 3


@pytest.mark.parametrize(
    ("wrong", "problem"),
    [
        ({"ends_on": "2027-01-01"}, "The last day is before the first."),
        ({"time_zone": "Mars/Olympus"}, "is not a time zone"),
        ({"late_percent": "101"}, "less than or equal to 100"),
        ({"late_percent": "nan"}, "number"),
        ({"title": ""}, "required"),
    ],
)
def test_settings_that_make_no_sense_are_refused(
    client: Client, ines: User, wrong: dict[str, str], problem: str
) -> None:
    """With a sentence at the field; no class is made."""
    client.force_login(ines)

    answer = client.post(reverse("classes:new"), SETTINGS | wrong)

    assert answer.status_code == 422
    assert problem in answer.content.decode()
    assert not Class.objects.exists()


def test_two_instructors_who_change_the_policy_at_once(client: Client, ines: User) -> None:
    """The second is told, and the first one's change stands; the audit has old and new."""
    klass = make_class()
    make_member(klass, ines.email, Role.INSTRUCTOR)
    client.force_login(ines)
    address = reverse("classes:settings", args=[klass.pk])

    assert client.post(address, SETTINGS | {"version": 1, "late_percent": "20"}).status_code == 302
    assert client.post(address, SETTINGS | {"version": 1, "late_percent": "30"}).status_code == 409

    assert Class.objects.get().late_percent == 20
    entry = AuditEntry.objects.get(action="class.changed")
    assert entry.facts["late_percent"] == [10.0, 20.0]


def test_a_copy_shifts_dates_by_whole_days_and_takes_no_learners(ines: User) -> None:
    """20:00 stays 20:00 over a change of the clocks; policy and schedule come along."""
    klass = make_class(make_course(), grace_days=3)
    make_member(klass, ines.email, Role.INSTRUCTOR)
    make_member(klass, "ta@example.org", Role.ASSISTANT)
    ada = make_member(klass, "ada@example.org")
    part = schedule(
        klass, "exercise:lime", points=7, due_at=datetime(2026, 10, 31, 20, tzinfo=NEW_YORK)
    )
    Extension.objects.create(klass=klass, part=part, member=ada, days=1, reason="-")
    making.archive(klass=klass, actor=ines)

    copied = making.copy_class(
        klass=klass,
        actor=ines,
        title="Again",
        term="Spring",
        starts_on=date(2027, 1, 19),
        with_staff=True,
    )

    new = copied.parts.get()
    assert new.due_at == datetime(2027, 3, 20, 20, tzinfo=NEW_YORK)
    assert (new.points, copied.grace_days, copied.archived) == (7, 3, False)
    assert sorted(copied.members.values_list("role", flat=True)) == ["assistant", "instructor"]
    assert copied.ends_on - copied.starts_on == klass.ends_on - klass.starts_on
    assert not copied.extensions.exists()
    assert copied.join_code != klass.join_code


def test_joining_by_code_and_coming_back(client: Client, ines: User) -> None:
    """The code is found whatever its case; leaving and joining again finds the same membership."""
    klass = make_class(make_course())
    make_member(klass, ines.email, Role.INSTRUCTOR)
    ada = make_user("ada@example.org", confirmed=False)
    client.force_login(ada)

    found = client.post(reverse("classes:join"), {"code": f" {klass.join_code.lower()} "})
    client.post(found["Location"])
    member = Member.objects.get(user=ada)
    assert Enrolment.objects.filter(user=ada, course=Course.objects.get()).exists()
    client.post(reverse("classes:leave", args=[klass.pk]))
    assert client.get(reverse("classes:home", args=[klass.pk])).status_code == 404

    client.post(found["Location"])

    assert Member.objects.get(user=ada) == member
    assert AuditEntry.objects.filter(action="member.returned").exists()


def test_codes_cannot_be_tried_without_end(client: Client) -> None:
    """After thirty wrong ones in an hour, a right one is not tried either."""
    klass = make_class()
    client.force_login(make_user("eve@example.org"))
    for number in range(30):
        client.post(reverse("classes:join"), {"code": f"WRONG{number}"})

    answer = client.post(reverse("classes:join"), {"code": klass.join_code})

    assert answer["Location"] == reverse("classes:classes")


@pytest.mark.parametrize(
    ("email", "confirmed", "facts", "problem"),
    [
        ("ada@example.org", True, {"join_open": False}, "closed for joining"),
        ("ada@other.org", True, {"email_domains": "example.edu"}, "admits addresses of"),
        ("ada@example.edu", False, {"email_domains": "@example.edu"}, "Confirm your email"),
        ("listed@example.org", False, {}, "Confirm your email"),
    ],
)
def test_who_may_not_join_is_told_why(
    *,
    email: str,
    confirmed: bool,
    facts: dict[str, Any],
    problem: str,
) -> None:
    """Closed, of another domain, or with an address that is not proven."""
    klass = make_class(**facts)
    Member.objects.create(klass=klass, email="listed@example.org", pseudonym="x")
    user = make_user(email, confirmed=confirmed)

    with pytest.raises(ChangeRefused, match=problem):
        membership.join_by_code(klass=klass, user=user)

    assert not Member.objects.filter(user=user).exists()


@pytest.mark.parametrize(
    ("confirmed", "links"),
    [(False, 1), (True, 0)],
)
def test_who_has_to_confirm_an_address_first_finds_where(
    client: Client, *, confirmed: bool, links: int
) -> None:
    """The refusal links the page of the addresses; one for another reason does not."""
    klass = make_class(email_domains="example.edu")
    client.force_login(make_user("ada@example.org", confirmed=confirmed))

    page = client.post(reverse("classes:join_link", args=[klass.join_code]))

    assert page.status_code == 409
    link = f'<a class="button button--quiet button--small" href="{reverse("account_email")}">'
    assert page.content.decode().count(link) == links


def test_who_joins_with_a_confirmed_address_gets_the_place_on_the_roster() -> None:
    """Name and section of the roster are kept; there is no second row."""
    klass = make_class()
    listed = Member.objects.create(
        klass=klass, email="ada@example.org", name="Ada L.", section="B", pseudonym="x"
    )
    ada = make_user("Ada@example.org")

    assert membership.join_by_code(klass=klass, user=ada) == listed

    listed.refresh_from_db()
    assert (listed.user, listed.section) == (ada, "B")


def test_an_invitation_works_once_and_for_any_account(client: Client) -> None:
    """Its link proves the address; another account cannot use it after that."""
    klass = make_class()
    listed = Member.objects.create(klass=klass, email="ada@work.example", pseudonym="x")
    address = reverse("classes:invitation", args=[listed.invitation_key])
    ada = make_user("ada@home.example")
    client.force_login(ada)
    assert client.post(address).status_code == 302
    listed.refresh_from_db()
    assert listed.user == ada

    client.force_login(make_user("eve@example.org"))
    assert client.post(address).status_code == 409


def test_the_sign_in_page_says_what_an_invited_visitor_came_for(client: Client) -> None:
    """An invitation names its class; a code says the same, whether a class has it or not."""
    klass = make_class()
    listed = Member.objects.create(klass=klass, email="ada@work.example", pseudonym="x")
    invitation = reverse("classes:invitation", args=[listed.invitation_key])

    page = client.get(invitation, follow=True)

    assert page.redirect_chain[0][0] == f"{reverse('account_login')}?next={invitation}"
    assert "You&#x27;re invited to the class “Explainable models”" in page.content.decode()

    seen = []
    for code in (klass.join_code, "WRONG234"):
        page = client.get(reverse("classes:join_link", args=[code]), follow=True)
        seen.append([str(message) for message in page.context["messages"]])
    assert seen[0] == seen[1] == ["To join the class, sign in, or sign up if you're new."]


def test_invitations_to_a_confirmed_address_are_taken_up_by_themselves(client: Client) -> None:
    """Opening the list of classes is enough; an unconfirmed address is not."""
    klass = make_class()
    for email in ("ada@example.org", "bob@example.org"):
        Member.objects.create(klass=klass, email=email, pseudonym=email)
    client.force_login(make_user("ada@example.org"))
    assert klass.title in client.get(reverse("classes:classes")).content.decode()

    client.force_login(make_user("bob@example.org", confirmed=False))
    assert klass.title not in client.get(reverse("classes:classes")).content.decode()


def test_the_last_instructor_cannot_leave_nor_become_something_else(ines: User) -> None:
    """A class needs one who can still change it."""
    klass = make_class()
    member = make_member(klass, ines.email, Role.INSTRUCTOR)
    with pytest.raises(ChangeRefused, match="needs an instructor"):
        membership.leave(member=member, actor=ines)
    with pytest.raises(ChangeRefused, match="needs an instructor"):
        membership.change_member(member=member, actor=ines, role=Role.OBSERVER)

    make_member(klass, "second@example.org", Role.INSTRUCTOR)
    membership.leave(member=member, actor=ines)
    assert Member.objects.get(pk=member.pk).left_at is not None


def test_whoever_teaches_a_learner_opens_the_submissions_of_the_class_only(
    client: Client,
) -> None:
    """An assistant sees what the class schedules; other exercises and strangers stay closed."""
    klass = make_class(make_course())
    assistant = make_member(klass, "ta@example.org", Role.ASSISTANT).user
    ada = make_member(klass, "ada@example.org")
    schedule(klass, "exercise:treeshap")
    now = datetime.now(tz=UTC)
    seen = submit(ada.user, "treeshap", 50, now)
    private = submit(ada.user, "lime", 50, now)
    other = submit(make_user("other@example.org"), "treeshap", 50, now)
    assert assistant is not None
    client.force_login(assistant)

    found = [
        (may_see(assistant, one), may_review(assistant, one)) for one in (seen, private, other)
    ]
    observer = make_member(klass, "observer@example.org", Role.OBSERVER).user

    assert found == [(True, True), (False, False), (False, False)]
    assert observer is not None
    assert (may_see(observer, seen), may_review(observer, seen)) == (True, False)
    for closed in (private, other):
        assert client.get(closed.get_absolute_url()).status_code == 404
        assert client.get(reverse("exercises:review", args=[closed.pk])).status_code == 403
