"""Each request has an id, which its log lines carry and its response names.

A submission keeps the id of the request that brought it, so that one search finds the upload, the
grading and the verdict.
"""

from __future__ import annotations

import logging
import re
import time
import uuid
from typing import TYPE_CHECKING, Any, Final

from django.conf import settings
from structlog import contextvars

from courses import metrics, tracing

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpRequest
    from django.http.response import HttpResponseBase

HEADER: Final = "X-Request-ID"
WELL_FORMED: Final = re.compile(r"[A-Za-z0-9._-]{8,64}")
"""Of an id that a trusted proxy gave; another one is replaced."""
METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})

logger = logging.getLogger(__name__)


def request_id_middleware(
    get_response: Callable[[HttpRequest], HttpResponseBase],
) -> Callable[[HttpRequest], HttpResponseBase]:
    """Bind the request's id, log one line about the request, name the id in the response."""

    def middleware(request: HttpRequest) -> HttpResponseBase:
        began = time.perf_counter()
        given = request.META.get("HTTP_X_REQUEST_ID", "")
        trusted = settings.TRUSTED_PROXIES and WELL_FORMED.fullmatch(given)
        request_id = given if trusted else uuid.uuid4().hex
        contextvars.clear_contextvars()
        contextvars.bind_contextvars(request_id=request_id)
        try:
            with tracing.request_span(request_id) as describe:
                response = get_response(request)
                response[HEADER] = request_id
                facts = _facts(request, response.status_code, time.perf_counter() - began)
                describe(f"{facts['method']} {facts['route']}", **facts)
            return response
        finally:
            contextvars.clear_contextvars()

    return middleware


def _facts(request: HttpRequest, status: int, seconds: float) -> dict[str, Any]:
    """Count a request, log it by its route (an address may hold a key or a search), return that."""
    metrics.REQUESTS.labels(request.method if request.method in METHODS else "other", status).inc()
    metrics.REQUEST_TIME.observe(seconds)
    match = request.resolver_match
    facts = {
        "method": request.method,
        "route": match.route if match else "",
        "status": status,
        "seconds": round(seconds, 4),
    }
    logger.info("request", extra={"facts": facts})
    return facts
