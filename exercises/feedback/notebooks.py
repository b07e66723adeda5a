"""Notebooks as responses: downloads, and the executed one in its frame."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.safestring import mark_safe

if TYPE_CHECKING:
    from django.http import HttpRequest

CONTENT_TYPE = "application/x-ipynb+json"

FRAME_POLICY = {
    "default-src": ["'none'"],
    "style-src": ["'self'"],
    "img-src": ["data:"],
    "font-src": ["'self'"],
    "form-action": ["'none'"],
    "base-uri": ["'none'"],
    "frame-ancestors": ["'self'"],
    "sandbox": [""],
}
"""An executed notebook is a learner's own HTML: it may be looked at, and can do nothing."""


def download(data: bytes, *, name: str) -> HttpResponse:
    """Answer with a notebook as a file to save."""
    response = HttpResponse(data, content_type=CONTENT_TYPE)
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    response["X-Content-Type-Options"] = "nosniff"
    return response


def framed(request: HttpRequest, page: str) -> HttpResponse:
    """Answer with the stored page of an executed notebook; its view adds `FRAME_POLICY`.

    `grader.notebook_page` has rendered and sanitised it once, after the run.
    """
    facts = {"notebook": mark_safe(page)}  # noqa: S308  # stored only when it was sanitised
    response = render(request, "exercises/executed.html", facts)
    response["Cache-Control"] = "private, max-age=3600"  # an executed notebook never changes
    return response
