"""Times in the learner's own zone."""

from __future__ import annotations

import zoneinfo
from typing import TYPE_CHECKING, Final

from django.utils import timezone

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpRequest, HttpResponse

COOKIE: Final = "time_zone"
"""What the browser's own clock is set to, written by `site.js`."""
UTC: Final = zoneinfo.ZoneInfo("UTC")


def time_zone_middleware(
    get_response: Callable[[HttpRequest], HttpResponse],
) -> Callable[[HttpRequest], HttpResponse]:
    """Show times in the zone that the visitor chose, else the browser's, else UTC."""

    def middleware(request: HttpRequest) -> HttpResponse:
        chosen = getattr(request.user, "time_zone", "") or request.COOKIES.get(COOKIE, "")
        with timezone.override(zone_of(chosen)):
            return get_response(request)

    return middleware


def zone_of(name: str) -> zoneinfo.ZoneInfo:
    """Return the zone of this name; UTC for one that is empty or no zone."""
    try:
        return zoneinfo.ZoneInfo(name) if name else UTC
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):  # a cookie may hold anything
        return UTC
