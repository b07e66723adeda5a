"""The email about a new certificate."""

from django.conf import settings
from django.core.mail import send_mail
from django.utils.translation import gettext as _
from django.utils.translation import override

from courses.certificates.models import Certificate


def mail_certificate(certificate: Certificate) -> None:
    """Write to the learner, in the learner's language, in the transaction that issues it."""
    if certificate.user is None:
        return
    with override(certificate.user.locale or settings.LANGUAGE_CODE):
        send_mail(
            subject=_("Your certificate: %(course)s") % {"course": certificate.course_title},
            message=_(
                "Congratulations. You have completed the course “%(course)s”.\n\n"
                "Your certificate: %(address)s\n\n"
                "Anyone with this link can verify it without an account. "
                "You choose on that page whether your name is shown."
            )
            % {
                "course": certificate.course_title,
                "address": certificate.address,
            },
            from_email=settings.DEFAULT_FROM_EMAIL,
            recipient_list=[certificate.user.email],
        )
