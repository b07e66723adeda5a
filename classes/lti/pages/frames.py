"""Pages that a platform may show in a frame, and the plain page of a refusal."""

from __future__ import annotations

from functools import wraps
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from csp.constants import NONE, SELF
from django.shortcuts import render

from classes.lti.models import Platform
from classes.lti.refusals import SENTENCES, Refused, status_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from django.http import HttpRequest, HttpResponse

IN_FRAME = frozenset({"iframe", "frame", "embed", "object"})


def is_framed(request: HttpRequest) -> bool:
    """Say whether the browser loads this into a frame of another page."""
    return request.headers.get("Sec-Fetch-Dest", "") in IN_FRAME


def allow_frames(
    response: HttpResponse, origins: Iterable[str], *, form_action: str = ""
) -> HttpResponse:
    """Let pages of these origins show a response in a frame, and its form post to an address."""
    allowed = [origin for origin in origins if is_origin(origin)]
    policy: dict[str, list[str]] = {"frame-ancestors": allowed or [NONE]}
    if form_action:
        parts = urlsplit(form_action)
        policy["form-action"] = [SELF, f"{parts.scheme}://{parts.netloc}"]
    response._csp_replace = policy  # type: ignore[attr-defined]  # noqa: SLF001  # as its decorators do
    response.xframe_options_exempt = True
    return response


def registered_origins() -> list[str]:
    """Return the origins of all registered platforms, where it is not known which one asks."""
    active = Platform.objects.filter(active=True)
    return list(dict.fromkeys(origin for platform in active for origin in platform.origins))


def refusal_page(request: HttpRequest, refusal: Refused) -> HttpResponse:
    """Return the page of a refusal: what happened, what to do, and the code for administrators."""
    sentence, advice = SENTENCES[refusal.code]
    facts = {"code": refusal.code, "sentence": sentence, "advice": advice}
    response = render(request, "lti/refused.html", facts, status=status_of(refusal.code))
    response["Cache-Control"] = "no-store"
    return allow_frames(response, registered_origins())


def refusals_as_pages(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Show each refusal of a view as its page."""

    @wraps(view)
    def shown(request: HttpRequest, *arguments: Any, **facts: Any) -> HttpResponse:
        try:
            return view(request, *arguments, **facts)
        except Refused as refusal:
            return refusal_page(request, refusal)

    return shown


def is_origin(text: str) -> bool:
    """Say whether this is an origin and nothing that would end a policy's directive."""
    parts = urlsplit(text)
    return (
        parts.scheme in {"http", "https"}
        and bool(parts.netloc)
        and text == f"{parts.scheme}://{parts.netloc}"
        and not any(mark in text for mark in " ;,'\"*@\\")
        and text.isascii()
        and text.isprintable()
    )
