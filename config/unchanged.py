"""Pages that have not changed since the browser last saw them: a short 304 instead of the page."""

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
"""Where a page carries its anti-forgery token, masked anew for each answer."""


def unchanged_middleware(
    get_response: Callable[[HttpRequest], HttpResponseBase],
) -> Callable[[HttpRequest], HttpResponseBase]:
    """Give each page that may be kept an ETag, and answer 304 to whoever has it already.

    It stands outside the middleware that writes the Content-Security-Policy: a 304 carries no
    policy, so a page that is shown again keeps the one that its own nonce belongs to.
    """

    def middleware(request: HttpRequest) -> HttpResponseBase:
        response = get_response(request)
        if request.method != "GET" or not isinstance(response, HttpResponse):
            return response
        if _may_be_kept(response) and not response.has_header("ETag"):
            response["ETag"] = _mark(request, response.content)
        etag = response.get("ETag")
        return get_conditional_response(request, etag=etag, response=response) or response

    return middleware


def _may_be_kept(response: HttpResponse) -> bool:
    return response.status_code == 200 and "no-store" not in response.get("Cache-Control", "")  # noqa: PLR2004  # HTTP's word for "fine"


def _mark(request: HttpRequest, body: bytes) -> str:
    # Behind every mask stands the same secret: a page with another mask is the same page, and the
    # one that the browser kept can still be posted from, as long as the secret is the same.
    secret = str(request.META.get("CSRF_COOKIE", "")).encode()
    plain = _TOKEN.sub(rb"\g<before>" + secret, body)
    return f'"{hashlib.sha256(plain).hexdigest()[:32]}"'
