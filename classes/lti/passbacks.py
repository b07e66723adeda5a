"""Scores go back to the platforms: derived again and again, sent when they have changed.

`collect` compares what each linked person's score is with what the platform has got, so that a
regrade, an extension or an override reaches the platform without anybody sending it, and a lost
message costs half a minute. `send_due` empties the outbox in the mail process, like
`courses.mail.sending`: an attempt is counted before it is made, and made later and later again.
"""

from __future__ import annotations

import logging
import time
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from django.db import transaction
from django.db.models import F
from django.db.models.functions import Now

from classes.lti import line_items, marks
from classes.lti.models import Passback, ResourceLink
from classes.lti.outbound import OutboundError
from courses.database import database_now, outlast_faults

if TYPE_CHECKING:
    from classes.lti.models import Launch, LmsAccount
    from classes.lti.models.passbacks import PassbackQuerySet
    from classes.records import Gradebook

MAX_ATTEMPTS: Final = 24
"""With the pauses below, about three days."""

FIRST_PAUSE: Final = timedelta(seconds=30)
LONGEST_PAUSE: Final = timedelta(hours=4)

TASK_SECONDS: Final = 30.0
"""No further score is begun after this; the next beat goes on, and mail gets its turn."""

HOLD: Final = timedelta(seconds=180)
"""A score whose sending process was killed is tried again after this."""

ACTIVE_DAYS: Final = 200
"""Links that nobody has opened for so long are not looked at any more."""

logger = logging.getLogger(__name__)


def expect_score(*, launch: Launch, account: LmsAccount) -> None:
    """Remember that this person's score for this link goes back; nothing is sent for opening it."""
    link = launch.link
    if link is not None and link.takes_scores and not launch.facts.get("teaches"):
        Passback.objects.get_or_create(link=link, account=account)


def collect() -> int:
    """Put scores that have changed into the outbox; return how many."""
    since = database_now() - timedelta(days=ACTIVE_DAYS)
    links = ResourceLink.objects.filter(
        last_launch_at__gte=since, deployment__platform__active=True, passbacks__isnull=False
    )
    books: dict[object, Gradebook] = {}
    return sum(
        _collect(link, books)
        for link in links.select_related("context__klass").distinct().order_by("context")
    )


def _collect(link: ResourceLink, books: dict[object, Gradebook]) -> int:
    rows = list(link.passbacks.values_list("pk", "account__user_id", "percent", "progress"))
    found = marks.scores(link, [user for _pk, user, _percent, _progress in rows], books)
    changed = 0
    for pk, user, percent, progress in rows:
        score = found.get(user)
        if score is None or (score.percent, score.progress) == (percent, progress):
            continue
        same = Passback.objects.filter(pk=pk, percent=percent, progress=progress)
        changed += same.update(
            percent=score.percent, progress=score.progress, next_attempt_at=Now(), attempts=0
        )
    return changed


def send_due(*, seconds: float = TASK_SECONDS) -> int:
    """Send what is due until nothing is or `seconds` have passed; return how many were sent."""
    deadline, sent = time.monotonic() + seconds, 0
    while time.monotonic() < deadline and (row := outlast_faults(_claim)):
        sent += _attempt(row)
    return sent


def send_again(rows: PassbackQuerySet) -> int:
    """Make scores due now, as if none had been tried; return how many.

    The process that sends them looks for them within half a minute.
    """
    return rows.filter(percent__isnull=False).update(next_attempt_at=Now(), attempts=0)


def _claim() -> Passback | None:
    while (row := Passback.objects.due().first()) is not None:
        same = Passback.objects.due().filter(pk=row.pk, attempts=row.attempts)
        if same.update(attempts=F("attempts") + 1, next_attempt_at=Now() + HOLD):
            found = Passback.objects.select_related("link", "account__platform")
            return found.filter(pk=row.pk).first()
    return None


def _attempt(row: Passback) -> bool:
    at = database_now()
    try:
        if row.attempts > MAX_ATTEMPTS:
            raise OutboundError("Sending never ended.")  # noqa: TRY301  # as any other failure
        line_items.send_score(row, at=at)
    except OutboundError as error:
        fault, wait, status = str(error), error.retry_seconds, error.status
        outlast_faults(lambda: _put_off(row, fault, wait, is_down=_is_down(status)))
        return False
    outlast_faults(lambda: _sent(row))
    return True


def _is_down(status: int | None) -> bool:
    """Say whether the platform as a whole takes nothing: no answer, an error of its own, 429."""
    return status is None or status >= 500 or status == 429  # noqa: PLR2004  # HTTP's own


@transaction.atomic
def _sent(row: Passback) -> None:
    same = Passback.objects.filter(pk=row.pk)
    same.update(sent_percent=row.percent, sent_progress=row.progress, sent_at=Now(), last_error="")
    # A score that has changed meanwhile stays due.
    same.filter(percent=row.percent, progress=row.progress).update(next_attempt_at=None, attempts=0)


@transaction.atomic
def _put_off(row: Passback, fault: str, wait_seconds: int, *, is_down: bool) -> None:
    """Note why a score was not sent, and when it is tried again, if at all."""
    same = Passback.objects.filter(pk=row.pk)
    if row.attempts >= MAX_ATTEMPTS:
        logger.error("score %s was given up after %d attempts: %s", row.pk, row.attempts, fault)
        same.update(next_attempt_at=None, last_error=fault[:300])
        return
    pause = max(pause_after(row.attempts), timedelta(seconds=wait_seconds))
    logger.warning("score %s could not be sent, next try in %s: %s", row.pk, pause, fault)
    same.update(next_attempt_at=Now() + pause, last_error=fault[:300])
    if is_down:
        # The platform's other scores wait too: each would cost the time-out and delay other mail.
        others = Passback.objects.filter(account__platform=row.account.platform_id)
        others.filter(next_attempt_at__lte=Now()).update(next_attempt_at=Now() + FIRST_PAUSE)


def pause_after(attempts: int) -> timedelta:
    """Return how long after so many attempts the next one waits."""
    doublings: int = max(attempts, 1) - 1
    return min(FIRST_PAUSE * float(2**doublings), LONGEST_PAUSE)
