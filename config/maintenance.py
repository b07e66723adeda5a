"""While the site is in maintenance, everybody but staff gets 503, with the time to try again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from django.shortcuts import render

from config.problem_details import is_api, problem_response
from courses.accounts.roles import SiteRight
from courses.maintenance.mode import announced
from courses.models import User

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpRequest, HttpResponse
    from django.http.response import HttpResponseBase

RETRY_SECONDS: Final = 120
OPEN: Final = ("/accounts/", "/i18n/", "/static/", "/status/", "/sw.js", "/offline/")
"""What answers still: signing in, so that staff can end it, and what tells about it."""


def maintenance_middleware(
    get_response: Callable[[HttpRequest], HttpResponseBase],
) -> Callable[[HttpRequest], HttpResponseBase]:
    """Refuse requests during maintenance; below the authentication, which says who is asking."""

    def middleware(request: HttpRequest) -> HttpResponseBase:
        message = announced()
        if message is None or request.path_info.startswith(OPEN) or _operates(request):
            return get_response(request)
        return _closed(request, message)

    return middleware


def _operates(request: HttpRequest) -> bool:
    return isinstance(request.user, User) and request.user.may(SiteRight.OPERATE)


def _closed(request: HttpRequest, message: str) -> HttpResponse:
    response: HttpResponse
    if is_api(request):
        detail = message or "The site is being maintained. Try again in a few minutes."
        response = problem_response(status=503, code="maintenance", detail=detail)
    else:
        response = render(request, "maintenance.html", {"message": message}, status=503)
    response["Retry-After"] = str(RETRY_SECONDS)
    response["Cache-Control"] = "no-store"
    return response
