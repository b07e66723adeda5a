"""The pages of lessons: reading, marking as complete, the quiz at the end."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.shortcuts import get_object_or_404, redirect, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from courses.catalogue.translations import language_shown
from courses.learners.enrolment import remember_place
from courses.learners.overview import outline
from courses.learners.progress import forget_lesson_read, record_lesson_read
from courses.lessons.openings import opening_figure
from courses.microtasks.answers import kept_answers
from courses.microtasks.definitions import Task, placeholder
from courses.microtasks.task_form import TaskForm
from courses.models import Lesson, Quiz, QuizAttempt, User
from courses.pages.access import refuse_withdrawn, signed_in
from courses.pages.sharing import of_lesson
from courses.pages.visits import visit_of, with_visit
from courses.quizzes import quiz_form
from courses.quizzes.attempts import ask, regrade, tells_by
from courses.quizzes.reviews import (
    IN_A_QUIZ,
    due_questions,
    find_cards,
    regrade_recalled,
)
from courses.quizzes.sittings import find_sitting, step_of

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from courses.learners.progress import CourseProgress, PartState
    from courses.models import QuizSitting
    from courses.pages.visits import Visit
    from courses.quizzes.attempts import Asked
    from courses.quizzes.quiz_form import QuizForm
    from courses.quizzes.reviews import DueQuestion


@dataclass(frozen=True)
class Place:
    """A lesson within its course, as one visitor sees it."""

    lesson: Lesson
    progress: CourseProgress
    index: int
    visit: Visit

    @property
    def state(self) -> PartState:
        """Return what the visitor has done of this part."""
        return self.progress.states[self.index]

    @property
    def number(self) -> int:
        """Return the part's number, from 1."""
        return self.index + 1

    @property
    def previous(self) -> PartState | None:
        """Return the part before this one."""
        return self.progress.states[self.index - 1] if self.index else None

    @property
    def next(self) -> PartState | None:
        """Return the part after this one."""
        rest = self.progress.states[self.number :]
        return rest[0] if rest else None

    @property
    def address(self) -> str:
        """Return the address of the lesson's page."""
        return reverse("courses:lesson", args=[self.lesson.course.slug, self.lesson.slug])


def find_place(request: HttpRequest, course: str, lesson: str) -> Place:
    """Return a lesson, in the visitor's language, with its place in the course.

    Raises:
        Http404: the course or the lesson is not there for this visitor.
    """
    row = get_object_or_404(
        with_visit(
            Lesson.objects.select_related("course", "quiz"),
            user_key=request.user.pk or 0,
            subject=f"lesson:{course}/{lesson}",
        ),
        course__slug=course,
        slug=lesson,
        part__isnull=False,
    )
    refuse_withdrawn(request, row.course)
    progress = outline(row.course, request.user, [row, row.course])
    index = next(at for at, one in enumerate(progress.states) if one.part.lesson_id == row.pk)
    return Place(row, progress, index, visit_of(row))


@require_safe
def lesson(request: HttpRequest, course: str, lesson: str) -> HttpResponse:
    """Show a lesson with its quiz; note that the learner was here."""
    place = find_place(request, course, lesson)
    visit, part = place.visit, place.state.part
    if isinstance(request.user, User) and visit.enrolled and visit.last_part != part.pk:
        remember_place(user=request.user, part=part)
    return render(request, "courses/lesson.html", lesson_context(request, place))


@require_POST
@login_required
def complete(request: HttpRequest, course: str, lesson: str) -> HttpResponse:
    """Mark a lesson as read and go on; with ``undo``, take the mark away and stay."""
    place = find_place(request, course, lesson)
    user = signed_in(request.user)
    if "undo" in request.POST:
        forget_lesson_read(user=user, lesson=place.lesson)
        return redirect(place.address)
    record_lesson_read(user=user, lesson=place.lesson)
    following = place.next
    if following is None:
        return redirect("courses:course", course)
    return redirect(following.part.get_absolute_url())


def translated_questions(lesson: Lesson) -> list[dict[str, Any]] | None:
    """Return the questions in the visitor's language, where they are translated."""
    return getattr(lesson, "questions", None)


