"""Sends the periodic tasks, whatever the clocks of hosts say.

Celery's scheduler sends nothing for an hour when its host's clock is set back by an hour; and where
its messages expire, a worker whose clock is ahead of beat's drops every one of them. Here a time in
the future is no time, and what bounds the messages that wait is their number.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any, Final

from celery.beat import PersistentScheduler
from celery.schedules import schedstate
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
        ahead = [each for each in self.schedule.values() if each.last_run_at > each.default_now()]
        if ahead:
            logger.warning("the clock was set back: %d periodic tasks begin anew", len(ahead))
            for entry in ahead:
                entry.last_run_at = entry.default_now()
            self._heap = None  # it is made of times, too
        seconds: float = super().tick(*arguments, **facts)
        return seconds

    def is_due(self, entry: ScheduleEntry) -> schedstate:
        """Say whether a task is sent now, and when to look again."""
        due: schedstate = super().is_due(entry)
        if due.is_due and self._unread(entry) >= MOST_UNREAD:
            return schedstate(is_due=False, next=LOOK_AGAIN_SECONDS)
        return due

    def _unread(self, entry: ScheduleEntry) -> int:
        """Count the messages that wait in a task's queue; 0 where the broker does not say."""
        options = dict(entry.options or {})
        queue = self.app.amqp.router.route(options, entry.task)["queue"]
        try:
            with self.app.connection_for_write() as line, line.channel() as channel:
                found: int = channel.queue_declare(queue.name, passive=True).message_count
                return found
        except ChannelError:
            return 0  # there is no such queue yet
        except Exception as fault:  # noqa: BLE001  # whatever it is, nothing may wait for it
            logger.warning("the broker did not say what waits in %s: %s", queue.name, fault)
            return 0
