"""The data sets and pictures that lessons read, for those who work in their own environment."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Final

from django.conf import settings
from django.http import FileResponse, Http404
from django.views.decorators.http import require_safe

if TYPE_CHECKING:
    from django.http import HttpRequest

_NAME: Final = re.compile(r"[a-z0-9_]+\.(csv|png)")
_TYPES: Final = {"csv": "text/csv", "png": "image/png"}


@require_safe
def data_set(_request: HttpRequest, name: str) -> FileResponse:
    """Answer with a data set or a picture as a file to be saved."""
    file = Path(settings.CONTENT_DIR) / "data" / name
    found = _NAME.fullmatch(name)
    if found is None or not file.is_file():
        raise Http404
    return FileResponse(file.open("rb"), as_attachment=True, content_type=_TYPES[found[1]])
