"""The pages of the discussion."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.paginator import Paginator
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from courses.accounts.roles import SiteRight
from courses.discussion import posts, subscriptions
from courses.discussion.models import Post
from courses.discussion.post_forms import (
    AnswerForm,
    EditAnswerForm,
    EditQuestionForm,
    QuestionForm,
)
from courses.discussion.reports import PostRefused, report
from courses.discussion.showing import shown_posts
from courses.discussion.subjects import Subject, find_subject, subject_of
from courses.pages.access import signed_in

if TYPE_CHECKING:
    import uuid

    from django.core.paginator import Page
    from django.forms import Form
    from django.http import HttpRequest, HttpResponse

    from courses.models import User

QUESTIONS_A_PAGE = 20
ANSWERS_A_PAGE = 20


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
                add_errors(form, error)
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
    status = 422
    if request.method == "POST":
        if not request.user.is_authenticated:
            return redirect("account_login")
        if form.is_valid():
            try:
                made = posts.answer(
                    author=signed_in(request.user), question=found, **form.cleaned_data
                )
            except ValidationError as error:
                status = 409 if isinstance(error, PostRefused) else 422
                add_errors(form, error)
            else:
                return redirect(made)
    page = _answers(request, found)
    asked, *answers = shown_posts(request.user, subject, [found, *page], question=found)
    signed = request.user.is_authenticated
    return render(
        request,
        "courses/question.html",
        {
            "subject": subject,
            "asked": asked,
            "answers": answers,
            "page": page,
            "form": form,
            "may_answer": not (found.taken_away or asked.closed),
            "may_accept": signed
            and (asked.own or asked.moderates or signed_in(request.user).may(SiteRight.ANSWER)),
            "following": signed and subscriptions.follows(signed_in(request.user), found),
            "crumbs": [
                (subject.part.title, subject.part.get_absolute_url()),
                (_("Discussion"), subject.address),
                (found.title if asked.readable else _("Not shown"), ""),
            ],
        },
        status=status if form.is_bound else 200,
    )


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def edit(request: HttpRequest, key: uuid.UUID) -> HttpResponse:
    """Edit one's own post; what somebody else or another window saved meanwhile is shown."""
    post = get_object_or_404(Post.objects.select_related("question", "author"), pk=key)
    user = signed_in(request.user)
    if post.author_id != user.pk:
        raise PermissionDenied
    facts = {"title": post.title, "body": post.body, "spoiler": post.spoiler}
    form_class = EditQuestionForm if post.question_id is None else EditAnswerForm
    form = form_class(request.POST or None, initial=facts | {"version": post.version})
    status, present = 422, None
    if form.is_valid():
        try:
            posts.edit(author=user, post=post, **({"title": ""} | form.cleaned_data))
        except ValidationError as error:
            add_errors(form, error)
            if isinstance(error, PostRefused):
                status = 409
                if error.reason == "conflict":
                    post.refresh_from_db()
                    present = post
                    form.data = request.POST.copy()  # saving again is meant: it was compared
                    form.data["version"] = str(post.version)
        else:
            messages.success(request, _("Saved."))
            return redirect(post)
    return render(
        request,
        "courses/edit_post.html",
        {
            "post": post,
            "form": form,
            "present": present,
            "crumbs": [(post.title or _("Question"), post.get_absolute_url()), (_("Edit"), "")],
        },
        status=status if form.is_bound else 200,
    )


@require_POST
@login_required
def change(request: HttpRequest, key: uuid.UUID) -> HttpResponse:
    """Accept, delete, restore, report or follow a post, as the pressed button says."""
    post = get_object_or_404(Post.objects.select_related("question", "author"), pk=key)
    user = signed_in(request.user)
    try:
        told = _act(request, user, post)
    except ValidationError as error:
        messages.error(request, error.messages[0])
    else:
        if told:
            messages.success(request, told)
    return redirect(post)


def _act(request: HttpRequest, user: User, post: Post) -> str:
    """Do what the pressed button says; return what to tell."""
    action = request.POST.get("action")
    if action == "accept":
        posts.accept(user=user, post=post)
    elif action == "delete":
        posts.delete(user=user, post=post)
        return _("Deleted. You can restore it on this page.")
    elif action == "restore":
        posts.restore(user=user, post=post)
    elif action == "report":
        report(reporter=user, post=post, reason=request.POST.get("reason", ""))
        return _("Thank you. A moderator will review it.")
    elif action in {"follow", "unfollow"}:
        following = action == "follow"
        subscriptions.follow(user=user, question=post.question or post, following=following)
        if following:
            return _("You'll get an email when somebody answers.")
        return _("You'll get no more emails about this question.")
    return ""


def _answers(request: HttpRequest, found: Post) -> Page[Post]:
    """Return a page of the answers: the one asked for, or the one that holds a named answer."""
    answers = Post.objects.answers_to(found).select_related("author")
    number: str | int | None = request.GET.get("page")
    if number is None and (named := request.GET.get("post")):
        keys = [str(key) for key in answers.values_list("pk", flat=True)]
        number = keys.index(named) // ANSWERS_A_PAGE + 1 if named in keys else 1
    return Paginator(answers, ANSWERS_A_PAGE).get_page(number)


def add_errors(form: Form, error: ValidationError) -> None:
    """Add an error to the field of a form that it concerns."""
    if hasattr(error, "error_dict"):
        for name, errors in error.error_dict.items():
            form.add_error(name if name in form.fields else None, errors)
    else:
        form.add_error(None, error)
