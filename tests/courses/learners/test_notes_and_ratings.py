"""Bookmarks, private notes, and ratings by those who did at least half."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from courses.authoring.loading import load
from courses.learners.notes import write_note
from courses.learners.progress import record_completion, record_lesson_read, record_quiz_passed
from courses.learners.ratings import rate
from courses.models import Bookmark, Lesson, Note, Rating, User
from courses.privacy.erasure import Certificates, erase

if TYPE_CHECKING:
    from courses.models import Course
    from tests.courses.material import Material

LESSON = "/courses/tiny/page-1/"


@pytest.fixture
def visitor(learner: User) -> Client:
    """A browser in which the learner is signed in."""
    client = Client()
    client.force_login(learner)
    return client


def do_half(user: User) -> None:
    """Do two of the three parts."""
    lesson = Lesson.objects.select_related("course").get(slug="page-1")
    record_lesson_read(user=user, lesson=lesson)
    record_quiz_passed(user=user, lesson=lesson)
    record_completion(user=user, exercise_slug="toy")


def test_a_bookmark_is_put_and_taken_away(course: Course, visitor: Client) -> None:
    """It stands on the page and on the dashboard, once."""
    for _twice in range(2):
        visitor.post(f"{LESSON}bookmark/", {"kept": "yes"})
    assert Bookmark.objects.count() == 1
    assert "Bookmarked" in visitor.get(LESSON).content.decode()
    assert LESSON in visitor.get("/dashboard/").content.decode()

    visitor.post(f"{LESSON}bookmark/", {"kept": "no"})
    assert not Bookmark.objects.exists()


def test_a_note_is_private(course: Course, learner: User, visitor: Client) -> None:
    """Its learner sees it on the page and on the dashboard; nobody else does."""
    visitor.post(f"{LESSON}note/", {"text": "My <b>quokka</b>."})

    assert "My &lt;b&gt;quokka&lt;/b&gt;." in visitor.get(LESSON).content.decode()
    assert "quokka" in visitor.get("/dashboard/").content.decode()
    assert "quokka" not in Client().get(LESSON).content.decode()
    other = Client()
    other.force_login(User.objects.create_user("other@example.org"))
    assert "quokka" not in other.get(LESSON).content.decode()


def test_an_empty_note_goes_and_a_long_one_is_refused(course: Course, learner: User) -> None:
    """Saving nothing removes the note; ten thousand characters are enough."""
    lesson = Lesson.objects.get(slug="page-1")
    write_note(user=learner, lesson=lesson, text="a")
    with pytest.raises(ValidationError):
        write_note(user=learner, lesson=lesson, text="a" * 10_001)
    assert Note.objects.get().text == "a"

    write_note(user=learner, lesson=lesson, text="  ")
    assert not Note.objects.exists()


def test_a_note_as_long_as_the_page_allows_is_saved(course: Course, visitor: Client) -> None:
    """Browsers count the end of a line once and send it as two signs."""
    visitor.post(f"{LESSON}note/", {"text": "a\r\n" * 4_998 + "end"})

    assert len(Note.objects.get().text) == 2 * 4_998 + 3


@pytest.mark.parametrize("address", ["/kept/", "/dashboard/"])
def test_what_is_kept_takes_as_many_queries_for_many_as_for_one(
    material: Material, learner: User, visitor: Client, address: str
) -> None:
    """All bookmarks and notes stand on a page of their own, the latest on the dashboard too."""
    load(material.course(lessons=30).root)
    lessons = list(Lesson.objects.order_by("folder"))

    def queries() -> int:
        visitor.get(address)
        with CaptureQueriesContext(connection) as captured:
            assert visitor.get(address).status_code == 200
        return len(captured)

    def keep_and_note(some: list[Lesson]) -> None:
        Bookmark.objects.bulk_create(Bookmark(user=learner, lesson=lesson) for lesson in some)
        Note.objects.bulk_create(Note(user=learner, lesson=lesson, text="a") for lesson in some)

    keep_and_note(lessons[:1])
    few = queries()
    keep_and_note(lessons[1:])

    assert queries() == few <= 12
    if address == "/kept/":
        text = visitor.get(address).content.decode()
        assert text.count("<h3") == 20
        assert "page=2" in text
        assert "/courses/tiny/page-30/" in text


def test_an_empty_page_of_what_is_kept_says_where_to_begin(visitor: Client) -> None:
    """Nobody is left before an empty list."""
    text = visitor.get("/kept/").content.decode()

    assert "No bookmarks yet." in text
    assert "No notes yet." in text


def test_who_did_half_may_rate(course: Course, learner: User, visitor: Client) -> None:
    """Not before; the second rating replaces the first; the course shows the mean."""
    with pytest.raises(ValidationError):
        rate(user=learner, course=course, stars=5)
    assert "Rate this course" not in visitor.get("/courses/tiny/").content.decode()

    do_half(learner)
    visitor.post("/courses/tiny/rating/", {"stars": "5"})
    visitor.post("/courses/tiny/rating/", {"stars": "4"})

    assert Rating.objects.get().stars == 4
    for address in ("/courses/tiny/", "/courses/"):
        assert "★ 4.0" in Client().get(address).content.decode()

    erase(user=learner, certificates=Certificates.KEEP)
    course.refresh_from_db()
    assert (course.rating_mean, course.rating_count) == (0.0, 0)


@pytest.mark.parametrize("stars", ["0", "6", "-1", "five", "", "٣", "1" * 50])
def test_other_stars_are_refused(
    course: Course, learner: User, visitor: Client, stars: str
) -> None:
    """One to five; anything else is a message and no rating."""
    do_half(learner)

    answer = visitor.post("/courses/tiny/rating/", {"stars": stars}, follow=True)

    assert "Choose one to five stars." in answer.content.decode()
    assert not Rating.objects.exists()
