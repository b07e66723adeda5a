"""Celery tasks: each calls one function. They run in the mail process."""

from __future__ import annotations

from celery import shared_task

from classes.lti import launching, passbacks
from courses.mail.sending import KILL_SECONDS

SEND_SCORES = "lti.send_scores"
PRUNE = "lti.prune"


@shared_task(name=SEND_SCORES, ignore_result=True, time_limit=KILL_SECONDS)
def send_scores() -> None:
    """Put changed scores into the outbox and send what is due."""
    passbacks.collect()
    passbacks.send_due()


@shared_task(name=PRUNE, ignore_result=True, time_limit=KILL_SECONDS)
def prune() -> None:
    """Forget used nonces and old launches."""
    launching.prune()
