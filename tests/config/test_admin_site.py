"""The admin site: branded, complete, searchable, read-only; no secret on any page; nobody rises."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.contrib import admin
from django.contrib.auth.models import Group, Permission
from django.contrib.sessions.models import Session
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from knox.models import get_token_model

from classes.lti.models import Invitation, Launch, Platform, ToolKey
from classes.models import Announcement, AuditEntry, Class, Extension, Member, Override
from courses.discussion import moderation, posts, reports
from courses.models import (
    Certificate,
    Completion,
    Course,
    Enrolment,
    OutgoingMail,
    Path,
    QuizAttempt,
    Rating,
    Reading,
    Report,
    User,
)
from courses.record_admin import RecordAdmin
from exercises.models import Exercise, Review, Submission, Worker
from tests.classes.material import (
    DUE,
    answer_quiz,
    make_class,
    make_course,
    make_exercise,
    make_member,
    make_user,
    schedule,
    submit,
)

if TYPE_CHECKING:
    from django.db.models import Model

pytestmark = pytest.mark.django_db

SECRET = "s3cretmark"
NEVER_REGISTERED = (get_token_model(), Session, Platform, ToolKey, Launch, Invitation)
SECRET_FIELDS = {
    "authtoken": {"digest", "token_key"},
    "authenticator": {"data"},
    "class": {"join_code"},
    "member": {"feed_key", "invitation_key"},
    "outgoingmail": {"message"},
    "submission": {"lease_token", "report"},
    "pendingimport": {"rows", "digest"},
}
"""Columns that no page may show, in lists, on a row's page, or to a search."""
ROLES_THAT_ENTER = ("instructor", "author", "moderator")


def fill() -> None:
    """Put a row into every registered table, and the mark into every column that is a secret."""
    course = make_course()
    make_exercise("project", reviewed=True)
    klass = make_class(course, join_code=SECRET)
    lena = make_member(
        klass, "lena@example.org", feed_key=SECRET, invitation_key=f"{SECRET}2", name="Lena Lind"
    )
    user = lena.user
    assert user is not None
    staff = User.objects.create_superuser("root@example.org", f"{SECRET} pass")
    part = schedule(klass, "exercise:lime", due_at=DUE)
    submit(user, "lime", 70, DUE, lease_token=None, report={"hidden": SECRET})
    project = submit(user, "project", 100, DUE)
    Review.objects.create(
        submission=project, reviewer=staff, points={}, score=8, max_score=10, passed=True,
        comment="Good", created_at=DUE,
    )  # fmt: skip
    lesson = course.parts.get(lesson__slug="games").lesson
    assert lesson is not None
    answer_quiz(user, lesson, 7, DUE)
    Enrolment.objects.create(user=user, course=course)
    Completion.objects.create(user=user, kind="lesson", lesson=lesson)
    Rating.objects.create(user=user, course=course, stars=4)
    Certificate.objects.create(
        user=user, course=course, course_title=course.title, course_version="1",
        course_summary="-", course_level="beginner", language="en", minutes=1, lessons=1,
        quizzes=1, exercises=1, issuer_name="-", issued_at=DUE, learner_name="Lena Lind",
    )  # fmt: skip
    Path.objects.create(slug="path", title="The path", summary="-", position=1)
    Reading.objects.create(title="A book", position=1, **reading_facts())
    Extension.objects.create(klass=klass, part=part, member=lena, days=1, reason="ill")
    Override.objects.create(member=lena, part=part, points=3, reason="-", made_by=staff)
    Announcement.objects.create(klass=klass, author=staff, title="Hi", body="-", html="-")
    AuditEntry.objects.create(klass=klass, actor=staff, action="class.made")
    question = posts.ask(author=user, subject="exercise:lime", title="Why?", body="So?")
    posts.edit(author=user, post=question, version=1, title="Why so?", body="So?")
    reports.report(reporter=staff, post=question, reason="Spam.")
    moderation.warn(actor=staff, post=question, message="Please.")
    Authenticator.objects.create(user=user, type="totp", data={"secret": SECRET})
    OutgoingMail.objects.create(
        message={"subject": "Hello", "to": ["a@example.org"], "body": SECRET}
    )
    Group.objects.create(name="Helpers")
    Worker.objects.create(name="w", concurrency=1, started_at=DUE, seen_at=DUE)
    get_token_model().objects.create(user=user)
    Client().force_login(user)


