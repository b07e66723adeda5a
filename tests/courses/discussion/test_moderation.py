"""Moderators of the site: hiding, closing, warning, resolving; what each shows, mails and notes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from django.core import mail
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from courses.discussion import inbox, moderation, posts, reports, subscriptions
from courses.discussion.models import ModeratorWarning, Post, Report
from courses.discussion.reports import PostRefused
from courses.models import SiteChange, User

if TYPE_CHECKING:
    from courses.models import Course

SUBJECT = "exercise:toy"
LIST = "/exercises/toy/discussion/"


@pytest.fixture
def question(course: Course, learner: User) -> Post:
    """A question of the learner's."""
    return posts.ask(author=learner, subject=SUBJECT, title="Buy okapis", body="Cheap okapis.")


@pytest.fixture
def moderator(db: None) -> User:
    """A moderator of the site."""
    return User.objects.create_user("mo@example.org", name="Mo", roles=["moderator"])


@pytest.fixture
def helper(db: None) -> User:
    """Somebody who answers and reports."""
    return User.objects.create_user("hans@example.org", name="Hans Helper")


def browser(user: User) -> Client:
    """Return a browser in which somebody is signed in."""
    client = Client()
    client.force_login(user)
    return client


def test_a_hidden_post_is_gone_for_all_but_its_author_who_reads_why(
    question: Post, learner: User, moderator: User, helper: User
) -> None:
    """Title and text are in no page; the author reads the reason there and by email."""
    address = f"/questions/{question.pk}/"

    browser(moderator).post(
        f"/posts/{question.pk}/moderation/", {"action": "hide", "reason": "An advertisement."}
    )

    for client in (Client(), browser(helper)):
        for page in (client.get(address), client.get(LIST)):
            assert "okapis" not in page.content.decode()
            assert "An advertisement." not in page.content.decode()
    own = browser(learner).get(address).content.decode()
    assert "Cheap okapis." in own
    assert "An advertisement." in own
    assert "An advertisement." in browser(learner).get("/notices/").content.decode()
    assert [(one.to, "An advertisement." in one.body) for one in mail.outbox] == [
        ([learner.email], True)
    ]
    entry = SiteChange.objects.get()
    assert (entry.action, entry.actor, entry.person) == ("post.hidden", moderator, learner)


def test_a_hidden_or_closed_question_takes_no_answers(
    question: Post, moderator: User, helper: User
) -> None:
    """By page 409 with the text kept to copy; after reopening, it goes through."""
    moderation.close(actor=moderator, question=question)

    refused = browser(helper).post(f"/questions/{question.pk}/", {"body": "A long answer."})

    assert refused.status_code == 409
    assert "A long answer." in refused.content.decode()
    assert not question.answers.exists()
    moderation.reopen(actor=moderator, question=question)
    question.refresh_from_db()
    moderation.hide(actor=moderator, post=question, reason="-")
    with pytest.raises(PostRefused):
        posts.answer(author=helper, question=question, body="So.")
    moderation.show(actor=moderator, post=question)
    question.refresh_from_db()
    posts.answer(author=helper, question=question, body="So.")


def test_an_answer_that_raced_with_closing_is_refused(
    question: Post, moderator: User, helper: User
) -> None:
    """The question that was read before the thread was closed does not let it through."""
    as_read = Post.objects.get(pk=question.pk)
    moderation.close(actor=moderator, question=question)

    with pytest.raises(PostRefused):
        posts.answer(author=helper, question=as_read, body="So.")


def test_who_may_not_moderate_is_refused_everywhere(question: Post, helper: User) -> None:
    """The page, each action, and the functions below."""
    author = User.objects.create_user("author@example.org", roles=["author", "instructor"])
    for user in (helper, author):
        address = f"/posts/{question.pk}/moderation/"
        assert browser(user).get(address).status_code == 403
        for action in ("hide", "show", "close", "reopen", "warn", "resolve", ""):
            assert browser(user).post(address, {"action": action}).status_code == 403
        with pytest.raises(PermissionDenied):
            moderation.hide(actor=user, post=question, reason="-")
        with pytest.raises(PermissionDenied):
            reports.resolve(actor=user, post=question, outcome="upheld")


