"""Redis as the broker: Kombu's transport with a loss of the connection that a worker outlasts.

When the connection is lost, Kombu puts the messages that the worker has not acknowledged back in
their queues, over the very connection that it is closing: if that is closed already, the worker
ends with "Unrecoverable error: 'NoneType' object has no attribute 'hostname'", and what it was
grading with it. Here they are left where they are: Redis gives them out again after the visibility
timeout, and `requeue_stale` notifies the workers long before.
"""

from __future__ import annotations

from typing import Any, Final

from kombu.transport import redis

TRANSPORT_OPTIONS: Final[dict[str, Any]] = {
    # A Redis that takes connections and answers nothing must not hold the threads of the site.
    "socket_timeout": 10.0,
    "socket_connect_timeout": 5.0,
    "socket_keepalive": True,
}
PUBLISH_RETRY_POLICY: Final[dict[str, Any]] = {
    # A lost message costs a minute (`requeue_stale`); a request that waits costs a thread.
    "max_retries": 1,
    "interval_start": 0.0,
    "interval_step": 0.1,
    "interval_max": 0.1,
}


class QoS(redis.QoS):
    """Keeps account of the messages that are not acknowledged yet."""

    def restore_unacked_once(self, stderr: Any = None) -> None:
        """Put them back, unless the connection is closed already."""
        if self.channel.connection.client is None:
            self.restore_at_shutdown = False
        super().restore_unacked_once(stderr)


class Channel(redis.Channel):
    """A channel to Redis with the account of this module."""

    QoS = QoS


class Transport(redis.Transport):
    """Kombu's transport to Redis with the channel of this module."""

    Channel = Channel