def reading_facts() -> dict[str, Any]:
    """Return what a recommendation needs besides its title."""
    known = {field.name for field in Reading._meta.fields}
    return {
        name: value
        for name, value in {"authors": "A", "year": 2020, "url": "https://example.org/"}.items()
        if name in known
    }


def browser(user: User) -> Client:
    """Return a browser in which somebody is signed in."""
    client = Client()
    client.force_login(user)
    return client


def root() -> User:
    """Return the superuser."""
    return User.objects.get(email="root@example.org")


def page_of(model: type[Model], name: str, *keys: object) -> str:
    """Return the address of one of a table's pages."""
    meta = model._meta
    return reverse(f"admin:{meta.app_label}_{meta.model_name}_{name}", args=keys)


def test_no_page_shows_a_secret() -> None:
    """Every list, search and row of every registered table, as the superuser."""
    fill()
    client = browser(root())
    passwords = set(User.objects.values_list("password", flat=True))
    for model in admin.site._registry:
        row = model._default_manager.first()
        assert row is not None, f"{model._meta.label} has no row to look at"
        addresses = [
            page_of(model, "changelist"),
            page_of(model, "changelist") + "?q=lena",
            page_of(model, "change", row.pk),
            page_of(model, "history", row.pk),
        ]
        for address in addresses:
            answer = client.get(address)
            shown = answer.content.decode()
            assert answer.status_code == 200, address
            assert SECRET not in shown, address
            assert not any(password in shown for password in passwords if password), address


def test_no_registered_table_or_field_is_a_secret() -> None:
    """Tokens, sessions, keys and LTI tables are not there; secret columns are named nowhere."""
    registered = admin.site._registry
    assert not set(NEVER_REGISTERED) & set(registered)
    for model, pages in registered.items():
        if not isinstance(pages, RecordAdmin):
            assert model in {User, Group}
            continue
        assert pages.shown, model
        named = {*pages.shown, *pages.list_display, *pages.search_fields, *pages.list_filter}
        secrets = SECRET_FIELDS.get(str(model._meta.model_name), set())
        plain = {str(name).split("__")[0] for name in named if isinstance(name, str)}
        assert not plain & secrets, model
        assert pages.search_fields, f"{model._meta.label} cannot be searched"


def test_records_have_names() -> None:
    """No "quiz 18": who, what and how it ended stand in the lists."""
    fill()
    client = browser(root())
    expected = {
        Submission: ("lena", "Exercise lime", "70 / 100", "graded"),
        Review: ("lena", "Exercise project", "root@example.org"),
        QuizAttempt: ("lena", "Games and credit", "7 / 10"),
        Enrolment: ("lena", "SHAP values"),
        Certificate: ("lena", "SHAP values"),
        Report: ("Spam.", "Why so?", "root@example.org"),
        Member: ("Lena Lind", "Explainable models"),
    }
    for model, words in expected.items():
        shown = client.get(page_of(model, "changelist")).content.decode()
        for word in words:
            assert word in shown, (model, word)
    for model in admin.site._registry:
        row = model._default_manager.first()
        assert not str(row).isdigit(), model


def test_lists_take_the_same_queries_for_many() -> None:
    """A list of submissions does not grow in queries."""
    fill()
    client = browser(root())
    user = User.objects.get(email="lena@example.org")
    address = page_of(Submission, "changelist")

    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            client.get(address)
        return len(captured)

    few = queries()
    for day in range(10):
        submit(user, "lime", 70, DUE + timedelta(days=day))
    assert queries() == few


def test_it_is_the_site_s_own() -> None:
    """Name, stylesheet and ways back; nothing of it is an inline script or style."""
    fill()

    page = browser(root()).get("/admin/").content.decode()

    assert "Whybox administration" in page
    assert "css/admin.css" in page
    assert "Back to the site" in page
    assert "Django" not in page
    assert "<style" not in page
    assert " style=" not in page


