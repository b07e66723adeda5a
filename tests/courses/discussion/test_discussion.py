"""Questions and answers: who may do what, what is hidden, and what can be undone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from courses.discussion import posts
from courses.discussion.models import Post, Report
from courses.learners.progress import record_completion
from courses.models import User

if TYPE_CHECKING:
    from courses.models import Course

LESSON = "/courses/tiny/page-1/discussion/"
EXERCISE = "/exercises/toy/discussion/"
SUBJECT = "exercise:toy"


@pytest.fixture
def helper(db: None) -> User:
    """Somebody who answers."""
    return User.objects.create_user("hans@example.org", name="Hans Helper")


def browser(user: User) -> Client:
    """Return a browser in which somebody is signed in."""
    client = Client()
    client.force_login(user)
    return client


def test_a_question_is_asked_and_answered(course: Course, learner: User, helper: User) -> None:
    """The whole way by page: ask, answer, accept; the list then says that it is answered."""
    asked = browser(learner).post(
        LESSON, {"title": "Why $x$?", "body": "I see `x` and *wonder*."}, follow=True
    )
    question = Post.objects.get()
    assert "<code>x</code> and <em>wonder</em>" in asked.content.decode()
    assert question.subject == "lesson:tiny/page-1"

    browser(helper).post(f"/questions/{question.pk}/", {"body": "Because $x^2$."})
    answer = Post.objects.exclude(pk=question.pk).get()
    assert "<msup>" in answer.html

    browser(learner).post(f"/posts/{answer.pk}/", {"action": "accept"})
    question.refresh_from_db()
    assert question.accepted == answer
    assert "Answered" in Client().get(LESSON).content.decode()
    assert "Discussion (1)" in Client().get("/courses/tiny/page-1/").content.decode()


@pytest.mark.parametrize(
    "data",
    [
        {"title": "", "body": "x"},
        {"title": "x", "body": " "},
        {"title": "x", "body": "y" * 10_001},
        {"title": "x" * 201, "body": "y"},
        {"title": "x", "body": "$\\nosuch$"},
        {"title": "x", "body": "![me](https://example.org/me.png)"},
    ],
)
def test_a_post_that_cannot_stand_is_refused_and_kept_in_the_form(
    course: Course, learner: User, data: dict[str, str]
) -> None:
    """Empty, too long, a wrong formula, a picture: the form says why; nothing is posted."""
    answer = browser(learner).post(LESSON, data)

    assert answer.status_code == 422
    assert 'class="errorlist"' in answer.content.decode()
    assert not Post.objects.exists()


def test_no_script_comes_through_a_post(course: Course, learner: User) -> None:
    """What people write is text or harmless marks."""
    question = posts.ask(
        author=learner,
        subject=SUBJECT,
        title="<script>a</script>",
        body="<img src=x onerror=a> [a](javascript:b)",
    )

    page = Client().get(f"/questions/{question.pk}/").content.decode()

    assert "<script>a" not in page
    assert "<img src=x" not in page
    assert 'href="javascript' not in page


def test_posting_needs_an_account(course: Course) -> None:
    """A visitor who posts is led to the sign-in page."""
    answer = Client().post(LESSON, {"title": "a", "body": "b"})

    assert answer.headers["Location"].startswith("/accounts/login/")
    assert not Post.objects.exists()


def test_spoilers_are_hidden_until_one_has_passed(
    course: Course, learner: User, helper: User
) -> None:
    """The text of a solution is not even sent to those who have not passed."""
    question = posts.ask(author=learner, subject=SUBJECT, title="How?", body="Tell me.")
    posts.answer(author=helper, question=question, body="Use okapi().", spoiler=True)
    address = f"/questions/{question.pk}/"

    assert "okapi" not in Client().get(address).content.decode()
    assert "okapi" not in browser(learner).get(address).content.decode()
    assert "okapi" in browser(helper).get(address).content.decode()

    record_completion(user=learner, exercise_slug="toy")
    assert "okapi" in browser(learner).get(address).content.decode()


def test_a_deleted_post_can_be_restored(course: Course, learner: User, helper: User) -> None:
    """Deleting hides the text and keeps the row; whoever deleted it may restore it."""
    question = posts.ask(author=learner, subject=SUBJECT, title="How?", body="An okapi.")
    posts.answer(author=helper, question=question, body="So.")
    address = f"/questions/{question.pk}/"

    browser(learner).post(f"/posts/{question.pk}/", {"action": "delete"})
    page = Client().get(address).content.decode()
    assert "okapi" not in page
    assert "So." in page
    assert "This question was deleted" in page

    browser(learner).post(f"/posts/{question.pk}/", {"action": "restore"})
    assert "okapi" in Client().get(address).content.decode()


def test_only_those_concerned_may_accept_delete_and_restore(
    course: Course, learner: User, helper: User
) -> None:
    """Strangers may do none of it; staff may; an author cannot undo the staff's deletion."""
    question = posts.ask(author=learner, subject=SUBJECT, title="How?", body="So?")
    answer = posts.answer(author=helper, question=question, body="So.")
    stranger = User.objects.create_user("stranger@example.org")
    staff = User.objects.create_user("staff@example.org", is_staff=True)
    for action in ("accept", "delete", "restore"):
        assert browser(stranger).post(f"/posts/{answer.pk}/", {"action": action}).status_code == 403
    with pytest.raises(PermissionDenied):
        posts.accept(user=helper, post=answer)

    posts.delete(user=staff, post=answer)
    answer.refresh_from_db()
    with pytest.raises(PermissionDenied):
        posts.restore(user=helper, post=answer)
    posts.restore(user=staff, post=answer)


