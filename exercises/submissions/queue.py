"""What the site says to its workers: only keys, by task name, so that no page imports the grader.

A message is a nudge. When it is lost, or the broker is away, the row still waits and
`submissions.requeue_stale` announces it again.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from celery import current_app
from kombu.exceptions import ChannelError, OperationalError

if TYPE_CHECKING:
    import uuid

GRADE = "exercises.grade"
MAIL = "exercises.mail_graded"
MAIL_REVIEW = "exercises.mail_reviewed"
REQUEUE = "exercises.requeue_stale"
SANDBOX_QUEUE = "sandbox"
DEFAULT_QUEUE = "default"

logger = logging.getLogger(__name__)


def announce(submission_id: uuid.UUID) -> None:
    """Tell the workers that a submission waits; a broker that is away is logged, not raised."""
    _send(GRADE, submission_id, queue=SANDBOX_QUEUE)


def announce_mail(submission_id: uuid.UUID) -> None:
    """Ask for the mail that says that a submission has been marked."""
    _send(MAIL, submission_id, queue=DEFAULT_QUEUE)


def announce_review_mail(submission_id: uuid.UUID) -> None:
    """Ask for the mail that says that a project has been read."""
    _send(MAIL_REVIEW, submission_id, queue=DEFAULT_QUEUE)


def _send(task: str, submission_id: uuid.UUID, *, queue: str) -> None:
    try:
        current_app.send_task(task, args=[str(submission_id)], queue=queue)
    except (ChannelError, OperationalError, OSError):
        logger.exception("%s for submission %s could not be sent", task, submission_id)
