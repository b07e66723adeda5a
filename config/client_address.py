"""The client's address behind trusted proxies, decided once for the throttles, the mails and logs.

The API's throttles, django-allauth's limits and gunicorn's access log all read ``REMOTE_ADDR``, so
this is the only place where ``X-Forwarded-For`` is read. The header never gets further.
"""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING, Final

from django.conf import settings

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpRequest
    from django.http.response import HttpResponseBase

FORWARDED: Final = "whybox.forwarded"
"""Set in a request's META when somebody forwarded it whom the settings do not trust."""

UNTRUSTED_HEADERS: Final = ("HTTP_X_FORWARDED_PROTO", "HTTP_X_FORWARDED_HOST", "HTTP_FORWARDED")


def client_address_middleware(
    get_response: Callable[[HttpRequest], HttpResponseBase],
) -> Callable[[HttpRequest], HttpResponseBase]:
    """Set ``REMOTE_ADDR`` to the client's address; believe as many proxies as the settings say."""

    def middleware(request: HttpRequest) -> HttpResponseBase:
        meta = request.META
        forwarded = meta.pop("HTTP_X_FORWARDED_FOR", "")
        if settings.TRUSTED_PROXIES:
            if address := _address(forwarded, settings.TRUSTED_PROXIES):
                meta["REMOTE_ADDR"] = address
        else:
            claims = [meta.pop(name, "") for name in UNTRUSTED_HEADERS]
            if forwarded or any(claims):
                meta[FORWARDED] = "1"
        return get_response(request)

    return middleware


def _address(forwarded: str, proxies: int) -> str | None:
    """Return the address that the outermost trusted proxy saw; None where the header is short.

    Each proxy appends whom it was called by, so what the client wrote itself stands further left.
    """
    addresses = [one.strip() for one in forwarded.split(",")]
    if len(addresses) < proxies:
        return None
    try:
        return str(ipaddress.ip_address(addresses[-proxies]))
    except ValueError:
        return None
