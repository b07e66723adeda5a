"""Marks derived from what the database holds."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from classes.dates import add_days
from classes.models import Class, Extension, Member, Override
from classes.records import gradebook
from courses.models import Completion, Course, Lesson
from exercises.models import Review, Submission
from tests.classes.material import (
    DUE,
    NEW_YORK,
    answer_quiz,
    make_class,
    make_course,
    make_exercise,
    make_member,
    schedule,
    submit,
)

LATER = datetime(2027, 3, 1, tzinfo=UTC)

pytestmark = pytest.mark.django_db


@pytest.fixture
def course() -> Course:
    """A course of two lessons and two exercises."""
    return make_course()


@pytest.fixture
def klass(course: Course) -> Class:
    """A class that loses ten per cent a day, down to half."""
    return make_class(course, late_unit="day", late_percent=10, late_floor=50)


@pytest.fixture
def ada(klass: Class) -> Member:
    """A learner of the class."""
    return make_member(klass, "ada@example.org", section="A")


def points(klass: Class, member: Member) -> list[float | None]:
    """Return a member's marks as they count."""
    row = gradebook(klass, now=LATER).row_of(member)
    assert row is not None
    return [mark.points for mark in row.record.marks]


def test_every_kind_of_part_has_a_mark(klass: Class, ada: Member, course: Course) -> None:
    """A read lesson, a quiz, an exercise: each by what was done until its due date."""
    why, games = Lesson.objects.order_by("pk")
    schedule(klass, why.subject, due_at=DUE, points=5)
    schedule(klass, games.subject, due_at=DUE, points=10)
    schedule(klass, "exercise:treeshap", due_at=DUE)
    schedule(klass, "exercise:lime", due_at=DUE)
    assert ada.user is not None
    read = Completion.objects.create(user=ada.user, kind="lesson", lesson=why)
    Completion.objects.filter(pk=read.pk).update(created_at=DUE)
    answer_quiz(ada.user, games, 7, DUE)
    submit(ada.user, "treeshap", 85, DUE)

    assert points(klass, ada) == [5.0, 7.0, 85.0, 0.0]


def test_an_extension_that_is_granted_afterwards_changes_the_mark_at_once(
    klass: Class, ada: Member
) -> None:
    """Penalties are derived: nothing stays of a date that no longer holds; nor when revoked."""
    part = schedule(klass, "exercise:treeshap", due_at=DUE)
    submit(ada.user, "treeshap", 90, add_days(DUE, 2, NEW_YORK))
    assert points(klass, ada) == [pytest.approx(70)]

    extension = Extension.objects.create(
        klass=klass, part=part, member=ada, days=2, reason="illness"
    )
    assert points(klass, ada) == [90.0]

    Extension.objects.filter(pk=extension.pk).update(revoked_at=LATER)
    assert points(klass, ada) == [pytest.approx(70)]


def test_an_extension_of_a_section_is_not_for_others(klass: Class, ada: Member) -> None:
    """Section A gets two days, section B is late; the most generous extension holds."""
    bob = make_member(klass, "bob@example.org", section="B")
    part = schedule(klass, "exercise:treeshap", due_at=DUE)
    for member in (ada, bob):
        submit(member.user, "treeshap", 90, add_days(DUE, 2, NEW_YORK))
    for days in (2, 1):
        Extension.objects.create(klass=klass, part=part, section="A", days=days, reason="trip")

    assert points(klass, ada) == [90.0]
    assert points(klass, bob) == [pytest.approx(70)]


def test_relative_dates_count_from_joining(klass: Class, ada: Member) -> None:
    """Due seven days after joining: at the end of that day in the class's zone."""
    ada.joined_at = datetime(2026, 10, 25, 3, tzinfo=UTC)  # the 24th in New York
    ada.save()
    schedule(klass, "exercise:treeshap", relative=True, due_after=7)

    row = gradebook(klass, now=LATER).rows[0]

    assert row.dates[0].due == datetime(2026, 10, 31, 23, 59, tzinfo=NEW_YORK)


def test_a_regrade_changes_the_score_and_leaves_the_override(klass: Class, ada: Member) -> None:
    """Score and override stand side by side, whatever happens to either."""
    part = schedule(klass, "exercise:treeshap", due_at=DUE)
    submission = submit(ada.user, "treeshap", 60, DUE)
    Override.objects.create(member=ada, part=part, points=75, reason="seen in person")

    Submission.objects.filter(pk=submission.pk).update(score=95)
    mark = gradebook(klass, now=LATER).rows[0].mark(0)

    assert (mark.points, mark.score, mark.overridden) == (75.0, 95.0, True)


def test_a_project_has_the_mark_of_its_review(klass: Class, ada: Member) -> None:
    """It waits without a mark until somebody has read it."""
    make_exercise("project", reviewed=True)
    schedule(klass, "exercise:project", due_at=DUE)
    submission = submit(ada.user, "project", 100, DUE, review_due=True)
    mark = gradebook(klass, now=LATER).rows[0].mark(0)
    assert (mark.points, mark.pending, mark.missing) == (None, 1, False)

    Review.objects.create(
        submission=submission, points={}, score=15, max_score=20, passed=True, created_at=LATER
    )

    assert points(klass, ada) == [75.0]


def test_what_the_platform_failed_counts_for_nothing(klass: Class, ada: Member) -> None:
    """A platform error neither makes a mark nor waits for one."""
    schedule(klass, "exercise:treeshap", due_at=DUE)
    submit(
        ada.user, "treeshap", None, DUE, state="failed", verdict="internal_error", finished_at=DUE
    )

    mark = gradebook(klass, now=LATER).rows[0].mark(0)

    assert (mark.points, mark.pending, mark.attempts) == (0.0, 0, 0)


def test_who_leaves_and_comes_back_finds_everything(klass: Class, ada: Member) -> None:
    """Leaving hides the row; coming back shows the same marks."""
    schedule(klass, "exercise:treeshap", due_at=DUE)
    submit(ada.user, "treeshap", 90, DUE)
    ada.left_at = DUE
    ada.save()
    assert gradebook(klass, now=LATER).rows == []

    ada.left_at = None
    ada.save()
    assert points(klass, ada) == [90.0]


def test_the_number_of_queries_does_not_grow(klass: Class, course: Course) -> None:
    """One learner and one part, or many of each: the same queries, fewer than a dozen."""

    def queries() -> int:
        with CaptureQueriesContext(connection) as seen:
            gradebook(Class.objects.get(pk=klass.pk), now=LATER)
        return len(seen)

    for subject in ("exercise:treeshap", *(one.subject for one in Lesson.objects.all())):
        schedule(klass, subject, due_at=DUE)
    make_member(klass, "first@example.org")
    few = queries()
    schedule(klass, "exercise:lime", due_at=DUE)
    for number in range(8):
        member = make_member(klass, f"learner{number}@example.org")
        submit(member.user, "lime", 80, DUE - timedelta(hours=number))

    assert queries() == few <= 10
