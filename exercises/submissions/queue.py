"""Messages to the workers: only keys, by task name, so that no page imports the grader.

The database is the source of truth; a message is only a notification. If it is lost, or the broker
is down, the submission stays queued and `lifecycle.requeue_stale` notifies the workers again.
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
PRUNE = "exercises.prune_files"
SANDBOX_QUEUE = "sandbox"
DEFAULT_QUEUE = "default"

logger = logging.getLogger(__name__)


def enqueue(submission_id: uuid.UUID) -> None:
    """Notify the workers of a queued submission; an unreachable broker is logged, not raised."""
    _send(GRADE, submission_id, queue=SANDBOX_QUEUE)


def enqueue_grade_email(submission_id: uuid.UUID) -> None:
    """Queue the email that says that a submission has been graded."""
    _send(MAIL, submission_id, queue=DEFAULT_QUEUE)


def enqueue_review_email(submission_id: uuid.UUID) -> None:
    """Queue the email that says that a project has been reviewed."""
    _send(MAIL_REVIEW, submission_id, queue=DEFAULT_QUEUE)


def _send(task: str, submission_id: uuid.UUID, *, queue: str) -> None:
    try:
        current_app.send_task(task, args=[str(submission_id)], queue=queue)
    except (ChannelError, OperationalError, OSError):
        logger.exception("%s for submission %s could not be sent", task, submission_id)
