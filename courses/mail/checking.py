"""Checks the mail set-up step by step, as the mail process would use it."""

from __future__ import annotations

import smtplib
import socket
import ssl
from dataclasses import dataclass
from email.utils import parseaddr
from typing import TYPE_CHECKING, Final

from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.db.models import Min
from django.db.models.functions import Now

from courses.database import database_now
from courses.mail.models import OutgoingMail

if TYPE_CHECKING:
    from collections.abc import Iterator

    from django.core.mail.backends.base import BaseEmailBackend

UNREAD_SECONDS: Final = 120
"""What is due for longer has no process that sends it."""


@dataclass(frozen=True)
class Step:
    """One step: what was checked, whether it holds, and what to do if not."""

    name: str
    ok: bool
    detail: str


def check(recipient: str) -> Iterator[Step]:
    """Check each step, up to an email to `recipient` that the server has accepted."""
    yield _transport()
    yield _sender()
    connection = get_connection(settings.MAIL_TRANSPORT)
    try:
        opened = _opened(connection)
        yield opened
        if not opened.ok:
            return
        yield _sent(connection, recipient)
    finally:
        connection.close()
    yield _outbox()


def _transport() -> Step:
    kind = settings.MAIL_TRANSPORT.rpartition(".")[0].rpartition(".")[2]
    if kind != "smtp":
        detail = f"WHYBOX_EMAIL_URL leads to {kind}: nobody gets an email. Set smtp+tls://…"
        return Step("transport", False, detail)
    secure = settings.EMAIL_USE_TLS or settings.EMAIL_USE_SSL
    server = f"{settings.EMAIL_HOST}:{settings.EMAIL_PORT}"
    detail = f"{server}, {'with TLS' if secure else 'without TLS'}"
    return Step("transport", True, detail)


def _sender() -> Step:
    address = parseaddr(settings.DEFAULT_FROM_EMAIL)[1]
    domain = address.rpartition("@")[2]
    if not address or domain in {"", "localhost"} or "." not in domain:
        detail = f"{address or 'no address'}: set WHYBOX_FROM_EMAIL to an address of your domain"
        return Step("sender", False, detail)
    return Step("sender", True, address)


def _opened(connection: BaseEmailBackend) -> Step:
    """Connect, encrypt, sign in: say which of them failed."""
    name = "connection"
    try:
        connection.open()
    except socket.gaierror:
        return Step(name, False, f"{settings.EMAIL_HOST}: no such host")
    except ssl.SSLError as error:
        detail = f"TLS failed: {error.reason or error}; is the port one for TLS?"
        return Step(name, False, detail)
    except smtplib.SMTPAuthenticationError as error:
        detail = f"the server refused user or password ({error.smtp_code})"
        return Step(name, False, detail)
    except smtplib.SMTPNotSupportedError as error:
        return Step(name, False, f"the server does not offer it: {error}")
    except (OSError, smtplib.SMTPException) as error:
        return Step(name, False, f"{type(error).__name__}: {error}")
    return Step(name, True, "connected and signed in")


def _sent(connection: BaseEmailBackend, recipient: str) -> Step:
    message = EmailMessage(
        subject="Whybox: a test of the email set-up",
        body=f"Email from {settings.SITE_URL} arrives here.\n",
        to=[recipient],
        connection=connection,
    )
    try:
        message.send()
    except (OSError, smtplib.SMTPException) as error:
        return Step("delivery", False, f"{type(error).__name__}: {error}")
    return Step("delivery", True, f"accepted for {recipient}; see whether it arrives, and where")


def _outbox() -> Step:
    """Whether a process sends what is due."""
    oldest = OutgoingMail.objects.filter(next_attempt_at__lte=Now()).aggregate(
        at=Min("next_attempt_at")
    )["at"]
    age = (database_now() - oldest).total_seconds() if oldest else 0.0
    waiting, delayed = OutgoingMail.objects.backlog()
    if age > UNREAD_SECONDS:
        detail = f"an email is due for {age:.0f} s: the process `mail` or `beat` does not run"
        return Step("outbox", False, detail)
    return Step("outbox", True, f"{waiting} to send, {delayed} of them delayed")
