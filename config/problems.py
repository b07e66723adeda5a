"""API errors as problem documents (RFC 9457)."""

from typing import Any

from rest_framework import exceptions
from rest_framework.response import Response
from rest_framework.views import exception_handler


def problem_response(error: Exception, context: dict[str, Any]) -> Response | None:
    """Answer an API error as ``application/problem+json``.

    A refused field stands under ``errors`` by its name; anything unexpected stays Django's own
    500, which tells the learner nothing and the operator everything.
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
        problem["title"] = "Invalid request."
        problem["errors"] = response.data
    elif isinstance(response.data, dict) and "detail" in response.data:
        problem["detail"] = str(response.data["detail"])
        if code := getattr(response.data["detail"], "code", None):
            problem["code"] = code
    response.data = problem
    response.content_type = "application/problem+json"
    return response
