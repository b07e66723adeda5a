"""Celery tasks: each takes a key and calls one function."""

import uuid

from celery import shared_task

from courses.certificates import mails
from courses.certificates.issuing import MAIL


@shared_task(name=MAIL, acks_late=True, ignore_result=True)
def mail_certificate(certificate_id: str) -> None:
    """Email a learner about a new certificate."""
    mails.mail_certificate(uuid.UUID(certificate_id))
