"""Today's review: old questions, one at a time, each explained as soon as it is answered."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from courses.models import User
from courses.pages.access import signed_in
from courses.quizzes import quiz_form
from courses.quizzes.grading import AnswerError, grade
from courses.quizzes.quiz_form import OldLine, QuestionLine
from courses.quizzes.reviews import due_questions, find_cards, record_due, waiting

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from courses.quizzes.reviews import DueQuestion


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def review(request: HttpRequest) -> HttpResponse:
    """Ask the next question of today's review; grade the answer to one."""
    user = signed_in(request.user)
    if request.method == "POST":
        return _graded(request, user)
    left = waiting(user)
    asked = due_questions(user, most=1) if left else []
    return _page(request, _open(asked[0]) if asked else None, left)


def _graded(request: HttpRequest, user: User) -> HttpResponse:
    with transaction.atomic():
        # two windows of one learner take turns
        User.objects.select_for_update().get(pk=user.pk)
        found = find_cards(user, quiz_form.read_stamps(request.POST))[:1]
        if not found:
            return redirect("courses:review")
        try:
            answers = quiz_form.read_questions([found[0].question], request.POST)
            graded = grade([found[0].question], answers)
        except AnswerError as error:
            return _refused(request, found[0], next(iter(error.reasons.values())))
        if not graded[0].answered:
            return _refused(request, found[0], _("Answer the question first."))
        record_due(user, found, graded, in_review=True)
    line = OldLine(quiz_form.graded_line(graded[0]), found[0].lesson)
    return _page(request, line, waiting(user))


def _open(asked: DueQuestion, error: str = "") -> OldLine:
    line = QuestionLine(asked.question, error=error)
    return OldLine(line, asked.lesson, f"{asked.card.pk}:{asked.stamp}")


def _refused(request: HttpRequest, asked: DueQuestion, reason: str) -> HttpResponse:
    return _page(request, _open(asked, reason), waiting(signed_in(request.user)), status=422)


def _page(
    request: HttpRequest, old: OldLine | None, left: int, *, status: int = 200
) -> HttpResponse:
    crumbs = [(_("My learning"), reverse("courses:dashboard")), (_("Today's review"), "")]
    context = {"old": old, "left": left, "crumbs": crumbs}
    return render(request, "courses/review.html", context, status=status)
