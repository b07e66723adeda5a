"""What a visitor keeps of a lesson, asked for in one query with the lesson itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db.models import Count, Exists, OuterRef, Subquery
from django.db.models.functions import Coalesce

from courses.models import Bookmark, Enrolment, Note, Post, QuizAttempt

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from courses.models import Lesson

_PREFIX = "visit_"


@dataclass(frozen=True)
class Visit:
    """What a lesson's page says of the visitor, and of the discussion.

    Attributes:
        note: the visitor's own; None without one.
        questions: visible ones, asked about the lesson.
        enrolled: the visitor takes the course.
        last_part: the part of the course where the visitor was last.
        attempts: made of the quiz.
        quiz_passed: one of them passed.
    """

    bookmarked: bool
    note: str | None
    questions: int
    enrolled: bool
    last_part: int | None
    attempts: int
    quiz_passed: bool


def with_visit(rows: QuerySet[Lesson], *, user_key: Any, subject: str) -> QuerySet[Lesson]:
    """Return lessons with what `visit_of` reads.

    Args:
        rows: the lessons.
        user_key: of the visitor; 0 of one who is not signed in.
        subject: what questions about the lesson are filed under.
    """
    enrolments = Enrolment.objects.filter(user=user_key, course=OuterRef("course"))
    attempts = QuizAttempt.objects.filter(user=user_key, quiz=OuterRef("quiz"))
    asked = Post.objects.visible().filter(subject=subject, question=None)
    kept = {"user": user_key, "lesson": OuterRef("pk")}
    return rows.annotate(
        visit_bookmarked=Exists(Bookmark.objects.filter(**kept)),
        visit_note=Subquery(Note.objects.filter(**kept).values("text")[:1]),
        visit_questions=_number(asked, "subject"),
        visit_enrolled=Exists(enrolments),
        visit_last_part=Subquery(enrolments.values("last_part")[:1]),
        visit_attempts=_number(attempts, "quiz"),
        visit_quiz_passed=Exists(attempts.filter(passed=True)),
    )


def visit_of(lesson: Lesson) -> Visit:
    """Return what came with a lesson of `with_visit`."""
    names = Visit.__dataclass_fields__
    return Visit(**{name: getattr(lesson, _PREFIX + name) for name in names})


def _number(rows: QuerySet[Any], same: str) -> Coalesce:
    """Return the number of rows, all of which have the same value in one column."""
    counted = rows.order_by().values(same).annotate(number=Count("pk")).values("number")
    return Coalesce(Subquery(counted), 0)
