"""The certificate as PDF/A-3a and PDF/UA-1, with a QR code and the signed credential attached."""

from __future__ import annotations

import io
import json
from typing import TYPE_CHECKING

import segno
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from courses.certificates.baking import ATTACHMENT
from courses.certificates.credentials import as_text, signed_credential
from courses.certificates.facts import facts_of
from courses.certificates.issued_files import recorded
from courses.certificates.typesetting import TEMPLATES, Job, typeset

if TYPE_CHECKING:
    from courses.certificates.facts import CertificateFacts
    from courses.certificates.models import Certificate


TEMPLATE = TEMPLATES / "certificate.typ"


def qr_code(address: str) -> str:
    """Return a QR code of an address as SVG, readable with a quarter of it damaged."""
    drawing = io.BytesIO()
    segno.make(address, error="q", micro=False).save(
        drawing,
        kind="svg",
        border=2,
        xmldecl=False,
        svgns=True,
        omitsize=True,
        dark="#15201d",
        light="#ffffff",
    )
    return drawing.getvalue().decode()


def certificate_pdf(certificate: Certificate) -> bytes:
    """Return the certificate as a PDF in the visitor's language.

    Two calls for the same certificate, in the same language, give the same bytes.

    Raises:
        TypesettingError: it could not be made within the limits of time and memory.
    """
    facts = facts_of(certificate)
    language = (get_language() or "en").partition("-")[0]
    inputs = {
        "facts": json.dumps(data_for_typst(facts, language)),
        "qr": qr_code(facts.address),
        "credential": as_text(signed_credential(certificate)),
    }
    job = Job(str(TEMPLATE), inputs, timestamp=int(certificate.issued_at.timestamp()))
    return recorded(certificate, typeset(job))


def data_for_typst(facts: CertificateFacts, language: str) -> dict[str, object]:
    """Return the facts and words as the template reads them."""
    revoked = None
    if facts.revoked_on is not None:
        revoked = {"date": facts.revoked_on, "reason": facts.revoked_reason}
    return {
        "title": _("Certificate: %(course)s") % {"course": facts.course},
        "description": facts.summary,
        "language": language,
        "holder": facts.holder,
        "initials": facts.initials,
        "course": facts.course,
        "summary": facts.summary,
        "issuer": facts.issuer,
        "address": facts.address,
        "rows": [{"name": row.name, "value": row.value} for row in facts.rows],
        "skills": list(facts.skills),
        "revoked": revoked,
        "attachment": ATTACHMENT,
        "words": {
            "certificate": _("Certificate of completion"),
            "holder": _("The holder of this certificate"),
            "withheld": _("Name withheld by the holder"),
            "completed": facts.completed,
            "skills": _("Skills"),
            "revoked": _("Revoked on"),
            "attachment": _("The signed certificate, for software that verifies it"),
            "check": _("Verify this certificate (no account needed):"),
            "qr": _("QR code of the address of this certificate's public page"),
        },
    }
