"""Sends what is in the outbox, with retries: each email at least once, never without an end.

An attempt is counted before it is made, so that a process that is killed has made one. The email
is tried again later and later, for about three days. One that the mail server has received,
whatever it answered, is handed over at most `MAX_HANDOVERS` times: it may have been delivered.
"""

from __future__ import annotations

import contextlib
import logging
import time
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from django.conf import settings
from django.core.mail import get_connection
from django.db import transaction
from django.db.models import F
from django.db.models.functions import Now

from courses import metrics
from courses.database import outlast_faults
from courses.mail.backend import notify_sender
from courses.mail.message import from_data
from courses.mail.models import OutgoingMail

if TYPE_CHECKING:
    from django.core.mail.backends.base import BaseEmailBackend

    from courses.mail.models import OutgoingMailQuerySet

MAX_ATTEMPTS: Final = 24
MAX_HANDOVERS: Final = 6

FIRST_PAUSE: Final = timedelta(seconds=30)
LONGEST_PAUSE: Final = timedelta(hours=4)

TASK_SECONDS: Final = 30.0
"""No further email is begun after this; the next message or beat goes on."""

KILL_SECONDS: Final = 90
"""Celery kills the process of a task that takes longer: a server can drip one byte at a time."""

HOLD: Final = timedelta(seconds=2 * KILL_SECONDS)
"""An email whose sending process was killed is tried again after this."""

KEEP_GIVEN_UP: Final = timedelta(days=30)
"""How long an email that could not be sent is kept for staff to see."""

logger = logging.getLogger(__name__)


def send_due(*, seconds: float = TASK_SECONDS) -> int:
    """Send what is due until nothing is or `seconds` have passed; return how many were sent."""
    deadline, sent = time.monotonic() + seconds, 0
    while time.monotonic() < deadline and (mail := outlast_faults(_claim)):
        sent += _attempt(mail)
    outlast_faults(
        OutgoingMail.objects.given_up().filter(created_at__lt=Now() - KEEP_GIVEN_UP).delete
    )
    return sent


def _claim() -> OutgoingMail | None:
    """Claim the email that is longest overdue, for `HOLD`; None when nothing is due."""
    while (mail := OutgoingMail.objects.due().first()) is not None:
        same = OutgoingMail.objects.due().filter(pk=mail.pk, attempts=mail.attempts)
        if same.update(attempts=F("attempts") + 1, next_attempt_at=Now() + HOLD):
            mail.attempts += 1
            return mail
    return None


def _attempt(mail: OutgoingMail) -> bool:
    """Try to send a claimed email; whether it was sent."""
    row = OutgoingMail.objects.filter(pk=mail.pk)
    if mail.attempts > MAX_ATTEMPTS or mail.handovers >= MAX_HANDOVERS:
        # Its last process was killed, or it would have been given up then.
        outlast_faults(lambda: row.update(next_attempt_at=None, last_error="Sending never ended."))
        return False
    connection = get_connection(settings.MAIL_TRANSPORT)
    try:
        connection.open()
        outlast_faults(lambda: row.update(handovers=F("handovers") + 1))
        mail.handovers += 1
        if not connection.send_messages([from_data(mail.message)]):
            raise OSError("the mail server took nothing")  # noqa: TRY301  # as any other failure
    except Exception as error:  # noqa: BLE001  # whatever it is, it is noted, and tried again
        fault = f"{type(error).__name__}: {error}"
        outlast_faults(lambda: _put_off(mail, fault))
        return False
    else:
        outlast_faults(row.delete)
        metrics.EMAILS.labels("sent").inc()
        return True
    finally:
        _close(connection)


def _put_off(mail: OutgoingMail, fault: str) -> None:
    """Note why `mail` was not sent, and when it is tried again, if at all."""
    row = OutgoingMail.objects.filter(pk=mail.pk)
    if mail.attempts >= MAX_ATTEMPTS or mail.handovers >= MAX_HANDOVERS:
        logger.error("email %s was given up after %d attempts: %s", mail.pk, mail.attempts, fault)
        row.update(next_attempt_at=None, last_error=fault)
        metrics.EMAILS.labels("given_up").inc()
        return
    pause = pause_after(mail.attempts)
    logger.warning("email %s could not be sent, next try in %s: %s", mail.pk, pause, fault)
    row.update(next_attempt_at=Now() + pause, last_error=fault)
    metrics.EMAILS.labels("put_off").inc()


def send_again(rows: OutgoingMailQuerySet) -> int:
    """Make emails due now, as if none had been tried, the given up ones too; return how many."""
    count = rows.update(next_attempt_at=Now(), attempts=0, handovers=0)
    transaction.on_commit(notify_sender)
    return count


def pause_after(attempts: int) -> timedelta:
    """Return how long after so many attempts the next one waits."""
    doublings: int = attempts - 1
    return min(FIRST_PAUSE * float(2**doublings), LONGEST_PAUSE)


def _close(connection: BaseEmailBackend) -> None:
    # The email is on its way or put off by now: a server that hangs at the end changes nothing.
    with contextlib.suppress(Exception):
        connection.close()