@pytest.mark.parametrize("role", ["", "assistant", *ROLES_THAT_ENTER])
def test_a_role_reads_its_own_records_only(role: str) -> None:
    """Instructors what learners did, authors content, moderators posts; nobody changes a thing."""
    fill()
    client = browser(make_user("r@example.org", roles=[role] if role else []))
    opened: dict[str, set[Any]] = {
        "instructor": {Submission, Review, Course, Exercise, Certificate, Class, QuizAttempt},
        "author": {Course, Exercise},
        "moderator": {Report},
    }
    allowed = opened.get(role, set())
    assert client.get("/admin/", follow=True).status_code == (200 if allowed else 403)
    tables: tuple[Any, ...] = (
        *(Submission, Review, Course, Exercise, Certificate, Class, QuizAttempt),
        *(Report, User, Group, EmailAddress, Authenticator, OutgoingMail, Worker),
    )
    for model in tables:
        row = model._default_manager.first()
        assert row is not None
        for address in (page_of(model, "changelist"), page_of(model, "change", row.pk)):
            seen = client.get(address, follow=True).status_code
            assert seen == (200 if model in allowed else 403), address
            answer = client.post(address, {"action": "delete_selected", "_selected_action": row.pk})
            assert answer.status_code in ({200, 403} if model in allowed else {302, 403}), address
        deleting = client.post(page_of(model, "delete", row.pk), {"post": "yes"}, follow=True)
        assert deleting.status_code == 403
        assert model._default_manager.filter(pk=row.pk).exists()


def test_whoever_may_change_users_cannot_rise() -> None:
    """Not by a flag, a group, a superuser's password or address, nor by a group's permissions."""
    fill()
    staff = make_user("ines@example.org", is_staff=True)
    staff.user_permissions.set(
        Permission.objects.filter(codename__regex="user|group|emailaddress|authenticator")
    )
    client, boss = browser(staff), root()
    learner = User.objects.get(email="lena@example.org")
    facts = {
        "email": "lena@example.org", "name": "Changed", "locale": "", "time_zone": "",
        "is_active": "on", "is_staff": "on", "is_superuser": "on", "roles": '["moderator"]',
        "groups": [Group.objects.get().pk],
        "user_permissions": [*Permission.objects.values_list("pk", flat=True)[:1]],
    }  # fmt: skip

    changed = client.post(page_of(User, "change", learner.pk), facts)

    learner.refresh_from_db()
    assert (changed.status_code, learner.name) == (302, "Changed")
    assert (learner.is_staff, learner.is_superuser, learner.roles) == (False, False, [])
    assert not learner.groups.exists()
    assert not learner.user_permissions.exists()
    for person in (boss, staff):
        sent = facts | {"email": "mine@example.org"}
        assert client.post(page_of(User, "change", person.pk), sent).status_code == 403
        password = reverse("admin:auth_user_password_change", args=[person.pk])
        new = {"password1": "another harbour", "password2": "another harbour"}
        assert client.post(password, new).status_code == 403
        assert client.post(page_of(User, "delete", person.pk), {"post": "yes"}).status_code == 403
    assert client.post(page_of(Group, "add"), {"name": "Mine"}).status_code == 403
    bosses = EmailAddress.objects.get(user=boss)
    assert (
        client.post(page_of(EmailAddress, "change", bosses.pk), {"email": "x"}).status_code == 403
    )
    mine = EmailAddress.objects.create(user=boss, email="mine@example.org", verified=False)
    chosen = {"action": "confirm_chosen", "_selected_action": [mine.pk]}
    client.post(page_of(EmailAddress, "changelist"), chosen)
    mine.refresh_from_db()
    assert not mine.verified


def test_signing_in_is_the_site_s(client: Client) -> None:
    """Visitors are led to the one form with its second factor; learners are refused."""
    answer = client.get("/admin/", follow=True)
    assert answer.redirect_chain[-1][0] == "/accounts/login/?next=/admin/"

    assert browser(make_user("lena@example.org")).get("/admin/login/").status_code == 403
