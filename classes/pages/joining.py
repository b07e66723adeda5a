"""Joining by link, code or invitation, and leaving."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.contrib.auth.views import redirect_to_login
from django.core.cache import cache
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from classes import membership
from classes.audit import ChangeRefused
from classes.models import Class, Member
from classes.pages.access import DO, class_page, signed_in
from classes.pages.forms import CodeForm
from classes.rights import Access, Right
from courses.accounts.signup import welcome

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

TRIES_AN_HOUR = 30
"""Wrong codes that one account may try in an hour; there are 31**8 codes."""


@require_POST
@never_cache
@login_required
def join(request: HttpRequest) -> HttpResponse:
    """Take a typed code to the class's page."""
    form = CodeForm(request.POST)
    code = form.cleaned_data["code"] if form.is_valid() else ""
    counted = f"class-codes-{signed_in(request).pk}"
    if (cache.get_or_set(counted, 0, 3600) or 0) >= TRIES_AN_HOUR:
        messages.error(request, _("Too many codes tried. Try again in an hour."))
        return redirect("classes:classes")
    if not Class.objects.filter(join_code=code).exists():
        cache.incr(counted)
        messages.error(request, _("No class has this code. Check it for typos."))
        return redirect("classes:classes")
    return redirect("classes:join_link", code)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def join_link(request: HttpRequest, code: str) -> HttpResponse:
    """Show which class it is, and let the visitor in who wants to."""
    if not request.user.is_authenticated:
        # The same for every code, so that nobody learns from it which ones there are.
        return _sign_in_first(request, _("To join the class, sign in, or sign up if you're new."))
    user = signed_in(request)
    klass = get_object_or_404(Class, join_code=code.upper())
    if Member.objects.present().filter(klass=klass, user=user).exists():
        return redirect("classes:home", klass.pk)
    refusal, unconfirmed = "", False
    if request.method == "POST":
        try:
            membership.join_by_code(klass=klass, user=user)
        except ChangeRefused as error:
            refusal = str(error)
            unconfirmed = isinstance(error, membership.AddressUnconfirmed)
        else:
            messages.success(request, _("Welcome to the class."))
            return redirect("classes:home", klass.pk)
    facts = {"klass": klass, "refusal": refusal, "unconfirmed": unconfirmed}
    return render(request, "classes/join.html", facts, status=409 if refusal else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def invitation(request: HttpRequest, key: str) -> HttpResponse:
    """Show the class that somebody is invited to, and let them in; sign-up is open to them."""
    member = get_object_or_404(Member.objects.present().select_related("klass"), invitation_key=key)
    if not request.user.is_authenticated:
        welcome(request, member.email)
        told = _("You're invited to the class “%(title)s”. Sign in, or sign up if you're new.")
        return _sign_in_first(request, told % {"title": member.klass.title})
    user = signed_in(request)
    if member.user_id == user.pk:
        return redirect("classes:home", member.klass_id)
    refusal = ""
    if request.method == "POST":
        try:
            membership.accept_invitation(member=member, user=user)
        except ChangeRefused as error:
            refusal = str(error)
        else:
            messages.success(request, _("Welcome to the class."))
            return redirect("classes:home", member.klass_id)
    facts = {"klass": member.klass, "refusal": refusal, "invited": member}
    return render(request, "classes/join.html", facts, status=409 if refusal else 200)


@class_page(Right.BELONG, DO)
def leave(request: HttpRequest, access: Access) -> HttpResponse:
    """Leave the class; everything is found again by coming back."""
    if access.member is not None:
        membership.leave(member=access.member, actor=access.user)
    messages.success(request, _("You have left the class. What you did is kept."))
    return redirect("classes:classes")


def _sign_in_first(request: HttpRequest, why: str) -> HttpResponse:
    """Say on the sign-in page what the visitor came for, and come back afterwards."""
    messages.info(request, why)
    return redirect_to_login(request.get_full_path())
