"""The pages of lessons: reading, marking as read, the quiz at the end, figures."""

from __future__ import annotations

import hashlib
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from csp.decorators import csp_replace
from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from courses.catalogue.browsing import outline
from courses.catalogue.languages import language_shown, lay_over
from courses.catalogue.pages import refuse_withdrawn
from courses.enrolment import remember_place
from courses.lessons.models import Figure
from courses.models import Bookmark, Enrolment, Lesson, Note, Post, Quiz, QuizAttempt, User
from courses.progress import forget_lesson_read, record_lesson_read
from courses.quizzes import form as quiz_form
from courses.quizzes.attempts import AnsweredElsewhereError, ask, attempt, marked_again
from courses.quizzes.marking import AnswerError

if TYPE_CHECKING:
    from courses.progress import CourseProgress, PartState
    from courses.quizzes.attempts import Asked
    from courses.quizzes.form import QuizForm

FOR_EVER = "public, max-age=31536000, immutable"
MEDIA_TYPES = {".svg": "image/svg+xml", ".json": "application/json"}


@dataclass(frozen=True)
class Place:
    """A lesson within its course, as one visitor sees it."""

    lesson: Lesson
    progress: CourseProgress
    index: int

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
        Lesson.objects.select_related("course", "quiz"),
        course__slug=course,
        slug=lesson,
        part__isnull=False,
    )
    refuse_withdrawn(request, row.course)
    progress = outline(row.course, request.user)
    lay_over([row, row.course])
    index = next(at for at, one in enumerate(progress.states) if one.part.lesson_id == row.pk)
    return Place(row, progress, index)


@require_safe
def lesson(request: HttpRequest, course: str, lesson: str) -> HttpResponse:
    """Show a lesson with its quiz; note that the learner was here."""
    place = find_place(request, course, lesson)
    if isinstance(request.user, User):
        enrolment = Enrolment.objects.filter(user=request.user, course=place.lesson.course).first()
        if enrolment and enrolment.last_part_id != place.state.part.pk:
            remember_place(user=request.user, part=place.state.part)
    return render(request, "courses/lesson.html", _lesson_page(request, place))


@require_POST
@login_required
def complete(request: HttpRequest, course: str, lesson: str) -> HttpResponse:
    """Mark a lesson as read and go on; with ``undo``, take the mark away and stay."""
    place = find_place(request, course, lesson)
    user = _learner(request)
    if "undo" in request.POST:
        forget_lesson_read(user=user, lesson=place.lesson)
        return redirect(place.address)
    record_lesson_read(user=user, lesson=place.lesson)
    following = place.next
    if following is None:
        return redirect("courses:course", course)
    return redirect(following.part.get_absolute_url())


@require_http_methods(["GET", "POST"])
@login_required
def quiz(request: HttpRequest, course: str, lesson: str) -> HttpResponse:
    """Mark the answers to a lesson's quiz; without answers, ask it anew."""
    place = find_place(request, course, lesson)
    if not hasattr(place.lesson, "quiz"):
        raise Http404
    asked = ask(user=_learner(request), quiz=place.lesson.quiz, stored=_stored(place.lesson))
    if request.method == "POST":
        return _mark(request, place, asked)
    if request.headers.get("HX-Request"):
        return _quiz_response(request, place, quiz_form.empty(asked), again=True)
    return redirect(f"{place.address}#quiz")


def _mark(request: HttpRequest, place: Place, asked: Asked) -> HttpResponse:
    number = request.POST.get("number", "")
    try:
        made = attempt(
            user=_learner(request),
            quiz=place.lesson.quiz,
            answers=quiz_form.read_answers(asked, request.POST),
            number=int(number) if number.isascii() and number.isdigit() else None,
        )
    except AnswerError as error:
        form = quiz_form.filled(asked, request.POST, error)
        return _quiz_response(request, place, form, status=422)
    except AnsweredElsewhereError as error:
        return _quiz_response(request, place, quiz_form.empty(asked, str(error)), status=409)
    if not request.headers.get("HX-Request"):
        return redirect(f"{place.address}?attempt={made.pk}#quiz")
    place = find_place(request, place.lesson.course.slug, place.lesson.slug)
    return _quiz_response(request, place, _shown(made, place.lesson))


