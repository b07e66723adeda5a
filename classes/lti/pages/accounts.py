"""A person's own page: which platforms the account is linked with, and how to end that."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from classes.lti import accounts
from classes.lti.models import LmsAccount
from courses.pages.access import signed_in

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def linked_accounts(request: HttpRequest) -> HttpResponse:
    """List the links of the account, and undo one."""
    mine = LmsAccount.objects.filter(user=signed_in(request.user)).select_related("platform")
    if request.method == "POST":
        chosen = request.POST.get("account", "")
        accounts.unlink(account=get_object_or_404(mine, pk=chosen if chosen.isdigit() else 0))
        messages.success(request, _("Unlinked. No more scores are sent."))
        return redirect("lti:accounts")
    crumbs = [(_("Profile"), reverse("courses:profile")), (_("Learning platforms"), "")]
    return render(request, "lti/accounts.html", {"accounts": mine, "crumbs": crumbs})
