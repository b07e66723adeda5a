"""Messages to the workers for runs: keys, by task name; the database says what there is to do."""

from __future__ import annotations

import logging
import re
from typing import TYPE_CHECKING, Final

from celery import current_app
from kombu import Exchange, Queue
from kombu.exceptions import ChannelError, OperationalError

if TYPE_CHECKING:
    import uuid

RUN: Final = "exercises.run_draft"
ANSWER: Final = "exercises.answer_editor"
QUEUE: Final = "interactive"
_UNFIT: Final = re.compile(r"[^A-Za-z0-9_-]")

logger = logging.getLogger(__name__)


def own_queue(worker: str) -> Queue:
    """Return the queue that only one worker takes from; it ends with its worker."""
    name = f"{QUEUE}.{_UNFIT.sub('-', worker)}"
    return Queue(name, Exchange(""), routing_key=name, auto_delete=True)


def enqueue(task: str, key: uuid.UUID, *, worker: str = "") -> None:
    """Notify one worker, or whichever is free; an unreachable broker is logged, not raised."""
    try:
        to = own_queue(worker) if worker else QUEUE
        current_app.send_task(task, args=[str(key)], queue=to)
    except (ChannelError, OperationalError, OSError):
        logger.exception("%s for %s could not be sent", task, key)
