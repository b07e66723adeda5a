"""Who needs help, and what waits for the people who teach."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from django.db.models import Count, Max, Q
from django.db.models.functions import Substr
from django.utils import timezone

from classes.moderation import posts_of
from courses.discussion import inbox
from courses.models import QuizAttempt
from exercises.models import State, Submission

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from classes.models import Class, Member
    from classes.records import Column, Gradebook
    from courses.models import Post

EXERCISE: Final = "exercise:"
"""Begins the subject of a part that is an exercise."""
STUCK_AFTER = 3
"""Failed attempts at one exercise that is not passed."""
IDLE_AFTER = timedelta(days=7)
BEHIND_AFTER = 2
"""Parts that are missing."""


@dataclass
class Needs:
    """Why one learner may need help.

    Attributes:
        stuck: exercises that failed often and are not passed, with the number of failures.
        idle_days: days since the last sign of work; None when it is recent.
        missing: parts that are due and not done.
    """

    member: Member
    stuck: list[tuple[Column, int]] = field(default_factory=list)
    idle_days: int | None = None
    missing: int = 0

    @property
    def weight(self) -> int:
        """Return how urgent it is, for the order."""
        return 3 * len(self.stuck) + 2 * self.missing + (self.idle_days or 0)


def who_needs_help(book: Gradebook, *, now: datetime | None = None) -> list[Needs]:
    """Return the learners who are stuck, idle or behind, the most urgent first: two queries."""
    moment = now or timezone.now()
    failures, seen = _work_of(book.klass)
    running = book.klass.starts_on <= moment.date() <= book.klass.ends_on
    found = []
    for row in book.rows:
        member = row.member
        if member.user_id is None:
            continue
        needs = Needs(member)
        for column in book.columns:
            number = failures.get((member.user_id, column.scheduled.subject), 0)
            if number >= STUCK_AFTER:
                needs.stuck.append((column, number))
        last = seen.get(member.user_id) or member.joined_at
        if running and last is not None and moment - last > IDLE_AFTER:
            needs.idle_days = (moment - last).days
        missing = sum(mark.missing for mark in row.record.marks)
        needs.missing = missing if missing >= BEHIND_AFTER else 0
        if needs.weight:
            found.append(needs)
    return sorted(found, key=lambda needs: -needs.weight)


def of_class(klass: Class) -> QuerySet[Submission]:
    """Return the submissions of the class's present learners for its scheduled exercises."""
    exercises = klass.parts.scheduled().filter(subject__startswith=EXERCISE).order_by()
    slugs = exercises.annotate(of_exercise=Substr("subject", len(EXERCISE) + 1))
    return Submission.objects.filter(
        exercise__slug__in=slugs.values("of_exercise"),
        user__memberships__klass=klass,
        user__memberships__role="learner",
        user__memberships__left_at=None,
    )


def projects_to_review(klass: Class) -> QuerySet[Submission]:
    """Return the class's projects that wait for a reader, oldest first."""
    return of_class(klass).to_review()  # type: ignore[attr-defined,no-any-return]


def ungraded(klass: Class) -> QuerySet[Submission]:
    """Return the class's submissions that are not graded yet, oldest first."""
    unfinished = of_class(klass).filter(state__in=[State.QUEUED, State.RUNNING])
    return unfinished.select_related("exercise", "user").defer("report").order_by("created_at")


def open_questions(klass: Class) -> QuerySet[Post]:
    """Return the questions of learners on the class's parts that nobody else has answered."""
    return inbox.unanswered(posts_of(klass))


def open_reports(klass: Class) -> QuerySet[Post]:
    """Return the posts of the class's learners with open reports, the longest waiting first."""
    return inbox.reported(posts_of(klass))


def _work_of(klass: Class) -> tuple[dict[tuple[int, str], int], dict[int, datetime]]:
    """Return failures at exercises that are not passed, and the last sign of work of each user."""
    failures: dict[tuple[int, str], int] = {}
    seen: dict[int, datetime] = {}
    graded = Q(state=State.GRADED)
    submitted = Submission.objects.filter(user__memberships__klass=klass).order_by()
    for user, slug, failed, passed, last in submitted.values_list(
        "user_id", "exercise__slug"
    ).annotate(
        failed=Count("pk", filter=graded & Q(passed=False)),
        ok=Count("pk", filter=graded & Q(passed=True)),
        last=Max("created_at"),
    ):
        seen[user] = max(seen.get(user, last), last)
        if not passed:
            failures[user, f"{EXERCISE}{slug}"] = failed
    answered = QuizAttempt.objects.filter(user__memberships__klass=klass).order_by()
    for user, last in answered.values_list("user_id").annotate(last=Max("created_at")):
        seen[user] = max(seen.get(user, last), last)
    return failures, seen
