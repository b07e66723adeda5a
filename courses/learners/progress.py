"""A learner's progress in a course, and the certificate that follows from it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db import transaction

from courses.accounts.models import User
from courses.catalogue.models import Course, Path
from courses.certificates.issuing import issue, issue_path
from courses.certificates.models import Certificate
from courses.learners.models import Completion, CompletionKind, Enrolment

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from courses.catalogue.models import Part
    from courses.lessons.models import Lesson


@dataclass(frozen=True)
class Done:
    """Everything that one learner has completed, in the keys that parts are looked up by."""

    lessons: frozenset[int] = frozenset()
    quizzes: frozenset[int] = frozenset()
    exercises: frozenset[str] = frozenset()


@dataclass(frozen=True)
class PartState:
    """A part of a course as one learner sees it.

    Attributes:
        read: of a lesson: marked as complete; None for an exercise.
        quiz_passed: of a lesson with a quiz; None where there is none.
        exercise_passed: of an exercise; None for a lesson.
    """

    part: Part
    read: bool | None = None
    quiz_passed: bool | None = None
    exercise_passed: bool | None = None

    @property
    def done(self) -> bool:
        """Say whether everything that the part asks for is done."""
        return all(self._steps)

    @property
    def started(self) -> bool:
        """Say whether the lesson is read or its quiz passed, but not both."""
        return any(self._steps) and not all(self._steps)

    @property
    def _steps(self) -> list[bool]:
        steps = (self.read, self.quiz_passed, self.exercise_passed)
        return [step for step in steps if step is not None]


@dataclass(frozen=True)
class CourseProgress:
    """How far one learner is in one course; what the course does not require counts nowhere.

    Attributes:
        states: every part, in order.
    """

    states: tuple[PartState, ...]

    @property
    def required(self) -> list[PartState]:
        """Return the parts that the course is not complete without."""
        return [state for state in self.states if state.part.required]

    @property
    def total(self) -> int:
        """Return the number of the course's required parts."""
        return len(self.required)

    @property
    def done(self) -> int:
        """Return the number of required parts that are done."""
        return sum(state.done for state in self.required)

    @property
    def minutes(self) -> int:
        """Return the minutes of the required parts."""
        return sum(state.part.minutes for state in self.required)

    @property
    def minutes_left(self) -> int:
        """Return the minutes of the required parts that are not done yet."""
        return sum(state.part.minutes for state in self.required if not state.done)

    @property
    def percent(self) -> int:
        """Return the share of required parts done in whole per cent, rounded down."""
        return 100 * self.done // self.total if self.total else 0

    @property
    def complete(self) -> bool:
        """Say whether all that is required is done; a course that requires nothing never is."""
        return bool(self.total) and self.done == self.total

    @property
    def next_part(self) -> Part | None:
        """Return the first required part that is not done."""
        return next((state.part for state in self.required if not state.done), None)


def done_by(user: User) -> Done:
    """Return all that a learner has completed: one query."""
    rows = Completion.objects.filter(user=user).values_list("kind", "lesson_id", "exercise_slug")
    found: dict[str, set[int | str]] = {kind: set() for kind in CompletionKind.values}
    for kind, lesson, exercise in rows:
        found[kind].add(exercise if lesson is None else lesson)
    return Done(
        lessons=frozenset(key for key in found["lesson"] if isinstance(key, int)),
        quizzes=frozenset(key for key in found["quiz"] if isinstance(key, int)),
        exercises=frozenset(key for key in found["exercise"] if isinstance(key, str)),
    )


def progress_in(parts: Iterable[Part], done: Done) -> CourseProgress:
    """Return the progress in a course whose parts came from `for_outlines()`: no query."""
    return CourseProgress(tuple(_state(part, done) for part in parts))


def _state(part: Part, done: Done) -> PartState:
    lesson = part.lesson
    if lesson is None:
        return PartState(part, exercise_passed=part.exercise_slug in done.exercises)
    quiz_passed = lesson.pk in done.quizzes if hasattr(lesson, "quiz") else None
    return PartState(part, read=lesson.pk in done.lessons, quiz_passed=quiz_passed)


def exercise_completed(user: User, slug: str) -> bool:
    """Say whether this learner has passed this exercise."""
    return Completion.objects.filter(
        user=user, kind=CompletionKind.EXERCISE, exercise_slug=slug
    ).exists()


@transaction.atomic
def record_completion(*, user: User, exercise_slug: str) -> None:
    """Record that a learner has passed an exercise; a second time changes nothing.

    When it was the last part that a course of the learner requires, the certificate is issued.
    """
    _lock(user)
    Completion.objects.get_or_create(
        user=user, kind=CompletionKind.EXERCISE, exercise_slug=exercise_slug, lesson=None
    )
    issue_what_is_earned(
        user=user,
        courses=Course.objects.filter(
            enrolments__user=user, parts__exercise_slug=exercise_slug, withdrawn=False
        ),
    )


@transaction.atomic
def record_lesson_read(*, user: User, lesson: Lesson) -> None:
    """Record that a learner has completed a lesson; this also enrols the learner."""
    _record_on_lesson(user, lesson, CompletionKind.LESSON)


@transaction.atomic
def record_quiz_passed(*, user: User, lesson: Lesson) -> None:
    """Record that a learner has passed the quiz of a lesson."""
    _record_on_lesson(user, lesson, CompletionKind.QUIZ)


@transaction.atomic
def forget_lesson_read(*, user: User, lesson: Lesson) -> None:
    """Mark a lesson as not completed; a certificate that was issued stays."""
    Completion.objects.filter(user=user, kind=CompletionKind.LESSON, lesson=lesson).delete()


@transaction.atomic
def issue_what_is_earned(*, user: User, courses: Iterable[Course]) -> list[Certificate]:
    """Issue a certificate for each of these courses that the learner has completed."""
    done = done_by(user)
    issued = []
    for course in courses:
        progress = progress_in(course.parts.for_outlines(), done)
        if progress.complete:
            issued.append(issue(user=user, course=course, parts=_parts(progress.states)))
    if issued:
        _issue_paths(user)
    return issued


def _issue_paths(user: User) -> None:
    """Issue the certificate of each path all of whose courses the learner holds certificates of."""
    holding = Certificate.objects.filter(user=user, course__isnull=False, revoked_at=None)
    held = {one.course_id: one for one in holding}
    for path in Path.objects.filter(courses__in=held).distinct():
        steps = path.steps.filter(course__withdrawn=False).order_by("position")
        courses = list(steps.values_list("course_id", flat=True))
        if len(courses) > 1 and all(course in held for course in courses):
            issue_path(user=user, path=path, earned=[held[course] for course in courses])


def _parts(states: Sequence[PartState]) -> list[Part]:
    return [state.part for state in states if state.part.required or state.done]


def _record_on_lesson(user: User, lesson: Lesson, kind: CompletionKind) -> None:
    _lock(user)
    Enrolment.objects.get_or_create(user=user, course=lesson.course)
    Completion.objects.get_or_create(user=user, kind=kind, lesson=lesson, exercise_slug="")
    issue_what_is_earned(user=user, courses=[lesson.course])


def _lock(user: User) -> None:
    # Two last parts may be completed at the same moment, one by a page and one by a worker. Each
    # must see the other's, or neither issues the certificate.
    User.objects.select_for_update().get(pk=user.pk)
