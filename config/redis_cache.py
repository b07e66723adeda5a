"""Django's cache in Redis, which a site survives without: a dead cache must not fail a request.

While Redis does not answer, each process counts and remembers for itself, in its own memory: the
limits of requests still hold, for each process, and what was kept is computed again.
"""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING, Any, Final

from django.core.cache.backends.locmem import LocMemCache
from django.core.cache.backends.redis import RedisCache
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

if TYPE_CHECKING:
    from collections.abc import Callable

ANSWER_SECONDS: Final = 1.0
"""How long Redis may take for an answer; it takes a millisecond."""

AGAIN_SECONDS: Final = 2.0
"""After a fault Redis is not asked for this long, or each request would wait for it."""

ENTRIES: Final = 2000
"""Of a process's own memory, while Redis is away."""

logger = logging.getLogger(__name__)


def _outlasting(name: str) -> Callable[..., Any]:
    """Make the method `name`: it asks Redis, or this process's own memory while Redis is away."""
    of_redis = getattr(RedisCache, name)

    def method(self: OutlastingRedisCache, *args: Any, **kwargs: Any) -> Any:
        if time.monotonic() >= self.away_until:
            try:
                return of_redis(self, *args, **kwargs)
            except (RedisError, OSError) as fault:
                self.away_until = time.monotonic() + AGAIN_SECONDS
                logger.warning("the cache in Redis does not answer: %s", fault)
        return getattr(self.own_memory, name)(*args, **kwargs)

    method.__name__ = name
    return method


class _OwnMemory(LocMemCache):
    """A process's own cache, which may be asked to go on with what Redis began."""

    def incr(self, key: Any, delta: int = 1, version: int | None = None) -> int:
        """Count on; a count that Redis has and this memory has not begins anew."""
        self.add(key, 0, version=version)
        return int(super().incr(key, delta, version))


class OutlastingRedisCache(RedisCache):
    """Redis as a cache, with this process's own memory in its place while it does not answer."""

    def __init__(self, server: str, params: dict[str, Any]) -> None:
        options = {
            "socket_timeout": ANSWER_SECONDS,
            "socket_connect_timeout": ANSWER_SECONDS,
            # One more try for a connection that Redis has closed meanwhile, and no pauses.
            "retry": Retry(NoBackoff(), 1),
        }
        super().__init__(server, {**params, "OPTIONS": options | params.get("OPTIONS", {})})
        self.away_until = 0.0
        self.own_memory = _OwnMemory(server, {**params, "OPTIONS": {"MAX_ENTRIES": ENTRIES}})

    add = _outlasting("add")
    get = _outlasting("get")
    set = _outlasting("set")
    touch = _outlasting("touch")
    delete = _outlasting("delete")
    has_key = _outlasting("has_key")
    incr = _outlasting("incr")
    get_many = _outlasting("get_many")
    set_many = _outlasting("set_many")
    delete_many = _outlasting("delete_many")
    clear = _outlasting("clear")
