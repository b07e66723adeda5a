"""The score that a platform gets: what the class's gradebook shows, in per cent of the points.

Where the platform's course belongs to no class, or the class's schedule lacks the linked part, it
is the best result instead. Whoever has only opened a link has no score.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from classes.lti.models.passbacks import Progress
from classes.lti.targets import Kind, of_key
from classes.records import gradebook
from courses.learners.progress import done_by, progress_in
from courses.models import Completion, Course, Lesson, QuizAttempt, User
from exercises.models import State, Submission

if TYPE_CHECKING:
    from collections.abc import Iterable

    from classes.lti.models import ResourceLink
    from classes.lti.targets import Target
    from classes.models import Class
    from classes.records import Gradebook, Row


@dataclass(frozen=True)
class Score:
    """A score in per cent, two decimals, with how far the work is."""

    percent: float
    progress: Progress


def scores(
    link: ResourceLink, users: Iterable[int], books: dict[object, Gradebook] | None = None
) -> dict[int, Score]:
    """Return the score of each of these users for a link, of those who have one.

    Args:
        link: with `context__klass` selected.
        users: their keys.
        books: gradebooks that were derived for other links of the same class just now.
    """
    target = of_key(link.target)
    wanted = set(users)
    if target is None or not wanted:
        return {}
    klass = link.context.klass if link.context else None
    if klass is not None:
        found = _of_class(klass, target, {} if books is None else books)
        if found is not None:
            return {user: score for user, score in found.items() if user in wanted}
    if target.kind is Kind.EXERCISE:
        return _of_exercise(target.slug, wanted)
    if target.kind is Kind.LESSON:
        return _of_lesson(target.slug, wanted)
    return _of_course(target.slug, wanted)


def _of_class(
    klass: Class, target: Target, books: dict[object, Gradebook]
) -> dict[int, Score] | None:
    """Return what the class's gradebook says; None when its schedule lacks the part."""
    if klass.pk not in books:
        books[klass.pk] = gradebook(klass)
    book = books[klass.pk]
    if target.kind is Kind.COURSE:
        found = {row.member.user_id: _total(row) for row in book.rows}
    else:
        numbers = [
            number
            for number, column in enumerate(book.columns)
            if column.scheduled.subject == target.key
        ]
        if not numbers:
            return None
        points = book.columns[numbers[0]].scheduled.points
        found = {row.member.user_id: _mark(row, numbers[0], points) for row in book.rows}
    return {user: score for user, score in found.items() if user is not None and score is not None}


def _total(row: Row) -> Score | None:
    if row.record.percent is None:
        return None
    is_done = all(mark.points is not None or mark.excused for mark in row.record.marks)
    return _score(row.record.percent, Progress.COMPLETED if is_done else Progress.STARTED)


def _mark(row: Row, number: int, points: float) -> Score | None:
    mark = row.mark(number)
    if mark.points is None or not points:
        return None
    waits = mark.pending and not mark.overridden and mark.score is None
    return _score(100 * mark.points / points, Progress.REVIEW if waits else Progress.COMPLETED)


def _of_exercise(slug: str, users: set[int]) -> dict[int, Score]:
    rows = Submission.objects.filter(
        exercise__slug=slug, user__in=users, state=State.GRADED, score__isnull=False
    ).values_list(
        "user_id",
        "score",
        "max_score",
        "passed",
        "exercise__reviewed",
        "review__score",
        "review__max_score",
    )
    best: dict[int, float] = {}
    waiting: dict[int, float] = {}
    for row in rows:
        user, score, most, passed, by_person, points, of = cast("tuple[Any, ...]", row)
        if points is not None:
            best[user] = max(best.get(user, 0.0), 100 * points / of if of else 0.0)
        elif most:
            kept = waiting if by_person and passed else best
            kept[user] = max(kept.get(user, 0.0), 100 * score / most)
    found = {user: _score(percent, Progress.REVIEW) for user, percent in waiting.items()}
    found |= {
        user: _score(percent, Progress.COMPLETED)
        for user, percent in best.items()
        if user not in waiting
    }
    return found


def _of_lesson(slug: str, users: set[int]) -> dict[int, Score]:
    course, _, name = slug.partition("/")
    lesson = Lesson.objects.filter(course__slug=course, slug=name).first()
    if lesson is None:
        return {}
    if not hasattr(lesson, "quiz"):
        read = Completion.objects.filter(kind="lesson", lesson=lesson, user__in=users)
        return {
            user: _score(100, Progress.COMPLETED) for user in read.values_list("user", flat=True)
        }
    best: dict[int, float] = defaultdict(float)
    for user, correct, credit, total in QuizAttempt.objects.filter(
        quiz__lesson=lesson, user__in=users, total__gt=0
    ).values_list("user_id", "correct", "credit", "total"):
        best[user] = max(best[user], 100 * (correct if credit is None else credit) / total)
    return {user: _score(percent, Progress.COMPLETED) for user, percent in best.items()}


def _of_course(slug: str, users: set[int]) -> dict[int, Score]:
    course = Course.objects.filter(slug=slug).with_parts().first()
    if course is None:
        return {}
    parts = list(course.parts.all())
    found: dict[int, Score] = {}
    for user in User.objects.filter(pk__in=users):
        progress = progress_in(parts, done_by(user))
        if progress.done:
            state = Progress.COMPLETED if progress.complete else Progress.STARTED
            found[user.pk] = _score(progress.percent, state)
    return found


def _score(percent: float, progress: Progress) -> Score:
    """Bound a percentage: extra and early credit may exceed what a platform's column takes."""
    return Score(round(min(max(percent, 0.0), 100.0), 2), progress)