def lesson_context(
    request: HttpRequest, place: Place, *, refused: TaskForm | None = None
) -> dict[str, Any]:
    """Return what the lesson's template shows.

    Args:
        request: who asks.
        place: the lesson.
        refused: a micro-task whose answer was refused, shown with the reason.
    """
    course = place.lesson.course
    return {
        "bookmarked": place.visit.bookmarked,
        "note": place.visit.note,
        "question_count": place.visit.questions,
        "address": settings.SITE_URL + place.address,
        "lesson": place.lesson,
        "sharing": of_lesson(place.lesson),
        "body": lesson_body(request, place.lesson, refused),
        "course": course,
        "place": place,
        "form": _form(request, place),
        "untranslated": place.lesson.shown_language not in {"", language_shown()},
        "crumbs": [
            (_("Courses"), reverse("courses:catalogue")),
            (course.title, f"{course.get_absolute_url()}#outline"),
            (place.lesson.title, ""),
        ],
    }


@dataclass(frozen=True)
class Body:
    """A lesson's text as its page shows it.

    Attributes:
        opening: a figure that stands before the first word of the text; shown below the title.
        html: the rest, its micro-tasks put in.
    """

    opening: str
    html: str


def lesson_body(request: HttpRequest, lesson: Lesson, refused: TaskForm | None = None) -> Body:
    """Return a lesson's text with its micro-tasks as this visitor has answered them."""
    opening = opening_figure(lesson)
    text = lesson.html.removeprefix(opening)
    user = request.user if isinstance(request.user, User) else None
    kept = kept_answers(user, lesson) if user and lesson.tasks else {}
    context = {"course": lesson.course, "lesson": lesson}
    for facts in lesson.tasks:
        task = Task.from_json(facts)
        form = TaskForm(task, kept.get(task.id))
        if refused is not None and refused.task.id == task.id:
            form = refused
        shown = render_to_string("courses/_task.html", {**context, "form": form}, request)
        text = text.replace(placeholder(task.id), shown, 1)
    return Body(opening, text)


def _form(request: HttpRequest, place: Place) -> QuizForm | None:
    """Return the quiz to show: the graded attempt that the address names, or a new one."""
    lesson = place.lesson
    quiz: Quiz | None = getattr(lesson, "quiz", None)
    if quiz is None or not isinstance(request.user, User):
        return None
    if (form := _named_attempt(request, quiz, place)) is not None and form.lines:
        return form
    if "all" in request.GET:
        return quiz_form.empty(_with_old(request.user, quiz, place))
    return step_form(request, quiz, place)


def step_form(request: HttpRequest, quiz: Quiz, place: Place, error: str = "") -> QuizForm:
    """Return one question of the quiz: the answered one that the address names, or the next."""
    user, visit = signed_in(request.user), place.visit
    stored = translated_questions(place.lesson)
    asked = ask(user=user, quiz=quiz, stored=stored, made=visit.attempts)
    sitting = find_sitting(user, quiz, asked.number)
    asked = replace(asked, old=tuple(_old_of(sitting, user, quiz)))
    told = tells_by(visit.attempts, passed=visit.quiz_passed)
    step = step_of(asked, sitting, request.GET.get("answered", ""), told=told)
    return quiz_form.one_step(asked, step, error)


def _old_of(sitting: QuizSitting | None, user: User, quiz: Quiz) -> list[DueQuestion]:
    """Return the old questions that were begun with, or those that are due."""
    if sitting is None:
        return due_questions(user, most=IN_A_QUIZ, besides=quiz)
    return find_cards(user, {int(card): stamp for card, stamp in sitting.old.items()})


def _with_old(user: User, quiz: Quiz, place: Place) -> Asked:
    """Return the quiz as it is asked next, with old questions that are due."""
    stored = translated_questions(place.lesson)
    asked = ask(user=user, quiz=quiz, stored=stored, made=place.visit.attempts)
    return replace(asked, old=tuple(due_questions(user, most=IN_A_QUIZ, besides=quiz)))


def _named_attempt(request: HttpRequest, quiz: Quiz, place: Place) -> QuizForm | None:
    try:
        key = uuid.UUID(request.GET.get("attempt", ""))
    except ValueError:
        return None
    attempts = list(QuizAttempt.objects.filter(user=signed_in(request.user), quiz=quiz))
    made = next((one for one in attempts if one.pk == key), None)
    if made is None:
        return None
    made.quiz = quiz
    until = [one.passed for one in attempts if one.number <= made.number]
    return graded_form(made, place.lesson, told=tells_by(len(until), passed=any(until)))


def graded_form(made: QuizAttempt, lesson: Lesson, *, told: bool | None = None) -> QuizForm:
    """Return a graded attempt as the page shows it; `told` as for `regrade`."""
    graded = regrade(made, translated_questions(lesson), told=told) or ()
    return quiz_form.shown(made, graded, regrade_recalled(made.recalled))
