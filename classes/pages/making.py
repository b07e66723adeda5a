"""One's classes; making, changing, copying, archiving a class; the audit."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from classes import making
from classes.audit import ACTIONS
from classes.audit_words import details
from classes.membership import link_confirmed
from classes.models import Member
from classes.pages.access import DO, EDIT, READ, class_page, done, page, signed_in
from classes.pages.forms import CodeForm, CopyForm, SettingsForm
from classes.rights import Access, Right, may_make_classes

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

ENTRIES_A_PAGE = 50


@require_safe
@never_cache
@login_required
def classes(request: HttpRequest) -> HttpResponse:
    """List one's classes; invitations to a confirmed address are taken up."""
    user = signed_in(request)
    if link_confirmed(user):
        messages.success(request, _("You were added to a class that invited you."))
    mine = Member.objects.present().filter(user=user).select_related("klass")
    members = list(mine.order_by("-klass__starts_on", "klass__title"))
    facts = {
        "running": [one for one in members if not one.klass.archived],
        "archived": [one for one in members if one.klass.archived],
        "may_make": may_make_classes(user),
        "form": CodeForm(),
    }
    return render(request, "classes/classes.html", facts)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@login_required
def new(request: HttpRequest) -> HttpResponse:
    """Make a class."""
    user = signed_in(request)
    if not may_make_classes(user):
        raise PermissionDenied
    initial = {
        "time_zone": timezone.get_current_timezone_name(),
        "starts_on": timezone.localdate(),
    }
    form = SettingsForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        made = making.make_class(actor=user, courses=form.courses_of_class, **form.facts)
        messages.success(
            request, _("Class created. Set its dates here, then add people on the roster.")
        )
        return redirect("classes:schedule", made.pk)
    facts = {"form": form, "title": _("New class")}
    return render(request, "classes/new.html", facts, status=422 if form.errors else 200)


@class_page(Right.CHANGE, EDIT)
def settings(request: HttpRequest, access: Access) -> HttpResponse:
    """Change title, courses, dates, joining and policy."""
    form = SettingsForm(request.POST or None, instance=access.klass)
    if request.method == "POST" and form.is_valid():
        making.change_class(
            klass=access.klass,
            actor=access.user,
            version=form.cleaned_data["version"] or 0,
            courses=form.courses_of_class,
            **form.facts,
        )
        return done(request, access, "settings", _("Saved. All marks follow the new rules."))
    access.klass.refresh_from_db()  # the form has written into it
    facts = {"form": form, "join_address": _join_address(request, access)}
    return page(request, access, "classes/settings.html", facts, status=422 if form.errors else 200)


@class_page(Right.CHANGE, DO)
def replace_code(request: HttpRequest, access: Access) -> HttpResponse:
    """Give the class a new join code."""
    making.replace_code(klass=access.klass, actor=access.user)
    return done(request, access, "settings", _("New join code. The old link has stopped working."))


@class_page(Right.CHANGE, DO)
def archive(request: HttpRequest, access: Access) -> HttpResponse:
    """Make the class read-only."""
    making.archive(klass=access.klass, actor=access.user)
    return done(request, access, "settings", _("Archived. Everything can be read, not changed."))


@class_page(Right.CHANGE, DO)
def reopen(request: HttpRequest, access: Access) -> HttpResponse:
    """Let an archived class be changed again."""
    making.reopen(klass=access.klass, actor=access.user)
    return done(request, access, "settings", _("The class can be changed again."))


@class_page(Right.CHANGE, EDIT)
def copy(request: HttpRequest, access: Access) -> HttpResponse:
    """Copy the class to a new term."""
    form = CopyForm(request.POST or None, initial={"title": access.klass.title})
    if request.method == "POST" and form.is_valid():
        copied = making.copy_class(klass=access.klass, actor=access.user, **form.cleaned_data)
        messages.success(request, _("Copied. Check the dates below."))
        return redirect("classes:schedule", copied.pk)
    return page(
        request, access, "classes/copy.html", {"form": form}, status=422 if form.errors else 200
    )


@class_page(Right.SEE, READ)
def audit(request: HttpRequest, access: Access) -> HttpResponse:
    """Show who changed what, the latest first."""
    entries = access.klass.audit.select_related("actor", "member__user", "part")
    shown = Paginator(entries, ENTRIES_A_PAGE).get_page(request.GET.get("page"))
    lines = [
        (entry, ACTIONS.get(entry.action, entry.action), details(entry, access.klass.zone))
        for entry in shown
    ]
    return page(request, access, "classes/audit.html", {"page": shown, "lines": lines})


def _join_address(request: HttpRequest, access: Access) -> str:
    return request.build_absolute_uri(reverse("classes:join_link", args=[access.klass.join_code]))
