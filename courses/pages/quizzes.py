"""Answering the quiz of a lesson, with and without scripts in the browser."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from django.contrib.auth.decorators import login_required
from django.http import Http404
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from courses.pages.access import signed_in
from courses.pages.lessons import (
    Place,
    find_place,
    graded_form,
    lesson_context,
    step_form,
    translated_questions,
)
from courses.quizzes import quiz_form
from courses.quizzes.attempts import AnsweredElsewhereError, ask, attempt
from courses.quizzes.grading import AnswerError
from courses.quizzes.reviews import find_cards
from courses.quizzes.sittings import answer_step, find_sitting, step_of

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from courses.models import QuizAttempt, QuizSitting
    from courses.quizzes.attempts import Asked
    from courses.quizzes.grading import Answer
    from courses.quizzes.questions import Question
    from courses.quizzes.quiz_form import QuizForm


LONGEST_ATTEMPT_NUMBER: Final = 9  # digits


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
        sitting = find_sitting(user, place.lesson.quiz, asked.number)
        begun = "step" in request.POST and sitting is not None
        stamps = _stamps(sitting) if begun else quiz_form.read_stamps(request.POST)
        asked = replace(asked, old=tuple(find_cards(user, stamps)))
        if "step" in request.POST:
            return _grade_step(request, place, asked)
        return _grade(request, place, asked)
    if request.headers.get("HX-Request"):
        form = step_form(request, place.lesson.quiz, place)
        return _quiz_response(request, place, form, again=True)
    return redirect(f"{place.address}#quiz")


def _stamps(sitting: QuizSitting | None) -> dict[int, str]:
    return {int(card): stamp for card, stamp in sitting.old.items()} if sitting else {}


def _posted_number(request: HttpRequest) -> int | None:
    number = request.POST.get("number", "")[:LONGEST_ATTEMPT_NUMBER]
    return int(number) if number.isascii() and number.isdigit() else None


def _step_answer(request: HttpRequest, question: Question) -> Answer:
    """Return the answer to one question; None when it is skipped.

    Raises:
        AnswerError: there is none, or the places of an order question are not 1, 2, 3, …
    """
    if "skip" in request.POST:
        return None
    answer = quiz_form.read_questions([question], request.POST)[question.id]
    if not answer:
        raise AnswerError({question.id: _("Answer the question first.")})
    return answer


def _grade_step(request: HttpRequest, place: Place, asked: Asked) -> HttpResponse:
    """Grade the answer to one question; after the last one show the whole attempt."""
    user, quiz = signed_in(request.user), place.lesson.quiz
    question = next((one for one in asked.every if one.id == request.POST["step"]), None)
    if question is None:
        return redirect(f"{place.address}#quiz")
    try:
        answer = _step_answer(request, question)
        made = answer_step(
            user=user,
            quiz=quiz,
            asked=asked,
            number=_posted_number(request),
            name=question.id,
            answer=answer,
        )
    except AnswerError as error:
        sitting = find_sitting(user, quiz, asked.number)
        step = replace(step_of(asked, sitting), question=question, graded=None)
        reason = next(iter(error.reasons.values()))
        form = quiz_form.refused_step(asked, step, request.POST, reason)
        return _quiz_response(request, place, form, status=422)
    except AnsweredElsewhereError as error:
        form = step_form(request, quiz, place, str(error))
        return _quiz_response(request, place, form, status=409)
    if made is not None:
        return _graded(request, place, made)
    if not request.headers.get("HX-Request"):
        return redirect(f"{place.address}?answered={question.id}#quiz")
    sitting = find_sitting(user, quiz, asked.number)
    step = step_of(asked, sitting, question.id)
    return _quiz_response(request, place, quiz_form.one_step(asked, step))


def _grade(request: HttpRequest, place: Place, asked: Asked) -> HttpResponse:
    try:
        made = attempt(
            user=signed_in(request.user),
            quiz=place.lesson.quiz,
            answers=quiz_form.read_answers(asked, request.POST),
            number=_posted_number(request),
            old=asked.old,
        )
    except AnswerError as error:
        form = quiz_form.filled(asked, request.POST, error)
        return _quiz_response(request, place, form, status=422)
    except AnsweredElsewhereError as error:
        return _quiz_response(request, place, quiz_form.empty(asked, str(error)), status=409)
    return _graded(request, place, made)


def _graded(request: HttpRequest, place: Place, made: QuizAttempt) -> HttpResponse:
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
