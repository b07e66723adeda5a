"""Moderation in a class: who may act on whose posts, and what its home and audit show."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from classes.models import AuditEntry, Member, Role
from courses.discussion import moderation, posts, reports
from courses.discussion.authority import may_moderate
from courses.models import Post, User
from tests.classes.material import make_class, make_course, make_member, make_user, schedule

if TYPE_CHECKING:
    from classes.models import Class

pytestmark = pytest.mark.django_db


@pytest.fixture
def klass() -> Class:
    """A class with a part, one of each role."""
    found = make_class(make_course())
    schedule(found, "exercise:lime")
    for role in Role:
        make_member(found, f"{role}@example.org", role)
    return found


@pytest.fixture
def question(klass: Class) -> Post:
    """A question of the class's learner on its part, reported by a stranger."""
    author = User.objects.get(email="learner@example.org")
    asked = posts.ask(author=author, subject="exercise:lime", title="Buy okapis", body="Cheap.")
    reports.report(reporter=make_user("stranger@example.org"), post=asked, reason="An advert.")
    return asked


def who(role: str) -> User:
    """Return the member with this role."""
    return User.objects.get(email=f"{role}@example.org")


def browser(user: User) -> Client:
    """Return a browser in which somebody is signed in."""
    client = Client()
    client.force_login(user)
    return client


def test_instructors_and_assistants_moderate_their_learners_posts(question: Post) -> None:
    """Observers, learners and strangers do not."""
    may = {role for role in [*Role.values, "stranger"] if may_moderate(who(role), question)}

    assert may == {"instructor", "assistant"}


@pytest.mark.parametrize("change", ["another part", "author left", "teacher left", "archived"])
def test_what_is_not_the_class_s_is_not_moderated(
    klass: Class, question: Post, change: str
) -> None:
    """A part that is not scheduled, a former member, a class that is archived."""
    if change == "another part":
        question.subject = "exercise:treeshap"
    elif change == "archived":
        klass.archived_at = timezone.now()
        klass.save()
    else:
        leaver = "learner@example.org" if change == "author left" else "assistant@example.org"
        Member.objects.filter(email=leaver).update(left_at=timezone.now())

    assert not may_moderate(who("assistant"), question)


def test_a_post_of_somebody_who_teaches_is_not_moderated_by_colleagues(klass: Class) -> None:
    """Only learners' posts are; the site's moderators are there for the rest."""
    asked = posts.ask(author=who("instructor"), subject="exercise:lime", title="Hm", body="So?")

    assert not may_moderate(who("assistant"), asked)


def test_the_home_says_what_waits_and_the_inbox_lists_it(klass: Class, question: Post) -> None:
    """Counts with links; the learner's page has neither."""
    home = browser(who("assistant")).get(reverse("classes:home", args=[klass.pk]))
    inbox = browser(who("assistant")).get(reverse("classes:moderation", args=[klass.pk]))

    assert (home.context["questions_count"], home.context["reports_count"]) == (1, 1)
    assert f"/posts/{question.pk}/moderation/" in home.content.decode()
    assert "An advert." in inbox.content.decode()
    observer = browser(who("observer"))
    assert observer.get(reverse("classes:moderation", args=[klass.pk])).status_code == 403
    seen = observer.get(reverse("classes:home", args=[klass.pk])).content.decode()
    assert "An advert." not in seen
    assert "Reported posts" not in seen


def test_what_is_done_stands_in_the_class_s_audit(klass: Class, question: Post) -> None:
    """Whoever did it: an assistant of the class, or a moderator of the site."""
    browser(who("assistant")).post(
        f"/posts/{question.pk}/moderation/", {"action": "hide", "reason": "An advert."}
    )
    site_moderator = make_user("mo@example.org", roles=["moderator"])
    question.refresh_from_db()
    moderation.show(actor=site_moderator, post=question)

    entries = AuditEntry.objects.filter(klass=klass).order_by("pk")
    assert [(entry.action, entry.actor) for entry in entries] == [
        ("post.hidden", who("assistant")),
        ("report.resolved", who("assistant")),
        ("post.shown", site_moderator),
    ]
    page = browser(who("instructor")).get(reverse("classes:audit", args=[klass.pk]))
    assert "Post hidden" in page.content.decode()


def test_hidden_and_closed_questions_wait_for_nobody(klass: Class, question: Post) -> None:
    """They are no open questions of the class, on its home and in the API."""
    client = browser(who("assistant"))
    address = reverse("api:class-moderation", args=[klass.pk])
    assert client.get(address).json()["counts"] == {"questions": 1, "reports": 1, "edited": 0}

    moderation.hide(actor=who("assistant"), post=question, reason="-")

    assert client.get(address).json()["counts"] == {"questions": 0, "reports": 0, "edited": 0}
    home = client.get(reverse("classes:home", args=[klass.pk]))
    assert (home.context["questions_count"], home.context["reports_count"]) == (0, 0)
    for role, status in (("observer", 403), ("learner", 403), ("stranger", 404)):
        assert browser(who(role)).get(address).status_code == status
