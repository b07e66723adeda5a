"""A learner's own API token: made, shown once, taken away."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST
from rest_framework.authtoken.models import Token

from courses.learners.pages import signed_in

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse


@require_POST
@login_required
@transaction.atomic
def token(request: HttpRequest) -> HttpResponse:
    """Make a new token, which ends the old one, and show it; with ``remove``, only end it."""
    user = signed_in(request.user)
    Token.objects.filter(user=user).delete()
    if "remove" in request.POST:
        messages.success(request, _("Your token no longer works."))
    else:
        made = Token.objects.create(user=user)
        messages.success(request, _("Your token, shown only now: %(token)s") % {"token": made.key})
    return redirect("courses:profile")
