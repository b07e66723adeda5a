"""The API's OpenAPI document: made once by each web process."""

from __future__ import annotations

import threading
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

from django.http import HttpResponse
from django.utils import translation
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.utils import extend_schema
from drf_spectacular.views import SpectacularAPIView

if TYPE_CHECKING:
    from rest_framework.renderers import BaseRenderer
    from rest_framework.request import Request

VERSION: Final = "v1"
_making = threading.Lock()


@lru_cache(maxsize=8)
def _document(renderer: type[BaseRenderer]) -> bytes:
    with translation.override("en"):
        schema = SchemaGenerator(api_version=VERSION).get_schema(request=None, public=True)  # type: ignore[no-untyped-call]
    document: Any = renderer().render(schema, renderer_context={})
    return document if isinstance(document, bytes) else str(document).encode()


class SchemaView(SpectacularAPIView):
    """``GET schema/``.

    To make the document takes a large part of a second, and anybody may ask for it. What is kept
    depends on nothing but the format, so no address asks for it anew.
    """

    @extend_schema(exclude=True)
    def get(self, request: Request, *args: Any, **kwargs: Any) -> HttpResponse:  # noqa: ARG002  # the framework's
        """Answer with the document as YAML or JSON, as the client prefers."""
        renderer = request.accepted_renderer
        with _making:
            document = _document(type(renderer))  # type: ignore[arg-type]  # a class is hashable
        name = f"whybox-{VERSION}.{renderer.format}"
        return HttpResponse(
            document,
            content_type=renderer.media_type,
            headers={"Content-Disposition": f'inline; filename="{name}"'},
        )
