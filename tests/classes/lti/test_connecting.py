"""An instructor connects a class with its course in the LMS, without the site's staff."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from django.test import Client
from django.urls import reverse

from classes.lti import class_links
from classes.lti.models import Context, TaughtContext
from classes.models import AuditEntry, Member, Role
from tests.classes.lti.test_launches import linked
from tests.classes.material import make_class, make_member, make_user

if TYPE_CHECKING:
    from classes.models import Class
    from courses.models import Course, User
    from tests.classes.lti.platform_process import Person, PlatformProcess


def browser_of(user: User | None) -> Client:
    """A browser in which somebody is signed in."""
    client = Client()
    assert user is not None
    client.force_login(user)
    return client


def address(klass: Class) -> str:
    """The page on which a class is connected."""
    return reverse("classes:lms", args=[klass.pk])


def test_who_teaches_the_course_there_connects_the_class_here(
    lms: PlatformProcess, person: Person, course: Course
) -> None:
    """One launch as its instructor is enough; learners who come from there join the class."""
    teacher = linked("t1", "ines@example.org")
    klass = make_class(course)
    make_member(klass, teacher.email, Role.INSTRUCTOR)
    client = browser_of(teacher)
    assert "Open one of the links" in client.get(address(klass)).content.decode()

    assert person.launch("t1").status_code == 200
    context = Context.objects.get()
    assert "Explainable models" in client.get(address(klass)).content.decode()
    assert client.post(address(klass), {"context": context.pk}).status_code == 302

    assert Context.objects.get().klass == klass
    assert AuditEntry.objects.get(action="lms.connected").actor == teacher
    linked("u1", "lena@example.org")
    person.session.cookies.clear()
    assert person.launch("u1").status_code == 200
    assert Member.objects.get(klass=klass, user__email="lena@example.org").role == Role.LEARNER

    released = client.post(address(klass), {"context": context.pk, "action": "release"})
    assert released.status_code == 302
    assert Context.objects.get().klass is None
    assert Member.objects.filter(klass=klass, user__email="lena@example.org").exists()


def test_a_learners_launch_offers_nothing(
    lms: PlatformProcess, person: Person, course: Course
) -> None:
    """Nor does it to somebody who instructs a class here, and learns there."""
    learner = linked("u1", "lena@example.org")
    klass = make_class(course)
    make_member(klass, learner.email, Role.INSTRUCTOR)
    person.launch("u1")
    context = Context.objects.get()

    answer = browser_of(learner).post(address(klass), {"context": context.pk})

    assert answer.status_code == 409
    assert Context.objects.get().klass is None


@pytest.fixture
def context(lms: PlatformProcess, person: Person, course: Course) -> Context:
    """A course that Ines has entered as its instructor."""
    linked("t1", "ines@example.org")
    person.launch("t1")
    return Context.objects.get()


def test_the_last_launch_says_what_one_is(context: Context) -> None:
    """Who comes back as a learner teaches there no more."""
    taught = TaughtContext.objects.get()
    class_links.note_role(context=context, user=taught.user, teaches=False)
    assert not TaughtContext.objects.exists()


def test_a_course_of_another_class_is_not_taken(context: Context) -> None:
    """Nor by an instructor who teaches it there: its class releases it first."""
    ines = TaughtContext.objects.get().user
    mine, other = make_class(), make_class(title="Another")
    make_member(mine, ines.email, Role.INSTRUCTOR)
    Context.objects.update(klass=other)
    client = browser_of(ines)

    for action in ("connect", "release"):
        facts = {"context": context.pk, "action": action}
        assert client.post(address(mine), facts).status_code == 409
    assert Context.objects.get().klass == other


def test_other_instructors_of_the_class_see_no_course_of_mine(context: Context) -> None:
    """What is offered is one's own."""
    klass = make_class(title="Mine")
    colleague = make_member(klass, "uma@example.org", Role.INSTRUCTOR).user
    client = browser_of(colleague)
    assert context.title not in client.get(address(klass)).content.decode()
    assert client.post(address(klass), {"context": context.pk}).status_code == 409
    stranger = browser_of(make_user("eve@example.org"))
    assert stranger.post(address(klass), {"context": context.pk}).status_code == 404
