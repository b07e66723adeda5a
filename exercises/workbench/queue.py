"""Messages to the workers for runs: keys, by task name; the database says what there is to do."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Final

from celery import current_app
from kombu.exceptions import ChannelError, OperationalError

if TYPE_CHECKING:
    import uuid

RUN: Final = "exercises.run_draft"
ANSWER: Final = "exercises.answer_editor"
QUEUE: Final = "interactive"

logger = logging.getLogger(__name__)


def enqueue(task: str, key: uuid.UUID) -> None:
    """Notify the workers; an unreachable broker is logged, not raised."""
    try:
        current_app.send_task(task, args=[str(key)], queue=QUEUE)
    except (ChannelError, OperationalError, OSError):
        logger.exception("%s for %s could not be sent", task, key)
