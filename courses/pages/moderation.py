"""The pages of moderators: the inbox, one post, its history, the audit; and what a person was told.

Whoever teaches a class comes to the page of a post of theirs as well; the rules decide, not roles.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.paginator import Paginator
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from courses.accounts.roles import SiteRight
from courses.discussion import inbox, moderation
from courses.discussion.authority import may_moderate
from courses.discussion.post_forms import HideForm, ResolveForm, WarningForm
from courses.discussion.reports import PostRefused, resolve
from courses.models import ModeratorWarning, Post, SiteChange
from courses.pages.access import signed_in
from courses.pages.discussion import add_errors

if TYPE_CHECKING:
    import uuid

    from django.forms import Form
    from django.http import HttpRequest, HttpResponse

    from courses.models import User

MOST_LISTED = 25
CHANGES_A_PAGE = 50


@require_safe
@login_required
@never_cache
def moderation_inbox(request: HttpRequest) -> HttpResponse:
    """Show what waits on the whole site: open questions, and for moderators reports."""
    user = _with_right(request, SiteRight.ANSWER)
    moderates = user.may(SiteRight.MODERATE)
    everywhere = Post.objects.all()
    pages = Paginator(inbox.unanswered(everywhere), MOST_LISTED)
    facts = {
        "moderates": moderates,
        "page": pages.get_page(request.GET.get("page")),
        "reported": inbox.reported(everywhere)[:MOST_LISTED] if moderates else [],
        "edited": inbox.edited_while_hidden(everywhere)[:MOST_LISTED] if moderates else [],
        "counts": inbox.counts(everywhere),
    }
    return render(request, "courses/moderation.html", facts)


@require_safe
@login_required
@never_cache
def changes(request: HttpRequest) -> HttpResponse:
    """Show the audit of the site, the latest first."""
    _with_right(request, SiteRight.MODERATE)
    found = SiteChange.objects.select_related("actor", "person")
    page = Paginator(found, CHANGES_A_PAGE).get_page(request.GET.get("page"))
    return render(request, "courses/moderation_changes.html", {"page": page})


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
@never_cache
def moderate(request: HttpRequest, key: uuid.UUID) -> HttpResponse:
    """Show everything about one post to whoever moderates it; do what the pressed button says."""
    post, user = _moderated(request, key)
    forms: dict[str, Form] = {
        "hide": HideForm(),
        "warn": WarningForm(),
        "resolve": ResolveForm(),
    }
    status = 200
    if request.method == "POST":
        action = request.POST.get("action", "")
        bound: Form | None = None
        if action in forms:
            bound = forms[action] = type(forms[action])(request.POST)
        try:
            if bound is None or bound.is_valid():
                messages.success(request, _done(user, post, action, bound))
                return redirect("courses:moderate", post.pk)
            status = 422
        except ValidationError as error:
            status = 409 if isinstance(error, PostRefused) else 422
            if bound is None:
                messages.error(request, error.messages[0])
            else:
                add_errors(bound, error)
            post.refresh_from_db()
    return render(request, "courses/moderate_post.html", _facts(post, forms), status=status)


def _done(user: User, post: Post, action: str, form: Form | None) -> str:
    """Do what a button says; return what to tell."""
    facts = {} if form is None else form.cleaned_data
    if action == "hide":
        moderation.hide(actor=user, post=post, reason=facts["reason"])
        return _("Hidden. The author was told why.")
    if action == "show":
        moderation.show(actor=user, post=post)
        return _("Shown again.")
    if action == "warn":
        moderation.warn(actor=user, post=post, message=facts["message"])
        return _("Sent.")
    if action == "resolve":
        number = resolve(actor=user, post=post, outcome=facts["outcome"], note=facts["note"])
        return ngettext("%d report resolved.", "%d reports resolved.", number) % number
    thread = post.question or post
    if action == "close":
        moderation.close(actor=user, question=thread)
        return _("Closed. The thread takes no answers or edits.")
    if action == "reopen":
        moderation.reopen(actor=user, question=thread)
        return _("Reopened.")
    raise ValidationError(_("Choose what to do."))


def _facts(post: Post, forms: dict[str, Form]) -> dict[str, object]:
    thread = post.question or post
    return {
        "post": post,
        "thread": thread,
        "forms": forms,
        "reports": post.reports.select_related("reporter", "settled_by"),
        "open_reports": post.reports.filter(settled_at=None).count(),
        "versions": post.versions.count(),
        "earlier": ModeratorWarning.objects.filter(person=post.author).select_related("given_by")[
            :MOST_LISTED
        ]
        if post.author is not None
        else [],
        "changes": SiteChange.objects.filter(post_id=post.pk).select_related("actor")[:MOST_LISTED],
        "crumbs": [
            (thread.title, thread.get_absolute_url()),
            (_("Moderation"), ""),
        ],
    }


@require_safe
@login_required
@never_cache
def history(request: HttpRequest, key: uuid.UUID) -> HttpResponse:
    """Show what a post said before each edit, to whoever moderates it."""
    post, _user = _moderated(request, key)
    page = Paginator(post.versions.all(), MOST_LISTED).get_page(request.GET.get("page"))
    thread = post.question or post
    facts = {
        "post": post,
        "page": page,
        "crumbs": [(thread.title, post.get_absolute_url()), (_("History"), "")],
    }
    return render(request, "courses/post_history.html", facts)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
@never_cache
def notices(request: HttpRequest) -> HttpResponse:
    """Show what moderators told a person, and which of the person's posts are hidden."""
    user = signed_in(request.user)
    if request.method == "POST":
        for warning in ModeratorWarning.objects.filter(person=user, read_at=None):
            if str(warning.pk) == request.POST.get("warning"):
                moderation.note_read(person=user, key=warning.pk)
        return redirect("courses:notices")
    hidden = Post.objects.filter(author=user, hidden_at__isnull=False, deleted_at=None)
    facts = {
        "warnings": user.warnings.select_related("post__question")[:MOST_LISTED],
        "hidden": hidden.select_related("question").order_by("-hidden_at")[:MOST_LISTED],
    }
    return render(request, "courses/notices.html", facts)


def _with_right(request: HttpRequest, right: SiteRight) -> User:
    user = signed_in(request.user)
    if not user.may(right):
        raise PermissionDenied
    return user


def _moderated(request: HttpRequest, key: uuid.UUID) -> tuple[Post, User]:
    """Return a post and whoever moderates it.

    Raises:
        PermissionDenied: the visitor may not moderate it.
    """
    user = signed_in(request.user)
    post = get_object_or_404(Post.objects.select_related("author", "question__author"), pk=key)
    if not may_moderate(user, post):
        raise PermissionDenied
    return post, user
