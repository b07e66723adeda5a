"""The page on which superusers give roles of the whole site."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from courses.accounts.role_giving import role_holders, set_roles
from courses.accounts.roles import SiteRight, SiteRole
from courses.models import SiteChange, User
from courses.pages.access import signed_in

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

LATEST = 20


class RolesForm(forms.Form):
    """Somebody's address and all roles that this person shall have."""

    email = forms.EmailField(label=gettext_lazy("Email address of the account"), max_length=254)
    roles = forms.MultipleChoiceField(
        label=gettext_lazy("Roles"),
        choices=SiteRole,
        widget=forms.CheckboxSelectMultiple,
        required=False,
        help_text=gettext_lazy("Exactly these; none takes all roles away."),
    )

    def clean_email(self) -> User:
        """Return the account with this address."""
        found = User.objects.filter(email__iexact=self.cleaned_data["email"]).first()
        if found is None:
            raise forms.ValidationError(_("There is no account with this address."))
        return found


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
@never_cache
def roles(request: HttpRequest) -> HttpResponse:
    """Show who has which role; give and take roles."""
    actor = signed_in(request.user)
    if not actor.may(SiteRight.GIVE_ROLES):
        raise PermissionDenied
    form = RolesForm(request.POST or None)
    if form.is_valid():
        person = form.cleaned_data["email"]
        set_roles(actor=actor, person=person, roles=form.cleaned_data["roles"])
        messages.success(request, _("Saved: %(email)s") % {"email": person.email})
        return redirect("courses:roles")
    names = dict(SiteRole.choices)
    facts = {
        "form": form,
        "holders": [
            (person, [names[role] for role in person.roles if role in names])
            for person in role_holders()
        ],
        "changes": SiteChange.objects.filter(action="roles.changed").select_related(
            "actor", "person"
        )[:LATEST],
    }
    return render(request, "courses/roles.html", facts, status=422 if form.errors else 200)
