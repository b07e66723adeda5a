"""The pages of an account: settings and deletion."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.decorators import login_required
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, override
from django.views.decorators.http import require_http_methods

from courses.accounts.profile_form import ProfileForm
from courses.certificates.issuing import apply_changed_name, show_name_everywhere
from courses.pages.access import confirmed_identity, signed_in
from courses.privacy.erasure import Certificates, Posts, erase

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse


class EraseForm(forms.Form):
    """The choices about certificates and posts, and the address typed once more."""

    certificates = forms.ChoiceField(
        label=gettext_lazy("Your certificates"),
        choices=[
            (Certificates.KEEP, gettext_lazy("keep them valid, without your name")),
            (Certificates.FORGET, gettext_lazy("revoke them")),
        ],
        widget=forms.RadioSelect,
        initial=Certificates.KEEP,
    )
    posts = forms.ChoiceField(
        label=gettext_lazy("Your discussion posts"),
        choices=[
            (Posts.KEEP, gettext_lazy("keep them, without your name")),
            (Posts.FORGET, gettext_lazy("delete their text")),
        ],
        widget=forms.RadioSelect,
        initial=Posts.KEEP,
    )
    email = forms.CharField(
        label=gettext_lazy("Type your email to confirm"),
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "off"}),
    )

    def __init__(self, *args: Any, address: str, **facts: Any) -> None:
        super().__init__(*args, **facts)
        self.address = address

    def clean_email(self) -> str:
        """Refuse another address than the account's."""
        email = str(self.cleaned_data["email"]).strip()
        if email.lower() != self.address.lower():
            raise forms.ValidationError(_("This is not the email address of your account."))
        return email


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def profile(request: HttpRequest) -> HttpResponse:
    """Show and change one's own settings."""
    user = signed_in(request.user)
    form = ProfileForm(request.POST or None, instance=user)
    if request.method != "POST" or not form.is_valid():
        status = 422 if request.method == "POST" else 200
        return render(request, "courses/profile.html", {"form": form}, status=status)
    form.save()
    if "name_public" in form.changed_data:
        show_name_everywhere(user=user)
    if "name" in form.changed_data:
        apply_changed_name(user=user)
    response = redirect("courses:profile")
    if user.locale:
        response.set_cookie(
            settings.LANGUAGE_COOKIE_NAME, user.locale, max_age=31_536_000, samesite="Lax"
        )
    else:
        response.delete_cookie(settings.LANGUAGE_COOKIE_NAME)
    with override(user.locale or None):
        messages.success(request, _("Saved."))
    return response


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
@confirmed_identity()
def erase_account(request: HttpRequest) -> HttpResponse:
    """Ask, and erase the account for good; whoever asks has just confirmed who they are."""
    user = signed_in(request.user)
    form = EraseForm(request.POST or None, address=user.email)
    if request.method != "POST" or not form.is_valid():
        status = 422 if request.method == "POST" else 200
        return render(request, "courses/erase.html", {"form": form}, status=status)
    logout(request)
    erase(
        user=user,
        certificates=Certificates(form.cleaned_data["certificates"]),
        posts=Posts(form.cleaned_data["posts"]),
    )
    messages.success(request, _("Your account has been deleted."))
    return redirect("courses:home")
