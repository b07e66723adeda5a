"""The public page of a certificate, and the holder's choice whether the name is shown."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlencode

from django.contrib.auth.decorators import login_required
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST, require_safe

from courses.certificates.facts import facts_of
from courses.certificates.issuing import show_name, show_results
from courses.certificates.models import Certificate, StatusEntry
from courses.certificates.pdf import qr_code
from courses.pages.certificate_files import NOT_FOR_SEARCH_ENGINES
from courses.pages.sharing import of_certificate

if TYPE_CHECKING:
    import uuid

    from django.http import HttpRequest, HttpResponse

    from courses.certificates.facts import CertificateFacts


@require_safe
def certificate(request: HttpRequest, key: uuid.UUID) -> HttpResponse:
    """Show everything that the certificate says, to anyone who has its address."""
    found = Certificate.objects.with_subject().filter(pk=key).first()
    if found is None:
        return _gone(request, key)
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
            "linkedin_post": "https://www.linkedin.com/sharing/share-offsite/?"
            + urlencode({"url": facts.address}),
            "sharing": of_certificate(found),
        },
    )
    response["X-Robots-Tag"] = NOT_FOR_SEARCH_ENGINES
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


@require_POST
@login_required
def results(request: HttpRequest, key: uuid.UUID) -> HttpResponse:
    """Show scores and link projects, or not; only the holder may say."""
    found = get_object_or_404(Certificate, pk=key, user__pk=request.user.pk)
    show_results(
        certificate=found, scores="scores" in request.POST, evidence="evidence" in request.POST
    )
    return redirect(found)


def _gone(request: HttpRequest, key: uuid.UUID) -> HttpResponse:
    """Tell a certificate that was deleted from one that never was."""
    deleted = StatusEntry.objects.filter(certificate_key=key).exists()
    response = render(
        request, "certificates/none.html", {"deleted": deleted}, status=410 if deleted else 404
    )
    response["X-Robots-Tag"] = NOT_FOR_SEARCH_ENGINES
    return response


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
