"""The page of dynamic registration, which a platform opens in a frame or a window."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from classes.lti import registration
from classes.lti.models.platforms import ADDRESS_LENGTH
from classes.lti.pages.frames import allow_frames, refusals_as_pages
from classes.lti.refusals import Code, Refused

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse


@csrf_exempt  # in a frame no cookie of the site comes back; the address holds a secret
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@refusals_as_pages
def register(request: HttpRequest, secret: str) -> HttpResponse:
    """Show which platform asks, and register it when its administrator agrees."""
    invitation = registration.find_invitation(secret)
    given = request.POST if request.method == "POST" else request.GET
    configuration = given.get("openid_configuration", "")
    try:
        parts = urlsplit(configuration)
    except ValueError as error:
        raise Refused(Code.MISSING_PARAMETER, "openid_configuration") from error
    if not parts.netloc or len(configuration) > ADDRESS_LENGTH:
        raise Refused(Code.MISSING_PARAMETER, "openid_configuration")
    platform = None
    token = given.get("registration_token", "")
    if request.method == "POST":
        platform = registration.register(
            invitation=invitation, configuration=configuration, token=token
        )
    facts = {
        "host": parts.netloc,
        "configuration": configuration,
        "token": token,
        "platform": platform,
    }
    page = render(request, "lti/register.html", facts)
    return allow_frames(page, [f"{parts.scheme}://{parts.netloc}"])
