"""Values that no column holds: refused as malformed, wherever in the site they reach the database.

Forms refuse a NUL and numbers out of range by themselves; an address, a query or a parameter that a
view reads without a form comes to the database as it was sent.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from django.core.exceptions import BadRequest
from django.db import DataError

from config.problem_details import bad_request

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpRequest, HttpResponse

logger = logging.getLogger(__name__)


class UnstorableValuesMiddleware:
    """Answers 400 where the database refuses a value for what it is."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Let the view answer."""
        return self._get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """Answer what a view raised; None leaves it to others."""
        if not is_unstorable(error):
            return None
        # Without the error, which quotes the value; with the view, which should have refused it.
        view = request.resolver_match.view_name if request.resolver_match else ""
        logger.error(
            "a value that no column holds was refused: %s in %r", type(error).__name__, view
        )
        return bad_request(request, BadRequest())


def is_unstorable(error: Exception) -> bool:
    """Say whether the database has refused a value: a NUL, a number or a text out of range."""
    if isinstance(error, DataError):
        return True
    return isinstance(error, OverflowError) and "SQLite INTEGER" in str(error)
