"""The files of a certificate: PDF, badges and data; the site's keys and status lists."""

from __future__ import annotations

import hashlib
import logging
from typing import TYPE_CHECKING

from django.core.cache import caches
from django.http import Http404, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.translation import get_language
from django.views.decorators.cache import cache_control
from django.views.decorators.http import condition, require_safe
from django.views.decorators.vary import vary_on_headers

from courses.certificates.badges import badge_png, badge_svg
from courses.certificates.credentials import as_text, signed_credential
from courses.certificates.facts import facts_of
from courses.certificates.keys import did_document
from courses.certificates.models import Certificate
from courses.certificates.pdf import certificate_pdf
from courses.certificates.status_lists import as_jwt, list_credential, with_proof
from courses.certificates.typesetting import TypesettingError

if TYPE_CHECKING:
    import uuid
    from collections.abc import Callable

    from django.http import HttpRequest

KEPT_SECONDS = 3600
"""How long a PDF or a badge is kept: making one takes half a second, and anybody may ask."""
NOT_FOR_SEARCH_ENGINES = "noindex, nofollow"
LIST_FORMS = ("application/json", "application/vc", "application/vc+ld+json", "application/ld+json")
JWT_FORMS = ("application/vc+jwt", "application/jwt")
logger = logging.getLogger(__name__)


def _state(_request: HttpRequest, key: uuid.UUID) -> str | None:
    """Return what stands for a certificate's files as they would be made now, for the ETag."""
    found = Certificate.objects.with_subject().filter(pk=key).first()
    if found is None:
        return None
    proof = signed_credential(found)["proof"]["proofValue"]
    text = f"{facts_of(found)} {get_language()} {proof}"
    return f'"{hashlib.sha256(text.encode()).hexdigest()[:32]}"'


@require_safe
@cache_control(private=True, no_cache=True)
@condition(etag_func=_state)
def pdf(request: HttpRequest, key: uuid.UUID) -> HttpResponse:
    """Answer with the certificate as a PDF; it says what the page says."""
    return _made(request, key, certificate_pdf, "pdf", "application/pdf")


@require_safe
@cache_control(private=True, no_cache=True)
@condition(etag_func=_state)
def svg(request: HttpRequest, key: uuid.UUID) -> HttpResponse:
    """Answer with the badge as SVG; the credential is in it."""
    return _made(request, key, badge_svg, "svg", "image/svg+xml")


@require_safe
@cache_control(private=True, no_cache=True)
@condition(etag_func=_state)
def png(request: HttpRequest, key: uuid.UUID) -> HttpResponse:
    """Answer with the badge as PNG; the credential is in it."""
    return _made(request, key, badge_png, "png", "image/png")


@require_safe
@cache_control(private=True, no_cache=True)
@condition(etag_func=_state)
def data(request: HttpRequest, key: uuid.UUID) -> HttpResponse:
    """Answer with the signed credential as a file to keep."""

    def text(found: Certificate) -> bytes:
        return as_text(signed_credential(found)).encode()

    response = _made(request, key, text, "json", "application/json")
    response["Content-Disposition"] = response["Content-Disposition"].replace(
        "inline", "attachment"
    )
    return response


def _made(
    request: HttpRequest,
    key: uuid.UUID,
    make: Callable[[Certificate], bytes],
    ending: str,
    content_type: str,
) -> HttpResponse:
    """Answer with a file of a certificate, made once until what it says changes."""
    found = get_object_or_404(Certificate.objects.with_subject(), pk=key)
    documents = caches["documents"]
    kept = f"certificate-{ending}-{_state(request, key)}"
    document = documents.get(kept)
    if document is None:
        try:
            document = make(found)
        except TypesettingError:
            logger.exception("certificate %s could not be made as %s", key, ending)
            return render(request, "certificates/no_pdf.html", {"certificate": found}, status=503)
        documents.set(kept, document, KEPT_SECONDS)
    response = HttpResponse(document, content_type=content_type)
    response["Content-Disposition"] = f'inline; filename="whybox-{found.subject.slug}.{ending}"'
    response["X-Robots-Tag"] = NOT_FOR_SEARCH_ENGINES
    return response


@require_safe
def did(request: HttpRequest) -> HttpResponse:  # noqa: ARG001  # Django's interface
    """Answer with the keys that speak for this site, where `did:web` says that they are."""
    response = JsonResponse(did_document(), json_dumps_params={"indent": 2})
    response["Content-Type"] = "application/did+json"
    return _for_any_page(response)


@require_safe
@cache_control(max_age=0, must_revalidate=True)
@vary_on_headers("Accept")
def status_list(request: HttpRequest, number: int) -> HttpResponse:
    """Answer with a status list: with an embedded proof, or as a JWT to whoever asks for one.

    Verifiers disagree on the form, so both are served, under one address.
    """
    now = timezone.now()
    document = list_credential(number, now=now)
    if document is None:
        raise Http404
    wanted = request.get_preferred_type([*LIST_FORMS, *JWT_FORMS])
    if request.GET.get("form") == "jwt" or wanted in JWT_FORMS:
        response = HttpResponse(as_jwt(document, now=now), content_type=JWT_FORMS[0])
    else:
        response = JsonResponse(with_proof(document, now=now))
        response["Content-Type"] = wanted or LIST_FORMS[0]
    return _for_any_page(response)


def _for_any_page(response: HttpResponse) -> HttpResponse:
    """Let verifiers that run in a browser read a public document."""
    response["Access-Control-Allow-Origin"] = "*"
    return response