def test_a_deleted_question_takes_no_answers(course: Course, learner: User) -> None:
    """Nor does an answer."""
    question = posts.ask(author=learner, subject=SUBJECT, title="How?", body="So?")
    answer = posts.answer(author=learner, question=question, body="So.")
    with pytest.raises(ValidationError):
        posts.answer(author=learner, question=answer, body="And?")

    posts.delete(user=learner, post=question)
    question.refresh_from_db()
    with pytest.raises(ValidationError):
        posts.answer(author=learner, question=question, body="And?")


def test_a_report_reaches_the_staff_once(course: Course, learner: User, helper: User) -> None:
    """A reason is needed; a second report of the same person changes nothing."""
    question = posts.ask(author=learner, subject=SUBJECT, title="How?", body="So?")
    client = browser(helper)
    for reason in ("", "It is an advertisement.", "Again"):
        client.post(f"/posts/{question.pk}/", {"action": "report", "reason": reason})

    assert [report.reason for report in Report.objects.all()] == ["It is an advertisement."]


def test_posts_are_slowed_down(course: Course, learner: User) -> None:
    """After twenty posts within an hour the next one waits."""
    for _number in range(posts.MOST_POSTS_AN_HOUR):
        posts.ask(author=learner, subject=SUBJECT, title="How?", body="So?")

    with pytest.raises(ValidationError):
        posts.ask(author=learner, subject=SUBJECT, title="How?", body="So?")


def test_discussions_take_the_same_queries_for_many(
    course: Course, learner: User, helper: User
) -> None:
    """Lists and threads do not grow in queries."""
    question = posts.ask(author=learner, subject=SUBJECT, title="How?", body="So?")
    posts.answer(author=helper, question=question, body="So.")
    client = browser(learner)

    def queries(address: str) -> int:
        with CaptureQueriesContext(connection) as captured:
            assert client.get(address).status_code == 200
        return len(captured)

    addresses = [EXERCISE, f"/questions/{question.pk}/"]
    few = [queries(address) for address in addresses]
    for number in range(8):
        other = User.objects.create_user(f"{number}@example.org")
        posts.ask(author=other, subject=SUBJECT, title="How?", body="So?")
        posts.answer(author=other, question=question, body="So.")

    assert [queries(address) for address in addresses] == few
    assert max(few) <= 12


def test_an_unknown_subject_has_no_discussion(course: Course) -> None:
    """Only what is taught is discussed."""
    for address in ("/exercises/none/discussion/", "/courses/tiny/none/discussion/"):
        assert Client().get(address).status_code == 404


def test_what_somebody_wrote_outlives_the_account(course: Course, learner: User) -> None:
    """A question stays for those whom it helps; the name goes."""
    question = posts.ask(author=learner, subject=SUBJECT, title="How?", body="So?")
    learner.delete()

    page = Client().get(f"/questions/{question.pk}/").content.decode()

    assert "deleted user" in page
    assert "Lena" not in page


def test_answers_are_paged_and_an_answer_s_address_finds_its_page(
    course: Course, learner: User, helper: User
) -> None:
    """Twenty answers a page, the accepted one first; whoever answers sees the own answer."""
    question = posts.ask(author=learner, subject=SUBJECT, title="Why?", body="Say.")
    Post.objects.bulk_create(
        Post(subject=SUBJECT, author=helper, question=question, body=f"{at}", html=f"<p>A{at}.</p>")
        for at in range(25)
    )
    posts.accept(user=learner, post=Post.objects.get(html="<p>A24.</p>"))

    first = browser(learner).get(f"/questions/{question.pk}/").content.decode()
    answered = browser(learner).post(
        f"/questions/{question.pk}/", {"body": "The last word."}, follow=True
    )

    assert first.index("A24.") < first.index("A0.")
    assert "A18." in first
    assert "A19." not in first
    assert "The last word." in answered.content.decode()
    assert "A24." not in answered.content.decode()
