"""The outbox: every email is sent once the mail server lets it, and never without an end."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from django.core.cache import cache
from django.core.mail import BadHeaderError, EmailMultiAlternatives, send_mail
from django.db import connection, transaction
from django.db.models.functions import Now
from django.urls import reverse

from courses.mail import backend, sending
from courses.mail.models import OutgoingMail
from tests.courses.mail.mail_server import MailServer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from django.test import Client

pytestmark = pytest.mark.django_db(transaction=True)

CHECKOUT = Path(__file__).resolve().parents[3]
TIMEOUT_SECONDS = 60.0


@pytest.fixture
def server(tmp_path: Path) -> Iterator[MailServer]:
    """A mail server that is down at first."""
    one = MailServer(tmp_path)
    yield one
    one.stop()


@pytest.fixture(autouse=True)
def _outbox(settings: Any, server: MailServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """Mail as a site does; the message to the sending process is left out."""
    settings.EMAIL_BACKEND = "courses.mail.backend.OutboxBackend"
    settings.MAIL_TRANSPORT = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", server.port
    settings.EMAIL_TIMEOUT = 0.5
    for module in (backend, sending):
        monkeypatch.setattr(module, "notify_sender", lambda: None)


def write(subject: str = "Graded") -> None:
    """Write an email."""
    send_mail(subject, "9 of 10 points", None, ["ada@example.org"])


def let_time_pass() -> None:
    """Make everything due that waits for its next attempt."""
    OutgoingMail.objects.filter(next_attempt_at__isnull=False).update(next_attempt_at=Now())


def test_an_email_is_sent_once(server: MailServer) -> None:
    """With a working server an email is sent, its row is gone, and nothing is left to send."""
    server.start("accept")
    write()
    assert (sending.send_due(), sending.send_due()) == (1, 0)
    (mail,) = server.received()
    assert "Subject: Graded" in mail
    assert "9 of 10 points" in mail
    assert not OutgoingMail.objects.exists()


def test_a_server_that_is_down_at_first(server: MailServer) -> None:
    """An email waits while the server is down, with the reason, and is sent once it is up."""
    write()
    assert sending.send_due() == 0
    row = OutgoingMail.objects.get()
    assert (row.attempts, row.handovers) == (1, 0)
    assert "ConnectionRefusedError" in row.last_error
    assert sending.send_due() == 0  # not due yet
    assert OutgoingMail.objects.get().attempts == 1
    server.start("accept")
    let_time_pass()
    assert sending.send_due() == 1
    assert len(server.received()) == 1


@pytest.mark.parametrize("mode", ["silent", "stuck", "refuse", "busy"])
def test_a_server_that_misbehaves_holds_nothing_up(server: MailServer, mode: str) -> None:
    """Silence, a lost answer and a refusal each end within the time-out, and are tried again."""
    server.start(mode)
    write()
    begun = time.monotonic()
    assert sending.send_due() == 0
    assert time.monotonic() - begun < 10
    assert OutgoingMail.objects.get().last_error
    server.start("accept")
    let_time_pass()
    assert sending.send_due() == 1
    assert not OutgoingMail.objects.exists()


@pytest.mark.parametrize(
    ("mode", "attempts"),
    [
        ("stuck", sending.MAX_HANDOVERS),
        ("refuse", sending.MAX_HANDOVERS),
        ("", sending.MAX_ATTEMPTS),
    ],
)
def test_the_attempts_end(server: MailServer, mode: str, attempts: int) -> None:
    """An email is tried a bounded number of times, then kept for staff with its last error."""
    if mode:
        server.start(mode)
    write()
    for _ in range(attempts + 3):
        let_time_pass()
        sending.send_due()
    row = OutgoingMail.objects.get()
    assert (row.attempts, row.next_attempt_at) == (attempts, None)
    assert row.last_error
    assert len(server.received()) == (attempts if mode == "stuck" else 0)


def test_a_bad_email_does_not_stop_the_next(server: MailServer) -> None:
    """What cannot be sent at all is put off; what is behind it is sent."""
    server.start("accept")
    write("first")
    OutgoingMail.objects.update(message={"subject": "torn", "to": ["ada@example.org"]})
    write("second")
    assert sending.send_due() == 1
    assert OutgoingMail.objects.get().attempts == 1


def test_pauses_grow() -> None:
    """Attempts come after 30 s, then twice as long each time, four hours at most: three days."""
    pauses = [sending.pause_after(number) for number in range(1, sending.MAX_ATTEMPTS)]
    assert [pause.total_seconds() for pause in pauses[:3]] == [30, 60, 120]
    assert pauses[-1] == sending.LONGEST_PAUSE
    assert 60 < sum(pause.total_seconds() for pause in pauses) / 3600 < 75


def test_an_email_is_written_with_what_it_tells() -> None:
    """A transaction that is rolled back has written no email."""
    with contextlib.suppress(ZeroDivisionError), transaction.atomic():
        write()
        raise ZeroDivisionError
    assert not OutgoingMail.objects.exists()


def test_every_part_of_an_email_arrives(server: MailServer) -> None:
    """Alternatives, copies, reply address and headers are kept."""
    server.start("accept")
    mail = EmailMultiAlternatives(
        "Confirm",
        "plain",
        to=["ada@example.org"],
        cc=["bob@example.org"],
        bcc=["cleo@example.org"],
        reply_to=["staff@example.org"],
        headers={"X-Reason": "test"},
    )
    mail.attach_alternative("<p>formatted</p>", "text/html")
    mail.send()
    assert sending.send_due() == 1
    (raw,) = server.received()
    for part in ("plain", "<p>formatted</p>", "Cc: bob@", "Reply-To: staff@", "X-Reason: test"):
        assert part in raw
    assert "cleo" not in raw


def test_a_header_with_a_line_break_is_refused_when_written() -> None:
    """Nothing that could never be sent, or that smuggles a header in, gets into the outbox."""
    with pytest.raises(BadHeaderError):
        write("Graded\nBcc: everybody@example.org")
    assert not OutgoingMail.objects.exists()


def test_a_killed_sender_costs_one_attempt(server: MailServer) -> None:
    """A process that is killed while it sends loses nothing: the email is sent after its hold."""
    server.start("silent")
    write()
    name = connection.settings_dict["NAME"]
    url = f"sqlite:///{name}"
    if connection.vendor == "postgresql":
        url = os.environ["WHYBOX_DATABASE_URL"].rpartition("/")[0] + f"/{name}"
    program = (
        "import django; django.setup()\n"
        "from django.conf import settings\n"
        "settings.MAIL_TRANSPORT = 'django.core.mail.backends.smtp.EmailBackend'\n"
        f"settings.EMAIL_HOST, settings.EMAIL_PORT = '127.0.0.1', {server.port}\n"
        "settings.EMAIL_TIMEOUT = 600\n"
        "from courses.mail import sending\n"
        "sending.send_due()\n"
    )
    sender = subprocess.Popen(
        [sys.executable, "-c", program],
        cwd=CHECKOUT,
        env={**os.environ, "WHYBOX_DATABASE_URL": url},
    )
    until(lambda: OutgoingMail.objects.get().attempts == 1)
    sender.send_signal(signal.SIGKILL)
    sender.wait()
    assert sending.send_due() == 0  # held for the process that may still be sending it
    server.start("accept")
    let_time_pass()
    assert sending.send_due() == 1
    assert len(server.received()) == 1


def test_staff_can_send_again(server: MailServer, admin_client: Client) -> None:
    """The admin site lists what was given up, without its text, and makes it due again."""
    server.start("accept")
    write()
    OutgoingMail.objects.update(next_attempt_at=None, attempts=24, handovers=6, last_error="no")
    row = OutgoingMail.objects.get()
    address = reverse("admin:courses_outgoingmail_changelist")
    assert "Graded (ada@example.org)" in admin_client.get(address).content.decode()
    one = reverse("admin:courses_outgoingmail_change", args=[row.pk])
    assert "9 of 10 points" not in admin_client.get(one).content.decode()
    chosen = {"action": "send_chosen_again", "_selected_action": [row.pk]}
    assert admin_client.post(address, chosen).status_code == 302
    assert sending.send_due() == 1
    assert len(server.received()) == 1


def test_the_status_page_tells_of_delayed_email(client: Client) -> None:
    """The status page says how many emails wait, and that the mail server does not take them."""
    write()
    page = client.get(reverse("exercises:status")).content.decode()
    assert "Email is delayed" not in page
    assert sending.send_due() == 0
    cache.clear()  # what was shown is kept for two seconds
    page = client.get(reverse("exercises:status")).content.decode()
    assert "Email is delayed" in page
    assert "ConnectionRefused" not in page


def until(condition: Callable[[], bool]) -> None:
    """Wait until `condition` holds."""
    deadline = time.monotonic() + TIMEOUT_SECONDS
    while not condition():
        assert time.monotonic() < deadline, "it never happened"
        time.sleep(0.05)
