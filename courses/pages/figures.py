"""The files of lessons' figures."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING

from csp.decorators import csp_replace
from django.conf import settings
from django.http import Http404, HttpResponse
from django.views.decorators.http import require_safe

from courses.models import Figure

if TYPE_CHECKING:
    from django.http import HttpRequest

FOR_EVER = "public, max-age=31536000, immutable"
MEDIA_TYPES = {".svg": "image/svg+xml", ".json": "application/json"}


# A figure is opened as a picture. Opened as a page of its own it can do nothing but show itself:
# drawings style their shapes by attributes, which the site's own policy would refuse.
@csp_replace({"default-src": ["'none'"], "style-src": ["'unsafe-inline'"], "sandbox": True})  # type: ignore[arg-type]  # its type knows no view with arguments
@require_safe
def figure(_request: HttpRequest, digest: str, name: str) -> HttpResponse:
    """Answer with a figure's file, to be cached for ever: its digest is in its address."""
    row = next(
        (row for row in Figure.objects.filter(digest=digest) if Path(row.path).name == name), None
    )
    if row is None:
        raise Http404
    file = Path(settings.CONTENT_DIR) / row.path
    try:
        content = file.read_bytes()
    except OSError as error:
        raise Http404 from error
    response = HttpResponse(content, content_type=MEDIA_TYPES[file.suffix])
    current = hashlib.sha256(content).hexdigest().startswith(digest)
    # A file that was drawn anew but not loaded yet is shown, and asked for again.
    response["Cache-Control"] = FOR_EVER if current else "no-store"
    return response
