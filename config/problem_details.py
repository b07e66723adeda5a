"""API errors as problem details (RFC 9457)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final, NoReturn

from django.http import Http404
from drf_spectacular.utils import extend_schema
from rest_framework import exceptions, permissions
from rest_framework.views import APIView, exception_handler

if TYPE_CHECKING:
    from rest_framework.request import Request
    from rest_framework.response import Response

_NO_SUCH_ROW: Final = re.compile(r"No (\w+) matches the given query\.")
"""What Django's `get_object_or_404` says; the class's name is the only useful word of it."""


def problem_details_handler(error: Exception, context: dict[str, Any]) -> Response | None:
    """Answer an API error as ``application/problem+json`` with a stable ``code``.

    The messages of a refused field are listed under ``errors`` by its name. An unexpected error
    stays Django's own 500, which shows the client nothing and logs the traceback.
    """
    response = exception_handler(error, context)
    if response is None:
        return None
    problem: dict[str, Any] = {
        "type": "about:blank",
        "title": response.status_text,
        "status": response.status_code,
    }
    if isinstance(error, exceptions.ValidationError):
        problem |= {"title": "Invalid request.", "code": "invalid", "errors": response.data}
    elif isinstance(error, Http404):
        missing = _NO_SUCH_ROW.fullmatch(str(error))
        problem |= {"detail": f"{missing[1]} not found." if missing else "Not found."}
        problem |= {"code": "not_found"}
    elif isinstance(response.data, dict) and "detail" in response.data:
        problem["detail"] = str(response.data["detail"])
        if code := getattr(response.data["detail"], "code", None):
            problem["code"] = code
    response.data = problem
    response.content_type = "application/problem+json"
    return response


@extend_schema(exclude=True)
class UnknownAddressView(APIView):
    """Answers every address below ``/api/v1/`` that no other view has, with a 404 in JSON."""

    permission_classes = (permissions.AllowAny,)

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> NoReturn:  # noqa: ARG002  # the signature of APIView
        """Refuse every method alike, before authentication is asked for."""
        raise exceptions.NotFound
