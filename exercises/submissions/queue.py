"""Messages to the workers: by task name, so that no page imports the grader.

The database is the source of truth; a message is only a notification that something is queued. The
worker that reads it grades the submission whose turn it is (`lease.claim_next`), which may be
another one. If a message is lost, or the broker is down, the submission stays queued and
`lifecycle.requeue_stale` notifies the workers again.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from celery import current_app
from kombu.exceptions import ChannelError, OperationalError

if TYPE_CHECKING:
    import uuid

GRADE = "exercises.grade"
REQUEUE = "exercises.requeue_stale"
PRUNE = "exercises.prune_files"
GRADING_QUEUE = "grading"

logger = logging.getLogger(__name__)


def enqueue(submission_id: uuid.UUID) -> None:
    """Notify the workers of a queued submission; an unreachable broker is logged, not raised."""
    try:
        current_app.send_task(GRADE, args=[str(submission_id)], queue=GRADING_QUEUE)
    except (ChannelError, OperationalError, OSError):
        logger.exception("%s for submission %s could not be sent", GRADE, submission_id)
