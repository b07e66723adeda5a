"""Builds what tests of classes need: a course, accounts, a class, submissions."""

from __future__ import annotations

import uuid
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from allauth.account.models import EmailAddress
from django.utils import timezone

from classes.models import Class, Member, Role, ScheduledPart
from courses.models import Course, Lesson, Part, Quiz, QuizAttempt, User
from exercises.models import Exercise, Submission

if TYPE_CHECKING:
    from collections.abc import Iterable

NEW_YORK = ZoneInfo("America/New_York")
DUE = datetime(2026, 10, 31, 20, tzinfo=NEW_YORK)
QUESTION = {
    "id": "credit",
    "kind": "single",
    "prompt": "<p>Who gets the credit?</p>",
    "choices": [
        {"id": "players", "html": "<p>The players</p>", "correct": True, "explanation": ""},
        {"id": "rows", "html": "<p>The rows</p>", "correct": False, "explanation": ""},
    ],
    "items": [],
    "order": [],
    "wrong": [],
}
EXERCISES = ("treeshap", "lime")


def make_course(slug: str = "shap", exercises: Iterable[str] = EXERCISES) -> Course:
    """Make a course of one lesson with a quiz, one without, and exercises."""
    course = Course.objects.create(
        slug=slug,
        title="SHAP values",
        summary="-",
        level="beginner",
        version="1",
        author_name="Ines",
    )
    lessons = [
        Lesson.objects.create(
            course=course,
            slug=name,
            folder=name,
            title=title,
            summary="-",
            html="<p>-</p>",
            text="-",
            minutes=5,
            digest="0" * 64,
        )
        for name, title in (("why", "Why explain"), ("games", "Games and credit"))
    ]
    Quiz.objects.create(lesson=lessons[1], pass_percent=80, questions=[QUESTION], digest="0" * 64)
    for position, lesson in enumerate(lessons):
        Part.objects.create(
            course=course, position=position, kind="lesson", lesson=lesson, title=lesson.title
        )
    for position, name in enumerate(exercises, start=2):
        make_exercise(name)
        Part.objects.create(
            course=course,
            position=position,
            kind="exercise",
            exercise_slug=name,
            title=f"Exercise {name}",
        )
    return course


def make_exercise(slug: str, **facts: Any) -> Exercise:
    """Make an exercise of 100 points, without a folder."""
    return Exercise.objects.get_or_create(
        slug=slug,
        defaults={
            "title": f"Exercise {slug}",
            "version": "1",
            "content_hash": "0" * 64,
            "minutes": 10,
            "max_score": 100.0,
            "pass_score": 80.0,
            **facts,
        },
    )[0]


def make_user(email: str, name: str = "", *, confirmed: bool = True, **facts: Any) -> User:
    """Make an account, by default with a confirmed address."""
    user = User.objects.create_user(email, "a quiet harbour", name=name, **facts)
    EmailAddress.objects.create(user=user, email=user.email, verified=confirmed, primary=True)
    return user


def make_class(course: Course | None = None, **facts: Any) -> Class:
    """Make a class in New York, by default of no course."""
    klass = Class.objects.create(
        **{
            "title": "Explainable models",
            "term": "Autumn 2026",
            "time_zone": "America/New_York",
            "starts_on": date(2026, 9, 1),
            "ends_on": date(2026, 12, 20),
            **facts,
        }
    )
    if course is not None:
        klass.courses.add(course)
    return klass


def make_member(klass: Class, email: str, role: str = Role.LEARNER, **facts: Any) -> Member:
    """Make a member with an account."""
    user = User.objects.filter(email__iexact=email).first() or make_user(
        email, email.split("@", maxsplit=1)[0]
    )
    return Member.objects.create(
        klass=klass,
        user=user,
        email=email,
        role=role,
        joined_at=timezone.now(),
        pseudonym=uuid.uuid4().hex[:12],
        **facts,
    )


def schedule(klass: Class, subject: str, **facts: Any) -> ScheduledPart:
    """Put a part into the schedule."""
    return ScheduledPart.objects.create(
        klass=klass, subject=subject, title=subject, position=klass.parts.count(), **facts
    )


def submit(
    user: User | None, slug: str, score: float | None, at: datetime, **facts: Any
) -> Submission:
    """Store a submission as the grading pipeline leaves it; `score` None: still queued."""
    exercise = Exercise.objects.get(slug=slug)
    assert user is not None
    graded: dict[str, Any] = {
        "state": "graded",
        "verdict": "ok",
        "finished_at": at + timedelta(seconds=2),
        "passed": score is not None and score >= exercise.pass_score,
    }
    return Submission.objects.create(
        user=user,
        exercise=exercise,
        created_at=at,
        notified_at=at,
        score=score,
        max_score=exercise.max_score,
        attempt=Submission.objects.filter(user=user, exercise=exercise).count() + 1,
        **({} if score is None else graded) | facts,
    )


def answer_quiz(user: User | None, lesson: Lesson, correct: int, at: datetime) -> QuizAttempt:
    """Store an attempt at a quiz of ten questions."""
    assert user is not None
    attempt = QuizAttempt.objects.create(
        user=user,
        quiz=lesson.quiz,
        number=QuizAttempt.objects.filter(user=user).count() + 1,
        seed=1,
        answers={},
        results={},
        correct=correct,
        total=10,
        passed=correct >= 8,
        quiz_digest="0" * 64,
    )
    QuizAttempt.objects.filter(pk=attempt.pk).update(created_at=at)
    return attempt
