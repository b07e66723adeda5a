"""What a kind of page is made of: its style sheets, its head, its lists, its navigation."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from django.test import Client

from courses.accounts.profile_form import ProfileForm
from courses.learners.enrolment import enrol
from courses.learners.progress import record_completion

if TYPE_CHECKING:
    from courses.models import Course, User

LESSON = "/courses/tiny/page-1/"


@pytest.fixture
def visitor(learner: User) -> Client:
    """A browser in which the learner is signed in."""
    client = Client()
    client.force_login(learner)
    return client


def shown(client: Client, address: str) -> str:
    """Return a page."""
    return client.get(address).content.decode()


def style_sheets(page: str) -> set[str]:
    """Return the names of the style sheets that a page loads."""
    return set(re.findall(r"/css/(\w+)[\w.]*\.css", page))


def test_a_lesson_does_not_pay_for_other_pages(course: Course, visitor: Client) -> None:
    """Lessons load the style sheet of parts, other pages that of pages, and none loads both."""
    assert {"lesson", "pages"} & style_sheets(shown(visitor, LESSON)) == {"lesson"}
    for address in ("/", "/courses/", course.get_absolute_url(), "/dashboard/", "/profile/"):
        assert {"lesson", "pages"} & style_sheets(shown(visitor, address)) == {"pages"}


def test_the_outline_tells_exercises_from_lessons(course: Course, visitor: Client) -> None:
    """By a mark and by a word, for the mark is a colour."""
    page = shown(visitor, course.get_absolute_url())
    outline = page[page.index('<ol class="outline">') :]
    items = outline[: outline.index("</ol>")].split("<li data-kind=")[1:]

    kinds = [(item.startswith('"exercise"'), "<li>Exercise</li>" in item) for item in items]
    assert len(kinds) == course.parts.count()
    assert set(kinds) == {(True, True), (False, False)}


def test_what_one_will_learn_stands_beside_the_outline(course: Course, visitor: Client) -> None:
    """Not below it: the promise is read before the list of parts is scrolled through."""
    page = shown(visitor, course.get_absolute_url())

    beside = page[page.index('<div class="beside">') :]
    for place in ("outline", "skills", "topics"):
        assert f'id="{place}"' in beside
    assert "<aside" not in page


def test_the_parts_of_an_account_come_before_the_page(learner: User, visitor: Client) -> None:
    """On a phone they would else stand below the longest form; one is marked."""
    assert learner.pk
    for address in ("/profile/", "/accounts/email/", "/accounts/2fa/", "/profile/data/"):
        page = shown(visitor, address)
        navigation = page[page.index("account-nav") : page.index("<main")]
        assert navigation.count('aria-current="page"') == 1
        assert f'href="{address}" aria-current="page"' in navigation


def test_the_profile_does_not_repeat_the_navigation(learner: User, visitor: Client) -> None:
    """Below the form stands only what has no place of its own beside it, or is looked for there."""
    assert learner.pk
    page = shown(visitor, "/profile/")
    below = page[page.index("</form>", page.index("<main")) : page.index("</main>")]

    assert re.findall(r'<a href="([^"]+)"', below) == [
        "/notices/",
        "/profile/data/",
        "/profile/erase/",
    ]


def test_the_profile_asks_for_one_thing_at_a_time(learner: User, visitor: Client) -> None:
    """Name, language and reminders are groups with a title; each field stands in one of them."""
    assert learner.pk
    page = shown(visitor, "/profile/")
    groups = page.split('<fieldset class="group">')[1:]

    assert [re.findall(r"<legend>([^<]+)</legend>", group) for group in groups] == [
        ["Name"],
        ["Language and time zone"],
        ["Review and email"],
    ]
    fields = [re.findall(r' name="(\w+)"', group.split("</fieldset>")[0]) for group in groups]
    assert [name for group in fields for name in group] == list(ProfileForm.Meta.fields)


def test_what_to_do_now_is_the_head_of_the_dashboard(
    course: Course, learner: User, visitor: Client
) -> None:
    """The same panel as at the head of a course, with the mark of where one is."""
    enrol(user=learner, course=course)
    page = shown(visitor, "/dashboard/")

    head = page[page.index('class="panel now"') :]
    assert course.title in head[: head.index("</section>")]


def test_the_dashboard_lists_what_comes_next(
    course: Course, learner: User, visitor: Client
) -> None:
    """In the course's order, without the part to go on with and without what is done."""
    enrol(user=learner, course=course)
    parts = list(course.parts.order_by("position"))
    page = shown(visitor, "/dashboard/")
    listed = page[page.index('aria-labelledby="ahead"') :]
    listed = listed[: listed.index("</section>")]

    assert re.findall(r'href="([^"]+)"', listed) == [part.get_absolute_url() for part in parts[1:]]

    record_completion(user=learner, exercise_slug="toy")
    assert "/exercises/toy/" in listed
    assert "/exercises/toy/" not in shown(visitor, "/dashboard/")
