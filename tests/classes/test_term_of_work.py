"""The generator of a class with a term of work."""

from __future__ import annotations

from datetime import date

import pytest

from classes.models import Class
from classes.records import gradebook
from classes.term_of_work import fill
from tests.classes.material import make_course, make_user

pytestmark = pytest.mark.django_db


def test_the_same_seed_makes_the_same_marks() -> None:
    """Two classes of one seed are alike; there is work, lateness and a decision in them."""
    make_course()
    instructor = make_user("ines@example.org", is_staff=True)

    def marks() -> list[list[float | None]]:
        klass = fill(
            instructor=instructor, learners=30, parts=3, starts_on=date(2026, 1, 5), seed=3
        )
        book = gradebook(klass)
        assert len(book.rows) == 30
        by_number = sorted(book.rows, key=lambda row: row.member.number)
        return [[mark.points for mark in row.record.marks] for row in by_number]

    first = marks()
    rows = gradebook(Class.objects.get()).rows

    assert marks() == first
    assert any(mark.late for row in rows for mark in row.record.marks)
    assert any(mark.missing for row in rows for mark in row.record.marks)
    assert any(mark.overridden for row in rows for mark in row.record.marks)
