"""Values that no column holds: refused as malformed, wherever in the site they reach the database.

Forms refuse a NUL and numbers out of range by themselves; an address, a query or a parameter that a
view reads without a form comes to the database as it was sent. So does the key of a session, which
is read before any view: a cookie that holds a NUL is none.
"""

from __future__ import annotations

import logging
import traceback
from pathlib import Path
from typing import TYPE_CHECKING, Final

from django.core.exceptions import BadRequest
from django.db import DataError

from config.environment import BASE_DIR
from config.problem_details import bad_request

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpRequest, HttpResponse

DIVISION_BY_ZERO: Final = "22012"
"""PostgreSQL's code for the one kind of `DataError` that is a mistake of the site's own query."""

logger = logging.getLogger(__name__)


def cookie_middleware(
    get_response: Callable[[HttpRequest], HttpResponse],
) -> Callable[[HttpRequest], HttpResponse]:
    """Forget cookies that hold a NUL; no browser and no page of the site makes one."""

    def middleware(request: HttpRequest) -> HttpResponse:
        for name in [name for name, value in request.COOKIES.items() if "\0" in value]:
            del request.COOKIES[name]
        return get_response(request)

    return middleware


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
        name, place = type(error).__name__, _place(error)
        logger.error("a value that no column holds was refused: %s in %r (%s)", name, view, place)
        return bad_request(request, BadRequest())


def is_unstorable(error: Exception) -> bool:
    """Say whether the database has refused a value: a NUL, a number or a text out of range."""
    if isinstance(error, DataError):
        return getattr(error.__cause__, "sqlstate", None) != DIVISION_BY_ZERO
    return isinstance(error, OverflowError) and "SQLite INTEGER" in str(error)


def _place(error: Exception) -> str:
    """Return the file and line of the site's own code where an error came from."""
    for frame in reversed(traceback.extract_tb(error.__traceback__)):
        path = Path(frame.filename)
        if path.is_relative_to(BASE_DIR) and "site-packages" not in path.parts:
            return f"{path.relative_to(BASE_DIR)}:{frame.lineno}"
    return "elsewhere"
