"""Staff need a second factor, where the setting says so: without one they reach only its set-up."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from allauth.mfa.models import Authenticator
from allauth.mfa.utils import is_mfa_enabled
from django.conf import settings
from django.http import JsonResponse
from django.shortcuts import render

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpRequest, HttpResponse

REACHED_WITHOUT: Final = ("/accounts/", "/i18n/", "/static/", "/privacy/", "/sw.js")
"""Where the second factor is set up, and what its pages need."""

FACTORS: Final = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)
"""Recovery codes alone are none: they recover one of these."""


def lacks_second_factor(user: Any) -> bool:
    """Say whether the site asks this user for a second factor that there is not."""
    if not (settings.STAFF_SECOND_FACTOR and (user.is_staff or user.is_superuser)):
        return False
    return not is_mfa_enabled(user, types=FACTORS)


def second_factor_middleware(
    get_response: Callable[[HttpRequest], HttpResponse],
) -> Callable[[HttpRequest], HttpResponse]:
    """Answer staff without a second factor with a page that leads to setting one up."""

    def middleware(request: HttpRequest) -> HttpResponse:
        if request.path.startswith(REACHED_WITHOUT) or not lacks_second_factor(request.user):
            return get_response(request)
        if request.path.startswith("/api/"):
            facts = {
                "type": "about:blank",
                "title": "Forbidden",
                "status": 403,
                "code": "second_factor_required",
                "detail": "Staff need a second factor here. Set one up on the site first.",
            }
            return JsonResponse(facts, status=403, content_type="application/problem+json")
        return render(request, "account/second_factor.html", status=403)

    return middleware