def test_two_moderators_at_once(question: Post, moderator: User) -> None:
    """The second is told that it was done already; the audit has it once."""
    other = User.objects.create_user("other@example.org", roles=["moderator"])
    address = f"/posts/{question.pk}/moderation/"
    first = browser(moderator).post(address, {"action": "hide", "reason": "Rude."})

    second = browser(other).post(address, {"action": "hide", "reason": "Also rude."})

    assert (first.status_code, second.status_code) == (302, 409)
    question.refresh_from_db()
    assert question.hidden_reason == "Rude."
    assert SiteChange.objects.count() == 1


@pytest.mark.parametrize("reason", ["", "  ", "x" * 501])
def test_hiding_needs_a_reason(question: Post, moderator: User, reason: str) -> None:
    """The author shall know why."""
    address = f"/posts/{question.pk}/moderation/"

    assert browser(moderator).post(address, {"action": "hide", "reason": reason}).status_code == 422
    question.refresh_from_db()
    assert question.hidden_at is None


def test_a_report_is_resolved_with_an_outcome(
    question: Post, moderator: User, helper: User
) -> None:
    """Who, when and what was found; the post stays when the report was not justified."""
    reports.report(reporter=helper, post=question, reason="I don't like it.")
    assert inbox.counts(Post.objects.all()).reports == 1

    browser(moderator).post(
        f"/posts/{question.pk}/moderation/",
        {"action": "resolve", "outcome": "dismissed", "note": "On topic."},
    )

    found = Report.objects.get()
    assert (found.outcome, found.settled_by, found.note) == ("dismissed", moderator, "On topic.")
    assert found.settled_at is not None
    assert inbox.counts(Post.objects.all()).reports == 0
    with pytest.raises(PostRefused):
        reports.resolve(actor=moderator, post=question, outcome="upheld")


def test_hiding_resolves_the_reports(question: Post, moderator: User, helper: User) -> None:
    """They were justified, and the inbox is empty."""
    reports.report(reporter=helper, post=question, reason="Spam.")

    moderation.hide(actor=moderator, post=question, reason="Spam.")

    assert Report.objects.get().outcome == "upheld"


def test_reports_have_their_limits(question: Post, learner: User, helper: User) -> None:
    """Not one's own, once a person, not of what is gone; again after an edit; not too many."""

    def refused(user: User) -> str:
        try:
            reports.report(reporter=user, post=Post.objects.get(pk=question.pk), reason="Spam.")
        except PostRefused as refusal:
            return refusal.reason
        return "taken"

    assert refused(learner) == "own"
    assert [refused(helper), refused(helper)] == ["taken", "already_reported"]
    staff = User.objects.create_superuser("root@example.org", "x")
    reports.resolve(actor=staff, post=question, outcome="dismissed")
    assert refused(helper) == "already_reported"
    posts.edit(author=learner, post=question, version=1, title="Now", body="It is spam.")
    assert refused(helper) == "taken"
    moderation.hide(actor=staff, post=question, reason="-")
    assert refused(helper) == "hidden"
    posts.delete(user=learner, post=question)
    assert refused(helper) == "deleted"
    *others, last = [
        Post.objects.create(subject=SUBJECT, author=learner, title="x", body="x", html="x")
        for _number in range(reports.MOST_REPORTS_AN_HOUR)
    ]
    for other in others:
        reports.report(reporter=helper, post=other, reason="Spam.")
    with pytest.raises(ValidationError):
        reports.report(reporter=helper, post=last, reason="Spam.")
    assert Report.objects.filter(reporter=helper).count() == reports.MOST_REPORTS_AN_HOUR


