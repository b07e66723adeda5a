"""Conditional GET: a page that has not changed since the browser last got it is answered with 304.

Django's own `ConditionalGetMiddleware` would never match here: each page with a form carries the
CSRF token, which is masked anew for every response.
"""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING, Final

from django.http import HttpResponse
from django.utils.cache import get_conditional_response

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpRequest
    from django.http.response import HttpResponseBase

_TOKEN: Final = re.compile(
    rb'(?P<before>name="csrfmiddlewaretoken" value=|"X-CSRFToken": )"[A-Za-z0-9]{64}"'
)
"""Where a page carries its masked CSRF token."""


def etag_middleware(
    get_response: Callable[[HttpRequest], HttpResponseBase],
) -> Callable[[HttpRequest], HttpResponseBase]:
    """Give each cacheable page an ETag, and answer 304 when the browser has that page already.

    It wraps the middleware that writes the Content-Security-Policy: a 304 carries no policy, so a
    page that is shown again keeps the policy with its own nonce.
    """

    def middleware(request: HttpRequest) -> HttpResponseBase:
        response = get_response(request)
        if request.method != "GET" or not isinstance(response, HttpResponse):
            return response
        if _is_cacheable(response) and not response.has_header("ETag"):
            response["ETag"] = _etag(request, response.content)
        etag = response.get("ETag")
        return get_conditional_response(request, etag=etag, response=response) or response

    return middleware


def _is_cacheable(response: HttpResponse) -> bool:
    return response.status_code == 200 and "no-store" not in response.get("Cache-Control", "")  # noqa: PLR2004  # HTTP's status for "OK"


def _etag(request: HttpRequest, body: bytes) -> str:
    # Every mask hides the same secret: a page with another mask is the same page, and the
    # browser's copy of it can still be posted from as long as the secret is the same.
    secret = str(request.META.get("CSRF_COOKIE", "")).encode()
    unmasked = _TOKEN.sub(rb"\g<before>" + secret, body)
    return f'"{hashlib.sha256(unmasked).hexdigest()[:32]}"'
