"""Micro-tasks of a lesson: put into its page, and answered, with and without scripts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib.auth.decorators import login_required
from django.http import Http404
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from courses.microtasks.answers import answer_task, find_task, kept_answers
from courses.microtasks.task_form import TaskForm
from courses.pages.access import signed_in
from courses.pages.lessons import find_place, lesson_context
from courses.quizzes.grading import AnswerError

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse


@require_POST
@login_required
def task(request: HttpRequest, course: str, lesson: str, task: str) -> HttpResponse:
    """Grade the answer to a micro-task and show it in the task's place."""
    place = find_place(request, course, lesson)
    found = find_task(place.lesson, task)
    if found is None:
        raise Http404
    user, given = signed_in(request.user), request.POST.get("answer", "")
    try:
        kept = answer_task(user=user, lesson=place.lesson, task=found, given=given)
        form = TaskForm(found, kept, has_news=True)
    except AnswerError as error:
        before = kept_answers(user, place.lesson).get(found.id)
        reason = next(iter(error.reasons.values()))
        form = TaskForm(found, before, typed=given[:1000], error=reason, has_news=True)
    if request.headers.get("HX-Request"):
        # htmx puts only answers with status 2xx into the page
        context = {"form": form, "course": place.lesson.course, "lesson": place.lesson}
        return render(request, "courses/_task.html", context)
    if not form.error:
        return redirect(f"{place.address}#task-{found.id}")
    context = lesson_context(request, place, refused=form)
    return render(request, "courses/lesson.html", context, status=422)
