"""Choosing content: for a platform's deep linking request, or for a link that opens nothing yet."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from classes.lti import deep_linking, launching, targets
from classes.lti.models import ResourceLink
from classes.lti.models.launches import LaunchKind
from classes.lti.pages.frames import allow_frames, refusals_as_pages
from classes.lti.refusals import Code, Refused

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from classes.lti.models import Launch

MOST_CHOSEN = 200


@csrf_exempt  # in a frame no cookie of the site comes back; the ticket and its cookie stand in
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@refusals_as_pages
def content(request: HttpRequest, secret: str) -> HttpResponse:
    """Show what can be linked; take the choice."""
    found = launching.find(secret, request.COOKIES)
    if found.platform is None or not found.facts.get("teaches"):
        raise Refused(Code.NOT_AN_INSTRUCTOR)
    if request.method != "POST":
        return _page(request, found)
    launching.count_try(found)
    keys = request.POST.getlist("content")[:MOST_CHOSEN]
    chosen = [entry for entry in targets.choices() if entry.target.key in set(keys)]
    chosen = list({entry.target: entry for entry in chosen}.values())
    if not chosen:
        return _page(request, found, error=_("Choose at least one entry."))
    if len(chosen) > 1 and not _several(found):
        return _page(request, found, error=_("Choose one entry only."))
    if found.kind == LaunchKind.RESOURCE:
        ResourceLink.objects.filter(launches=found).update(target=chosen[0].target.key)
        return redirect("lti:enter", secret)
    return _answered(request, found, chosen)


def _answered(request: HttpRequest, found: Launch, chosen: list[targets.Content]) -> HttpResponse:
    if found.platform is None:
        raise Refused(Code.LAUNCH_ENDED)
    address = found.facts["content"]["return_url"]
    parts = urlsplit(address)
    if parts.scheme not in {"http", "https"} or not parts.netloc or not address.isprintable():
        raise Refused(Code.MISSING_CLAIM, "deep_link_return_url")
    token = deep_linking.answer(found, chosen)
    if not launching.end(found):
        raise Refused(Code.LAUNCH_ENDED)
    facts = {"address": address, "token": token, "chosen": chosen, "platform": found.platform}
    page = render(request, "lti/return.html", facts)
    return allow_frames(page, found.platform.origins, form_action=address)


def _page(request: HttpRequest, found: Launch, *, error: str = "") -> HttpResponse:
    facts = {
        "launch": found,
        "choices": targets.choices(),
        "several": _several(found),
        "error": error,
    }
    page = render(request, "lti/content.html", facts, status=422 if error else 200)
    return allow_frames(page, found.platform.origins if found.platform else [])


def _several(found: Launch) -> bool:
    return bool(found.facts.get("content", {}).get("several"))
