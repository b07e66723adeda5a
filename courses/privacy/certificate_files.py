"""What the copy of a person's data holds of certificates: each as the PDF that its page offers."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from courses.certificates.models import Certificate
from courses.certificates.pdf import certificate_pdf
from courses.certificates.typesetting import TypesettingError
from courses.privacy.files import PersonalFile

if TYPE_CHECKING:
    from collections.abc import Iterator

    from courses.accounts.models import User


def personal_files(user: User) -> Iterator[PersonalFile]:
    """Yield a person's certificates."""
    for certificate in Certificate.objects.with_subject().filter(user=user):
        name = f"certificates/{certificate.subject.slug}-{certificate.pk}.pdf"
        yield PersonalFile(name, partial(_pdf, certificate), certificate.pdf_address)


def _pdf(certificate: Certificate) -> bytes:
    try:
        return certificate_pdf(certificate)
    except TypesettingError as error:
        raise ValueError("the certificate cannot be set now") from error
