"""Answering the quiz of a lesson, with and without scripts in the browser."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from django.contrib.auth.decorators import login_required
from django.http import Http404
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from courses.pages.access import signed_in
from courses.pages.lessons import (
    Place,
    find_place,
    graded_form,
    lesson_context,
    translated_questions,
    with_old,
)
from courses.quizzes import quiz_form
from courses.quizzes.attempts import AnsweredElsewhereError, ask, attempt
from courses.quizzes.grading import AnswerError
from courses.quizzes.reviews import find_cards

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from courses.quizzes.attempts import Asked
    from courses.quizzes.quiz_form import QuizForm


@require_http_methods(["GET", "POST"])
@login_required
def quiz(request: HttpRequest, course: str, lesson: str) -> HttpResponse:
    """Grade the answers to a lesson's quiz; without answers, ask it again."""
    place = find_place(request, course, lesson)
    if not hasattr(place.lesson, "quiz"):
        raise Http404
    user = signed_in(request.user)
    if request.method == "POST":
        asked = ask(user=user, quiz=place.lesson.quiz, stored=translated_questions(place.lesson))
        old = find_cards(user, quiz_form.read_stamps(request.POST))
        return _grade(request, place, replace(asked, old=tuple(old)))
    if request.headers.get("HX-Request"):
        asked = with_old(user, place.lesson.quiz, place.lesson)
        return _quiz_response(request, place, quiz_form.empty(asked), again=True)
    return redirect(f"{place.address}#quiz")


def _grade(request: HttpRequest, place: Place, asked: Asked) -> HttpResponse:
    number = request.POST.get("number", "")
    try:
        made = attempt(
            user=signed_in(request.user),
            quiz=place.lesson.quiz,
            answers=quiz_form.read_answers(asked, request.POST),
            number=int(number) if number.isascii() and number.isdigit() else None,
            old=asked.old,
        )
    except AnswerError as error:
        form = quiz_form.filled(asked, request.POST, error)
        return _quiz_response(request, place, form, status=422)
    except AnsweredElsewhereError as error:
        return _quiz_response(request, place, quiz_form.empty(asked, str(error)), status=409)
    if not request.headers.get("HX-Request"):
        return redirect(f"{place.address}?attempt={made.pk}#quiz")
    place = find_place(request, place.lesson.course.slug, place.lesson.slug)
    return _quiz_response(request, place, graded_form(made, place.lesson))


def _quiz_response(
    request: HttpRequest,
    place: Place,
    form: QuizForm,
    *,
    status: int = 200,
    again: bool = False,
) -> HttpResponse:
    """Answer with the quiz alone, or with the whole page to a browser without scripts."""
    context = {**lesson_context(request, place), "form": form, "again": again}
    if request.headers.get("HX-Request"):
        # htmx puts only answers with status 2xx into the page
        return render(request, "courses/_quiz.html", context)
    return render(request, "courses/lesson.html", context, status=status)
