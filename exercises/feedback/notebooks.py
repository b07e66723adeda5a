"""Notebooks as responses: downloads, the executed one in its frame, the cell that failed."""

from __future__ import annotations

import logging
from functools import cache
from typing import TYPE_CHECKING

import nbformat
import nh3
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.safestring import mark_safe

from grader.notebook import code_cells, read_notebook

if TYPE_CHECKING:
    from django.http import HttpRequest
    from django.utils.safestring import SafeString
    from nbconvert.exporters.html import HTMLExporter

    from exercises.models import Submission

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

ALLOWED_TAGS = (nh3.ALLOWED_TAGS | {"div", "span", "pre", "figure", "figcaption"}) - {"a", "map"}
ALLOWED_ATTRIBUTES = {
    "*": {"class", "title"},
    "img": {"src", "alt", "width", "height"},
    "td": {"colspan", "rowspan"},
    "th": {"colspan", "rowspan", "scope"},
}
"""Links go: a frame without rights cannot follow them, and a notebook must not lead away."""


def download(data: bytes, *, name: str) -> HttpResponse:
    """Answer with a notebook as a file to save."""
    response = HttpResponse(data, content_type=CONTENT_TYPE)
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    response["X-Content-Type-Options"] = "nosniff"
    return response


def framed(request: HttpRequest, source: str) -> HttpResponse:
    """Answer with an executed notebook as a page; its view adds `FRAME_POLICY`."""
    response = render(request, "exercises/executed.html", {"notebook": as_html(source)})
    response["Cache-Control"] = "private, max-age=3600"  # an executed notebook never changes
    return response


def as_html(source: str) -> SafeString:
    """Return an nbformat 4 document as sanitised HTML."""
    notebook = nbformat.reads(source, as_version=4)  # type: ignore[no-untyped-call]
    html, _resources = _exporter().from_notebook_node(notebook)
    clean = nh3.clean(
        html,
        tags=ALLOWED_TAGS,
        attributes=ALLOWED_ATTRIBUTES,
        attribute_filter=_kept,
        url_schemes={"data"},
        link_rel=None,
    )
    return mark_safe(clean)  # noqa: S308  # nh3 has just cleaned it


def failing_source(submission: Submission) -> str:
    """Return the source of the code cell that stopped the run; empty when there is none."""
    error = (submission.report or {}).get("error") or {}
    cell = error.get("cell")
    if cell is None:
        return ""
    cells = code_cells(read_notebook(bytes(submission.files.notebook)))
    return str(cells[cell].source) if cell < len(cells) else ""


def _kept(tag: str, attribute: str, value: str) -> str | None:
    """Pictures come with the notebook or not at all."""
    if (tag, attribute) == ("img", "src") and not value.startswith("data:image/"):
        return None
    return value


def _as_it_is(html: str) -> str:
    return html


@cache
def _exporter() -> HTMLExporter:
    from nbconvert.exporters.html import (  # noqa: PLC0415  # half a second, for this page only
        HTMLExporter,
    )

    quiet = logging.getLogger(f"{__name__}.nbconvert")
    quiet.setLevel(logging.ERROR)  # a learner's plot without a caption is no news to the operator
    exporter = HTMLExporter(template_name="basic", log=quiet, exclude_anchor_links=True)  # type: ignore[no-untyped-call]
    # `as_html` cleans the whole page; nbconvert's own cleaning of its pieces takes twice as long.
    exporter.register_filter("clean_html", _as_it_is)  # type: ignore[no-untyped-call]
    return exporter