def _quiz_response(
    request: HttpRequest,
    place: Place,
    form: QuizForm,
    *,
    status: int = 200,
    again: bool = False,
) -> HttpResponse:
    """Answer with the quiz alone, or with the whole page to a browser without scripts."""
    context = {**_lesson_page(request, place), "form": form, "again": again}
    if request.headers.get("HX-Request"):
        # htmx puts only answers with status 2xx into the page
        return render(request, "courses/_quiz.html", context)
    return render(request, "courses/lesson.html", context, status=status)


def _learner(request: HttpRequest) -> User:
    if not isinstance(request.user, User):  # login_required stands before every caller
        raise Http404
    return request.user


def _stored(lesson: Lesson) -> list[dict[str, Any]] | None:
    """Return the questions in the visitor's language, where they are translated."""
    return getattr(lesson, "questions", None)


def _lesson_page(request: HttpRequest, place: Place) -> dict[str, Any]:
    course = place.lesson.course
    user = request.user if isinstance(request.user, User) else None
    return {
        "bookmarked": bool(user)
        and Bookmark.objects.filter(user=user, lesson=place.lesson).exists(),
        "note": Note.objects.filter(user=user, lesson=place.lesson).first() if user else None,
        "question_count": Post.objects.filter(
            subject=place.state.part.subject, question=None, deleted_at=None
        ).count(),
        "address": settings.SITE_URL + place.address,
        "lesson": place.lesson,
        "course": course,
        "place": place,
        "form": _form(request, place.lesson),
        "untranslated": place.lesson.shown_language not in {"", language_shown()},
        "crumbs": [
            (_("Courses"), reverse("courses:catalogue")),
            (course.title, course.get_absolute_url()),
            (place.lesson.title, ""),
        ],
    }


def _form(request: HttpRequest, lesson: Lesson) -> QuizForm | None:
    """Return the quiz to show: a marked attempt that the address names, or a new one."""
    quiz: Quiz | None = getattr(lesson, "quiz", None)
    if quiz is None or not isinstance(request.user, User):
        return None
    made = _named_attempt(request, quiz, request.user)
    if made is not None and (form := _shown(made, lesson)).lines:
        return form
    return quiz_form.empty(ask(user=request.user, quiz=quiz, stored=_stored(lesson)))


def _named_attempt(request: HttpRequest, quiz: Quiz, user: User) -> QuizAttempt | None:
    try:
        key = uuid.UUID(request.GET.get("attempt", ""))
    except ValueError:
        return None
    made = QuizAttempt.objects.filter(pk=key, user=user, quiz=quiz).first()
    if made is not None:
        made.quiz = quiz
    return made


def _shown(made: QuizAttempt, lesson: Lesson) -> QuizForm:
    return quiz_form.shown(made, marked_again(made, _stored(lesson)) or ())


# A figure is opened as a picture. Opened as a page of its own it can do nothing but show itself:
# drawings style their shapes by attributes, which the site's own policy would refuse.
@csp_replace({"default-src": ["'none'"], "style-src": ["'unsafe-inline'"], "sandbox": True})  # type: ignore[arg-type]  # its type knows no view with arguments
@require_safe
def figure(_request: HttpRequest, digest: str, name: str) -> HttpResponse:
    """Answer with a figure's file, to be cached for ever: its digest is in its address."""
    row = next(
        (row for row in Figure.objects.filter(digest=digest) if Path(row.path).name == name), None
    )
    if row is None:
        raise Http404
    file = Path(settings.CONTENT_DIR) / row.path
    try:
        content = file.read_bytes()
    except OSError as error:
        raise Http404 from error
    response = HttpResponse(content, content_type=MEDIA_TYPES[file.suffix])
    current = hashlib.sha256(content).hexdigest().startswith(digest)
    # A file that was drawn anew but not loaded yet is shown, and asked for again.
    response["Cache-Control"] = FOR_EVER if current else "no-store"
    return response
