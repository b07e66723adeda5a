"""The pages of the discussion."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from courses.discussion import posts
from courses.discussion.models import Post
from courses.discussion.post_forms import AnswerForm, QuestionForm, ReportForm
from courses.discussion.subjects import Subject, find_subject, subject_of
from courses.pages.access import signed_in

if TYPE_CHECKING:
    import uuid

    from django.core.paginator import Page
    from django.forms import Form
    from django.http import HttpRequest, HttpResponse

QUESTIONS_A_PAGE = 20
ANSWERS_A_PAGE = 20


@dataclass(frozen=True)
class ShownPost:
    """A post as one visitor sees it.

    Attributes:
        hidden: it contains a solution that the visitor has not found yet.
        may_delete: the visitor may delete or restore it.
    """

    post: Post
    hidden: bool
    may_delete: bool
    accepted: bool = False


@require_http_methods(["GET", "HEAD", "POST"])
def lesson_discussion(request: HttpRequest, course: str, lesson: str) -> HttpResponse:
    """Show the questions on a lesson; take a new one."""
    return _discussion(request, find_subject(course=course, lesson=lesson))


@require_http_methods(["GET", "HEAD", "POST"])
def exercise_discussion(request: HttpRequest, slug: str) -> HttpResponse:
    """Show the questions on an exercise; take a new one."""
    return _discussion(request, find_subject(exercise=slug))


def _discussion(request: HttpRequest, subject: Subject) -> HttpResponse:
    form = QuestionForm(request.POST or None)
    if request.method == "POST":
        if not request.user.is_authenticated:
            return redirect("account_login")
        if form.is_valid():
            try:
                asked = posts.ask(
                    author=signed_in(request.user), subject=subject.key, **form.cleaned_data
                )
            except ValidationError as error:
                _put(form, error)
            else:
                return redirect(asked)
    questions = Post.objects.questions(subject.key).with_answer_counts()
    page = Paginator(questions, QUESTIONS_A_PAGE).get_page(request.GET.get("page"))
    return render(
        request,
        "courses/discussion.html",
        {
            "subject": subject,
            "page": page,
            "form": form,
            "crumbs": [
                (subject.part.title, subject.part.get_absolute_url()),
                (_("Discussion"), ""),
            ],
        },
        status=422 if form.is_bound else 200,
    )


@require_http_methods(["GET", "HEAD", "POST"])
def question(request: HttpRequest, key: uuid.UUID) -> HttpResponse:
    """Show a question with its answers; take a new answer."""
    found = get_object_or_404(Post.objects.select_related("author"), pk=key, question=None)
    subject = subject_of(found.subject)
    form = AnswerForm(request.POST or None)
    if request.method == "POST":
        if not request.user.is_authenticated:
            return redirect("account_login")
        if form.is_valid():
            try:
                made = posts.answer(
                    author=signed_in(request.user), question=found, **form.cleaned_data
                )
            except ValidationError as error:
                _put(form, error)
            else:
                return redirect(made)
    solved = subject.solution_visible_to(request.user)
    page = _answers(request, found)

    def shown(post: Post) -> ShownPost:
        own = request.user.is_authenticated and post.author_id == request.user.pk
        return ShownPost(
            post,
            hidden=post.spoiler and not solved and not own,
            may_delete=posts.may_delete(request.user, post),
            accepted=post.pk == found.accepted_id,
        )

    return render(
        request,
        "courses/question.html",
        {
            "subject": subject,
            "asked": shown(found),
            "answers": [shown(post) for post in page],
            "page": page,
            "form": form,
            "report_form": ReportForm(),
            "may_accept": request.user.is_authenticated
            and (signed_in(request.user).is_staff or found.author_id == request.user.pk),
            "crumbs": [
                (subject.part.title, subject.part.get_absolute_url()),
                (_("Discussion"), subject.address),
                (found.title if found.deleted_at is None else _("Deleted"), ""),
            ],
        },
        status=422 if form.is_bound else 200,
    )


@require_POST
@login_required
def change(request: HttpRequest, key: uuid.UUID) -> HttpResponse:
    """Accept, delete, restore or report a post, as the pressed button says."""
    post = get_object_or_404(Post.objects.select_related("question"), pk=key)
    user = signed_in(request.user)
    action = request.POST.get("action")
    if action == "accept":
        posts.accept(user=user, post=post)
    elif action == "delete":
        posts.delete(user=user, post=post)
        messages.success(request, _("Deleted. You can restore it on this page."))
    elif action == "restore":
        posts.restore(user=user, post=post)
    elif action == "report":
        try:
            posts.report(reporter=user, post=post, reason=request.POST.get("reason", ""))
        except ValidationError as error:
            messages.error(request, error.messages[0])
        else:
            messages.success(request, _("Thank you. A moderator will review it."))
    return redirect(post)


def _answers(request: HttpRequest, found: Post) -> Page[Post]:
    """Return a page of the answers: the one asked for, or the one that holds a named answer."""
    answers = Post.objects.answers_to(found).select_related("author")
    number: str | int | None = request.GET.get("page")
    if number is None and (named := request.GET.get("post")):
        keys = [str(key) for key in answers.values_list("pk", flat=True)]
        number = keys.index(named) // ANSWERS_A_PAGE + 1 if named in keys else 1
    return Paginator(answers, ANSWERS_A_PAGE).get_page(number)


def _put(form: Form, error: ValidationError) -> None:
    """Add an error to the field of a form that it concerns."""
    if hasattr(error, "error_dict"):
        for name, errors in error.error_dict.items():
            form.add_error(name if name in form.fields else None, errors)
    else:
        form.add_error(None, error)
