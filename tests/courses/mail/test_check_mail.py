"""`manage.py check_mail`: which step of the mail set-up fails, with a real mail server."""

from __future__ import annotations

import io
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from courses.models import OutgoingMail
from tests.courses.mail.mail_server import MailServer

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pytest_django.fixtures import Settings

pytestmark = pytest.mark.django_db


@pytest.fixture
def server(tmp_path: Path, settings: Settings) -> Iterator[MailServer]:
    """A mail server, and a site that is set up for it."""
    made = MailServer(tmp_path)
    settings.MAIL_TRANSPORT = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", made.port
    settings.EMAIL_USE_TLS = settings.EMAIL_USE_SSL = False
    settings.EMAIL_HOST_USER = settings.EMAIL_HOST_PASSWORD = ""
    settings.DEFAULT_FROM_EMAIL = "Whybox <whybox@example.org>"
    yield made
    made.stop()


def check() -> tuple[str, str]:
    """Run the command; return what it printed and its error, if any."""
    out = io.StringIO()
    try:
        call_command("check_mail", "ops@example.org", stdout=out)
    except CommandError as error:
        return out.getvalue(), str(error)
    return out.getvalue(), ""


def test_a_set_up_that_works_delivers_an_email(server: MailServer) -> None:
    """Each step is listed, and the email has arrived."""
    server.start("accept")
    told, error = check()
    assert error == ""
    assert [line.split()[:2] for line in told.splitlines()] == [
        ["ok", name] for name in ("transport:", "sender:", "connection:", "delivery:", "outbox:")
    ]
    (email,) = server.received()
    assert "To: ops@example.org" in email
    assert "From: Whybox <whybox@example.org>" in email


def test_a_server_that_is_down_is_named_as_the_connection(server: MailServer) -> None:
    """Nothing after it is tried."""
    told, error = check()
    assert "ConnectionRefusedError" in told
    assert error == "Email does not work yet: connection."


def test_a_server_that_refuses_the_address_is_named_as_the_delivery(server: MailServer) -> None:
    """What the server said is quoted."""
    server.start("refuse")
    told, error = check()
    assert "no such mailbox" in told
    assert error == "Email does not work yet: delivery."


def test_a_server_without_tls_or_passwords_is_told(server: MailServer, settings: Settings) -> None:
    """What the settings ask for and the server does not offer; no password is printed."""
    server.start("accept")
    settings.EMAIL_HOST_USER, settings.EMAIL_HOST_PASSWORD = "me", "a-secret-word"
    told, error = check()
    assert "does not offer it" in told
    assert "a-secret-word" not in told + error
    settings.EMAIL_USE_TLS = True
    assert "does not offer it" in check()[0]


def test_printed_email_and_a_sender_of_this_machine_are_told(settings: Settings) -> None:
    """The defaults of a site on one machine reach nobody."""
    settings.MAIL_TRANSPORT = "django.core.mail.backends.console.EmailBackend"
    settings.DEFAULT_FROM_EMAIL = "Whybox <whybox@localhost>"
    told, error = check()
    assert "leads to console" in told
    assert "set WHYBOX_FROM_EMAIL" in told
    assert error == "Email does not work yet: transport, sender."


def test_an_outbox_that_nobody_empties_is_told(server: MailServer) -> None:
    """The server works, and the process that would use it does not run."""
    server.start("accept")
    OutgoingMail.objects.create(
        message={"subject": "x", "to": ["ada@example.org"]},
        next_attempt_at=timezone.now() - timedelta(hours=1),
    )
    told, error = check()
    assert "the process `mail` or `beat` does not run" in told
    assert error == "Email does not work yet: outbox."
