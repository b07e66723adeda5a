"""Celery tasks: each calls one function."""

from __future__ import annotations

from celery import shared_task

from courses.mail import sending
from courses.mail.backend import SEND


@shared_task(name=SEND, ignore_result=True, time_limit=sending.KILL_SECONDS)
def send_mail() -> None:
    """Send what is due in the outbox."""
    sending.send_due()
