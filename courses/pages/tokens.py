"""The page of one's API tokens: make named ones that expire, revoke them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from courses.accounts.tokens import MOST_TOKENS, NAME_LENGTH, new_token, revoke, tokens_of
from courses.pages.access import confirmed_identity, signed_in

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

SHOWN_ONCE = "new_token"
"""Where the session holds a token between its making and the page that shows it."""


class TokenForm(forms.Form):
    """The name and the time of a new token."""

    name = forms.CharField(
        label=gettext_lazy("Name"),
        max_length=NAME_LENGTH,
        help_text=gettext_lazy("What it is for, such as the script or the machine."),
    )
    days = forms.TypedChoiceField(
        label=gettext_lazy("Valid for"),
        coerce=int,
        choices=[
            (30, gettext_lazy("30 days")),
            (90, gettext_lazy("90 days")),
            (365, gettext_lazy("a year")),
        ],
        initial=90,
    )


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
@never_cache
@confirmed_identity(allow_get=True)
def tokens(request: HttpRequest) -> HttpResponse:
    """Show one's tokens; make one, which is shown once; revoke one."""
    user = signed_in(request.user)
    form = TokenForm(request.POST if "make" in request.POST else None)
    if "revoke" in request.POST:
        key = request.POST["revoke"]
        if key.isdecimal() and revoke(user, key=int(key[:18])):
            messages.success(request, _("Your token has been revoked."))
        return redirect("courses:tokens")
    existing = tokens_of(user)
    if request.method == "POST" and form.is_valid():
        if existing.count() >= MOST_TOKENS:
            form.add_error(None, _("You have as many tokens as possible. Revoke one first."))
        else:
            facts = form.cleaned_data
            request.session[SHOWN_ONCE] = new_token(user, name=facts["name"], days=facts["days"])
            return redirect("courses:tokens")
    made = request.session.pop(SHOWN_ONCE, "")
    facts = {"form": form, "tokens": existing, "made": made}
    return render(request, "courses/tokens.html", facts, status=422 if form.errors else 200)
