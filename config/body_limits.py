"""Requests with too large a body are refused before any of it is read, parsed or stored.

Django's own limit leaves files out: a form with a file of any size would be written to the disk
first, whatever the address and whoever asks.
"""

from __future__ import annotations

import tempfile
from typing import TYPE_CHECKING, Any, Final

from django.conf import settings
from django.http import HttpResponse
from django.urls import Resolver404, resolve

from config.problem_details import is_api, problem_response

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from django.http import HttpRequest
    from django.http.response import HttpResponseBase

UPLOAD_VIEWS: Final = frozenset(
    {"exercises:submit", "api:exercise-submissions", "api:draft-upload"}
)
"""Where a notebook may be sent."""

FORM_BYTES: Final = 65_536
"""What a form adds to the file that it carries: its other fields and the multipart marks."""

CHUNK_BYTES: Final = 65_536


def body_limit_middleware(
    get_response: Callable[[HttpRequest], HttpResponseBase],
) -> Callable[[HttpRequest], HttpResponseBase]:
    """Answer 413 to a request that announces more bytes than its address takes."""

    def middleware(request: HttpRequest) -> HttpResponseBase:
        length = request.META.get("CONTENT_LENGTH") or "0"
        if not (length.isascii() and length.isdigit()):
            return _refused(request, 400, "invalid", "Invalid Content-Length.")
        limit = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
        if int(length) > limit and _takes_notebooks(request.path_info):
            limit = settings.UPLOAD_MAX_BYTES + FORM_BYTES
        if int(length) > limit:
            detail = f"At most {limit:,} bytes are accepted here."
            return _refused(request, 413, "request_too_large", detail)
        return get_response(request)

    return middleware


def _takes_notebooks(path: str) -> bool:
    try:
        return resolve(path).view_name in UPLOAD_VIEWS
    except Resolver404:
        return False


def _refused(request: HttpRequest, status: int, code: str, detail: str) -> HttpResponse:
    if is_api(request):
        return problem_response(status=status, code=code, detail=detail)
    return HttpResponse(detail, status=status, content_type="text/plain; charset=utf-8")


def measure_chunked_bodies(application: Callable[..., Iterable[bytes]]) -> Callable[..., Any]:
    """Wrap a WSGI application: a body that comes in chunks gets a length, up to the largest limit.

    Django reads only as much as ``Content-Length`` announces, that is nothing of such a body. No
    more than one byte above the limit is read; the middleware then refuses it by its length.
    """

    def measured(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        chunked = "chunked" in environ.get("HTTP_TRANSFER_ENCODING", "").lower()
        if not chunked or environ.get("CONTENT_LENGTH"):
            return application(environ, start_response)
        most = settings.UPLOAD_MAX_BYTES + FORM_BYTES + 1
        if not _takes_notebooks(environ.get("PATH_INFO", "")):
            most = settings.DATA_UPLOAD_MAX_MEMORY_SIZE + 1
        with tempfile.SpooledTemporaryFile(max_size=CHUNK_BYTES * 16) as body:
            length = 0
            while length < most:
                piece = environ["wsgi.input"].read(min(CHUNK_BYTES, most - length))
                if not piece:
                    break
                length += body.write(piece)
            body.seek(0)
            environ |= {"CONTENT_LENGTH": str(length), "wsgi.input": body}
            return application(environ, start_response)

    return measured
