"""Django's email backend of the site: every email, allauth's too, goes into the outbox."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from celery import current_app
from django.core.mail.backends.base import BaseEmailBackend
from django.db import transaction
from kombu.exceptions import ChannelError, OperationalError

from courses.database import database_now
from courses.mail.message import as_data
from courses.mail.models import OutgoingMail

if TYPE_CHECKING:
    from collections.abc import Sequence

    from django.core.mail import EmailMessage

SEND = "courses.send_mail"
MAIL_QUEUE = "mail"

WAKE_SECONDS = 60
"""A message that nobody has read by then is dropped: beat sends the next one earlier."""

logger = logging.getLogger(__name__)


class OutboxBackend(BaseEmailBackend):
    """Writes emails to the outbox, in the caller's transaction: no request waits for a server."""

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        """Keep the emails and notify the process that sends them; return how many were kept."""
        addressed = [message for message in email_messages if message.recipients()]
        if addressed:
            now = database_now()
            OutgoingMail.objects.bulk_create(
                OutgoingMail(message=as_data(message), next_attempt_at=now) for message in addressed
            )
            transaction.on_commit(notify_sender)
        return len(addressed)


def notify_sender() -> None:
    """Tell the process that sends emails that there are some; a lost message costs a minute."""
    try:
        current_app.send_task(SEND, queue=MAIL_QUEUE, expires=WAKE_SECONDS)
    except (ChannelError, OperationalError, OSError):
        logger.exception("%s could not be sent", SEND)
