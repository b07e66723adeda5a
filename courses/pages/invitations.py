"""Invitations to sign up: staff write them, and their links lead to the sign-up page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required, permission_required
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods, require_safe

from courses.accounts import signup

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

MOST_AT_ONCE = 200


class InvitationForm(forms.Form):
    """Addresses to invite."""

    addresses = forms.CharField(
        label=gettext_lazy("Email addresses"),
        help_text=gettext_lazy("One a line, up to 200."),
        max_length=40_000,
        widget=forms.Textarea(attrs={"rows": 6, "autocomplete": "off"}),
    )

    def clean_addresses(self) -> list[str]:
        """Return the addresses, each once.

        Raises:
            ValidationError: there are too many, or one is no address.
        """
        found = list(dict.fromkeys(self.cleaned_data["addresses"].replace(",", " ").split()))
        if len(found) > MOST_AT_ONCE:
            raise ValidationError(_("At most 200 addresses at once."))
        for address in found:
            try:
                validate_email(address)
            except ValidationError as error:
                raise ValidationError(
                    _("“%(address)s” is no email address."), params={"address": address[:100]}
                ) from error
        return found


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
@permission_required("courses.add_user", raise_exception=True)
def invitations(request: HttpRequest) -> HttpResponse:
    """Write invitations."""
    form = InvitationForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        number = signup.invite(form.cleaned_data["addresses"])
        text = ngettext("%(number)d invitation sent.", "%(number)d invitations sent.", number)
        messages.success(request, text % {"number": number})
        return redirect("courses:invitations")
    status = 422 if form.errors else 200
    return render(request, "courses/invitations.html", {"form": form}, status=status)


@require_safe
def invited(request: HttpRequest, key: str) -> HttpResponse:
    """Lead whoever was invited to the sign-up page."""
    email = signup.invited_address(key)
    if email is None:
        messages.error(request, _("This invitation is no longer valid. Ask for a new one."))
        return redirect("account_login")
    signup.welcome(request, email)
    return redirect(f"{reverse('account_signup')}?invited=1")
