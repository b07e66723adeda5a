"""API errors as problem details (RFC 9457)."""

from __future__ import annotations

import errno
import re
import sys
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final, NoReturn

from django.http import Http404, HttpResponse, JsonResponse
from django.template.loader import render_to_string
from django.views import defaults
from drf_spectacular.utils import extend_schema
from rest_framework import exceptions, permissions
from rest_framework.views import APIView, exception_handler

from courses.database import CONNECTION_FAULTS

if TYPE_CHECKING:
    from django.http import HttpRequest
    from rest_framework.request import Request
    from rest_framework.response import Response

CONTENT_TYPE: Final = "application/problem+json"
API: Final = re.compile(r"/api(/|$)")

_NO_SUCH_ROW: Final = re.compile(r"No (\w+) matches the given query\.")
"""What Django's `get_object_or_404` says; the class's name is the only useful word of it."""


def problem_details_handler(error: Exception, context: dict[str, Any]) -> Response | None:
    """Answer an API error as ``application/problem+json`` with a stable ``code``.

    The messages of a refused field are listed under ``errors`` by its name; a refusal that has a
    `problem_code` of its own carries that. An unexpected error stays Django's own 500, which shows
    the client nothing and logs the traceback.
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
        code = getattr(error, "problem_code", "invalid")
        problem |= {"title": "Invalid request.", "code": code, "errors": response.data}
    elif isinstance(error, Http404):
        missing = _NO_SUCH_ROW.fullmatch(str(error))
        problem |= {"detail": f"{missing[1]} not found." if missing else "Not found."}
        problem |= {"code": "not_found"}
    elif isinstance(response.data, dict) and "detail" in response.data:
        problem["detail"] = str(response.data["detail"])
        code = getattr(response.data["detail"], "code", None)
        problem["code"] = code or _code(response.status_code)
    response.data = problem
    response.content_type = CONTENT_TYPE
    return response


def problem_response(*, status: int, code: str, detail: str) -> JsonResponse:
    """Return a problem document for what fails before any view of the API is reached."""
    problem = {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
        "code": code,
    }
    return JsonResponse(problem, status=status, content_type=CONTENT_TYPE)


def is_api(request: HttpRequest) -> bool:
    """Say whether a request is for the API."""
    return API.match(request.path_info) is not None


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer what Django itself refuses, such as a malformed form."""
    if is_api(request):
        return problem_response(status=400, code="bad_request", detail="Malformed request.")
    return defaults.bad_request(request, exception)


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer a refusal that came from outside the API's views."""
    if is_api(request):
        return problem_response(status=403, code="permission_denied", detail="Permission denied.")
    return defaults.permission_denied(request, exception)


def page_not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer an address that nothing has."""
    if is_api(request):
        return problem_response(status=404, code="not_found", detail="Not found.")
    return defaults.page_not_found(request, exception)


def server_error(request: HttpRequest) -> HttpResponse:
    """Answer an unexpected error; the traceback is in the log.

    A fault of the database or the disk may pass: clients are told to try again.
    """
    if _may_pass(sys.exc_info()[1]):
        return _unavailable(request)
    if is_api(request):
        detail = "Something went wrong on our side."
        return problem_response(status=500, code="server_error", detail=detail)
    return defaults.server_error(request)


def _may_pass(error: BaseException | None) -> bool:
    """Whether `error` is a database that does not answer, or a disk that is full or read-only."""
    if isinstance(error, CONNECTION_FAULTS):
        return True
    return isinstance(error, OSError) and error.errno in {errno.ENOSPC, errno.EROFS, errno.EDQUOT}


def _unavailable(request: HttpRequest) -> HttpResponse:
    if is_api(request):
        detail = "The site cannot do this at the moment. Try again in some seconds."
        return problem_response(status=503, code="unavailable", detail=detail)
    return HttpResponse(render_to_string("503.html"), status=HTTPStatus.SERVICE_UNAVAILABLE)


def _code(status: int) -> str:
    return HTTPStatus(status).phrase.lower().replace(" ", "_")


@extend_schema(exclude=True)
class UnknownAddressView(APIView):
    """Answers every address below ``/api/`` that no other view has, with a 404 in JSON."""

    permission_classes = (permissions.AllowAny,)

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> NoReturn:  # noqa: ARG002  # the signature of APIView
        """Refuse every method alike, before authentication is asked for."""
        raise exceptions.NotFound