def test_a_warning_is_mailed_and_kept(question: Post, learner: User, moderator: User) -> None:
    """The person finds it on the dashboard and its page, and says to have read it."""
    browser(moderator).post(
        f"/posts/{question.pk}/moderation/", {"action": "warn", "message": "No adverts, please."}
    )

    given = ModeratorWarning.objects.get()
    client = browser(learner)
    assert ([learner.email], True) in [(one.to, given.message in one.body) for one in mail.outbox]
    assert "/notices/" in client.get("/dashboard/").content.decode()
    assert given.message in client.get("/notices/").content.decode()
    client.post("/notices/", {"warning": str(given.pk)})
    given.refresh_from_db()
    assert given.read_at is not None
    assert "You have a message" not in client.get("/dashboard/").content.decode()
    stranger = browser(User.objects.create_user("s@example.org"))
    assert given.message not in stranger.get("/notices/").content.decode()
    ModeratorWarning.objects.update(read_at=None)
    stranger.post("/notices/", {"warning": str(given.pk)})
    given.refresh_from_db()
    assert given.read_at is None


def test_what_waits_is_what_nobody_has_answered(
    question: Post, learner: User, helper: User, moderator: User
) -> None:
    """The asker's own answer does not count, nor a hidden one; closed, hidden, answered is done."""

    def waiting() -> list[Post]:
        return list(inbox.unanswered(Post.objects.all()))

    posts.answer(author=learner, question=question, body="Anybody?")
    assert waiting() == [question]
    answer = posts.answer(author=helper, question=question, body="So.")
    assert waiting() == []
    moderation.hide(actor=moderator, post=answer, reason="-")
    assert waiting() == [question]
    moderation.close(actor=moderator, question=question)
    assert waiting() == []


def test_a_hidden_post_that_was_edited_comes_back_to_the_inbox(
    question: Post, learner: User, moderator: User
) -> None:
    """A moderator looks whether it can be shown again."""
    moderation.hide(actor=moderator, post=question, reason="Rude.")
    assert inbox.counts(Post.objects.all()).edited == 0
    posts.edit(author=learner, post=question, version=1, title="Please", body="Kinder.")

    page = browser(moderator).get("/moderation/").content.decode()

    assert "Hidden, then edited" in page
    assert inbox.counts(Post.objects.all()).edited == 1


def test_those_who_only_answer_see_no_reports(
    question: Post, helper: User, moderator: User
) -> None:
    """An assistant of the site gets the open questions; a learner gets 403."""
    reports.report(reporter=helper, post=question, reason="A secret reason.")
    assistant = User.objects.create_user("assi@example.org", roles=["assistant"])

    page = browser(assistant).get("/moderation/").content.decode()

    assert "Buy okapis" in page
    assert "A secret reason." not in page
    assert "A secret reason." in browser(moderator).get("/moderation/").content.decode()
    assert browser(helper).get("/moderation/").status_code == 403


def test_answers_are_mailed_by_wish(
    question: Post, learner: User, helper: User, moderator: User
) -> None:
    """To whoever asked and follows, unless they do not want it; never to whoever answered."""

    def mailed_for(author: User, *, spoiler: bool = False) -> set[str]:
        mail.outbox.clear()
        posts.answer(author=author, question=question, body="Use zebra().", spoiler=spoiler)
        return {one.to[0] for one in mail.outbox}

    assert mailed_for(helper) == {learner.email}
    assert "zebra" in mail.outbox[0].body
    subscriptions.follow(user=moderator, question=question, following=True)
    assert mailed_for(helper, spoiler=True) == {learner.email, moderator.email}
    assert all("zebra" not in one.body for one in mail.outbox)
    subscriptions.follow(user=learner, question=question, following=False)
    assert mailed_for(helper) == {moderator.email}
    User.objects.filter(pk=moderator.pk).update(mail_answers=False)
    assert mailed_for(helper) == set()
    subscriptions.follow(user=learner, question=question, following=True)
    assert mailed_for(learner) == set()


def test_the_inbox_takes_the_same_queries_for_many(
    question: Post, helper: User, moderator: User
) -> None:
    """Lists do not grow in queries."""
    reports.report(reporter=helper, post=question, reason="Spam.")
    client = browser(moderator)

    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert client.get("/moderation/").status_code == 200
        return len(captured)

    few = queries()
    for number in range(8):
        other = User.objects.create_user(f"{number}@example.org")
        asked = posts.ask(author=other, subject=SUBJECT, title="How?", body="So?")
        reports.report(reporter=helper, post=asked, reason="Spam.")

    assert queries() == few
    assert few <= 12
