"""Editing one's own post: marked, kept, guarded against two windows, refused when too late."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.test import Client

from courses.discussion import moderation, posts
from courses.discussion.reports import PostRefused
from courses.models import User

if TYPE_CHECKING:
    from courses.discussion.models import Post
    from courses.models import Course

SUBJECT = "exercise:toy"


@pytest.fixture
def question(course: Course, learner: User) -> Post:
    """A question of the learner's."""
    return posts.ask(author=learner, subject=SUBJECT, title="Why?", body="An okapi.")


@pytest.fixture
def moderator(db: None) -> User:
    """A moderator of the site."""
    return User.objects.create_user("mo@example.org", name="Mo", roles=["moderator"])


def browser(user: User) -> Client:
    """Return a browser in which somebody is signed in."""
    client = Client()
    client.force_login(user)
    return client


def test_an_edit_is_marked_and_what_was_said_before_is_kept_for_moderators(
    question: Post, learner: User, moderator: User
) -> None:
    """Everybody sees that it was edited; only moderators read the earlier text."""
    sent = {"title": "Why so?", "body": "A *zebra*.", "version": 1}

    shown = browser(learner).post(f"/posts/{question.pk}/edit/", sent, follow=True)

    page = Client().get(f"/questions/{question.pk}/").content.decode()
    assert shown.status_code == 200
    assert "<em>zebra</em>" in page
    assert ">edited</span>" in page
    assert "okapi" not in page
    history = f"/posts/{question.pk}/history/"
    assert "An okapi." in browser(moderator).get(history).content.decode()
    assert browser(learner).get(history).status_code == 403


def test_the_second_of_two_windows_is_told_and_loses_nothing(question: Post, learner: User) -> None:
    """409 with the present text beside one's own; saving again is then meant."""
    address, client = f"/posts/{question.pk}/edit/", browser(learner)
    client.post(address, {"title": "Why?", "body": "From one window.", "version": 1})

    refused = client.post(address, {"title": "Why?", "body": "From the other.", "version": 1})

    assert refused.status_code == 409
    page = refused.content.decode()
    assert "From one window." in page
    assert "From the other." in page
    question.refresh_from_db()
    assert (question.body, question.version) == ("From one window.", 2)
    client.post(address, {"title": "Why?", "body": "From the other.", "version": 2})
    question.refresh_from_db()
    assert (question.body, question.version) == ("From the other.", 3)


def test_nobody_edits_another_s_post(question: Post, moderator: User) -> None:
    """A moderator hides; words are changed by their author only."""
    with pytest.raises(PermissionDenied):
        posts.edit(author=moderator, post=question, version=1, title="x", body="x")
    assert browser(moderator).get(f"/posts/{question.pk}/edit/").status_code == 403


@pytest.mark.parametrize("body", ["", "y" * 10_001, "y" * 100_000, "$\\nosuch$"])
def test_an_edit_that_cannot_stand_is_refused(question: Post, learner: User, body: str) -> None:
    """As a new post would be, of 100 kB too; the old text stays, without a version more."""
    sent = {"title": "Why?", "body": body, "version": 1}

    assert browser(learner).post(f"/posts/{question.pk}/edit/", sent).status_code == 422
    question.refresh_from_db()
    assert (question.body, question.versions.count()) == ("An okapi.", 0)


def test_a_deleted_post_and_a_closed_thread_are_not_edited(
    question: Post, learner: User, moderator: User
) -> None:
    """Each is refused with its reason; a hidden post can be edited, and stays hidden."""

    def edited(body: str) -> str:
        try:
            question.refresh_from_db()
            posts.edit(
                author=learner, post=question, version=question.version, title="x", body=body
            )
        except PostRefused as refusal:
            return refusal.reason
        return "saved"

    moderation.hide(actor=moderator, post=question, reason="rude")
    assert edited("Kinder.") == "saved"
    assert question.hidden_at is not None
    moderation.close(actor=moderator, question=question)
    assert edited("More.") == "closed"
    moderation.reopen(actor=moderator, question=question)
    posts.delete(user=learner, post=question)
    assert edited("More.") == "deleted"


def test_saving_the_same_again_is_no_edit(question: Post, learner: User) -> None:
    """Without a change there is no mark and no version."""
    posts.edit(author=learner, post=question, version=1, title="Why?", body=" An okapi. ")

    question.refresh_from_db()
    assert (question.edited_at, question.version) == (None, 1)


def test_edits_are_slowed_down(question: Post, learner: User) -> None:
    """Each keeps a version: after forty within an hour the next one waits."""
    for number in range(posts.MOST_EDITS_AN_HOUR):
        question.versions.create(number=number + 1, body="-")

    with pytest.raises(ValidationError):
        posts.edit(author=learner, post=question, version=1, title="x", body="x")
