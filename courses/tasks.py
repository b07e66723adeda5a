"""Celery tasks: each calls one function."""

from __future__ import annotations

from celery import shared_task

from courses.mail import sending
from courses.mail.backend import SEND
from courses.maintenance import mode
from courses.privacy import copies, retention


@shared_task(name=SEND, ignore_result=True, time_limit=sending.KILL_SECONDS)
def send_mail() -> None:
    """Send what is due in the outbox."""
    sending.send_due()


@shared_task(name=mode.REFRESH, ignore_result=True)
def refresh_maintenance() -> None:
    """Write to the cache whether the site is in maintenance; it may have been emptied."""
    mode.refresh()


@shared_task(name=copies.MAKE, ignore_result=True)
def make_copies() -> None:
    """Make the copies of their data that people asked for."""
    copies.make_copies()


@shared_task(name=retention.APPLY, ignore_result=True)
def apply_retention() -> None:
    """Delete what has been kept for as long as the settings say."""
    retention.apply()
