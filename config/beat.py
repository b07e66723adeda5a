"""Sends the periodic tasks, whatever the clocks of hosts say.

Celery's scheduler sends nothing for an hour when its host's clock is set back by an hour; and where
its messages expire, a worker whose clock is ahead of beat's drops every one of them. Here a time in
the future is no time, and what bounds the messages that wait is their number.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any, Final

from celery.beat import PersistentScheduler
from kombu.exceptions import ChannelError

if TYPE_CHECKING:
    from celery.beat import ScheduleEntry

MOST_UNREAD: Final = 20
"""Nothing is added to a queue in which so many messages wait: nobody reads it at the moment."""
LOOK_AGAIN_SECONDS: Final = 5.0

logger = logging.getLogger(__name__)


class Scheduler(PersistentScheduler):
    """Celery's scheduler, which outlasts clocks that jump and workers that are away."""

    def tick(self, *arguments: Any, **facts: Any) -> float:
        """Send what is due; return the seconds until something may be."""
        ahead = [entry for entry in self.schedule.values() if _is_ahead(entry)]
        if ahead:
            logger.warning("the clock was set back: %d periodic tasks begin anew", len(ahead))
            for entry in ahead:
                entry.last_run_at = entry.default_now()
            self._heap = None  # it is made of times, too
        seconds: float = super().tick(*arguments, **facts)
        return seconds

    def is_due(self, entry: ScheduleEntry) -> tuple[bool, float]:
        """Say whether a task is sent now, and when to look again."""
        is_due, seconds = super().is_due(entry)
        if is_due and self._unread(entry) >= MOST_UNREAD:
            return False, LOOK_AGAIN_SECONDS
        return is_due, seconds

    def _unread(self, entry: ScheduleEntry) -> int:
        """Count the messages that wait in a task's queue; 0 where the broker does not say."""
        options = dict(entry.options or {})
        queue = self.app.amqp.router.route(options, entry.task or "")["queue"]
        try:
            with self.app.connection_for_write() as line, line.channel() as opened:
                channel: Any = opened  # the stubs know nothing of a channel
                found: int = channel.queue_declare(queue.name, passive=True).message_count
                return found
        except ChannelError:
            return 0  # there is no such queue yet
        except Exception as fault:  # noqa: BLE001  # whatever it is, nothing may wait for it
            logger.warning("the broker did not say what waits in %s: %s", queue.name, fault)
            return 0


def _is_ahead(entry: ScheduleEntry) -> bool:
    """Say whether a task was sent at a time that has yet to come."""
    return entry.last_run_at is not None and entry.last_run_at > entry.default_now()
