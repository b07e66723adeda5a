"""The public page of a certificate, its PDF, and the holder's choice whether the name is shown."""

from __future__ import annotations

import hashlib
import logging
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from django.contrib.auth.decorators import login_required
from django.core.cache import caches
from django.http import Http404, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import get_language
from django.views.decorators.cache import cache_control
from django.views.decorators.http import condition, require_POST, require_safe
from django.views.decorators.vary import vary_on_headers

from courses.certificates.facts import facts_of
from courses.certificates.issuing import show_name
from courses.certificates.keys import did_document
from courses.certificates.models import Certificate
from courses.certificates.pdf import certificate_pdf, qr_code
from courses.certificates.status_lists import as_jwt, list_credential, with_proof
from courses.certificates.typesetting import TypesettingError

if TYPE_CHECKING:
    import uuid

    from django.http import HttpRequest

    from courses.certificates.facts import CertificateFacts

PDF_SECONDS = 3600
"""How long a PDF is kept: setting it takes half a second, and anybody may ask."""
LIST_FORMS = ("application/json", "application/vc", "application/vc+ld+json", "application/ld+json")
JWT_FORMS = ("application/vc+jwt", "application/jwt")
logger = logging.getLogger(__name__)
NOT_FOR_SEARCH_ENGINES = "noindex, nofollow"


@require_safe
def certificate(request: HttpRequest, key: uuid.UUID) -> HttpResponse:
    """Show everything that the certificate says, to anyone who has its address."""
    found = get_object_or_404(Certificate, pk=key)
    facts = facts_of(found)
    response = render(
        request,
        "certificates/certificate.html",
        {
            "certificate": found,
            "facts": facts,
            "qr": qr_code(facts.address),
            "is_holder": request.user.is_authenticated and request.user.pk == found.user_id,
            "linkedin": _linkedin(found, facts),
        },
    )
    response["X-Robots-Tag"] = NOT_FOR_SEARCH_ENGINES
    return response


def _state(_request: HttpRequest, key: uuid.UUID) -> str | None:
    """Return what stands for a certificate's PDF as it would be made now, for the ETag."""
    found = Certificate.objects.filter(pk=key).first()
    if found is None:
        return None
    text = f"{facts_of(found)} {get_language()}"
    return f'"{hashlib.sha256(text.encode()).hexdigest()[:32]}"'


@require_safe
@cache_control(private=True, no_cache=True)
@condition(etag_func=_state)
def pdf(request: HttpRequest, key: uuid.UUID) -> HttpResponse:
    """Answer with the certificate as a PDF; it says what the page says."""
    found = get_object_or_404(Certificate, pk=key)
    documents = caches["documents"]
    kept = f"certificate-{_state(request, key)}"
    document = documents.get(kept)
    if document is None:
        try:
            document = certificate_pdf(found)
        except TypesettingError:
            logger.exception("certificate %s could not be set as PDF", key)
            return render(request, "certificates/no_pdf.html", {"certificate": found}, status=503)
        documents.set(kept, document, PDF_SECONDS)
    response = HttpResponse(document, content_type="application/pdf")
    response["Content-Disposition"] = f'inline; filename="whybox-{found.course.slug}.pdf"'
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


@require_POST
@login_required
def name(request: HttpRequest, key: uuid.UUID) -> HttpResponse:
    """Show or withhold the holder's name; only the holder may say."""
    found = get_object_or_404(
        Certificate.objects.select_related("user"), pk=key, user__pk=request.user.pk
    )
    show_name(certificate=found, public=request.POST.get("public") == "yes")
    return redirect(found)


def _linkedin(found: Certificate, facts: CertificateFacts) -> str:
    """Return the address that adds the certificate to a LinkedIn profile."""
    query = {
        "startTask": "CERTIFICATION_NAME",
        "name": facts.course,
        "organizationName": facts.issuer,
        "issueYear": found.issued_at.year,
        "issueMonth": found.issued_at.month,
        "certUrl": found.address,
        "certId": str(found.pk),
    }
    return f"https://www.linkedin.com/profile/add?{urlencode(query)}"
