"""Where the site's processes share what they count and remember: throttles, schema, certificates.

A cache in a process's memory would give each web process throttles of its own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit, urlunsplit

if TYPE_CHECKING:
    from pathlib import Path

REDIS_DATABASE: Final = 1
"""Beside the broker's, which is 0 by default: emptying the cache must not empty the queues."""

MOST_ENTRIES: Final = 10_000
"""In the folder; above it, a quarter is deleted at random."""


def cache_settings(
    cache_url: str, broker_url: str, folder: Path, *, most: int = MOST_ENTRIES
) -> dict[str, Any]:
    """Return Django's default cache: the Redis of one of the addresses, or files in a folder.

    Without Redis the broker is a folder too, so the site runs on one machine and files suffice.
    """
    url = cache_url or _beside(broker_url)
    if url:
        return {
            "BACKEND": "config.redis_cache.OutlastingRedisCache",
            "LOCATION": url,
            "KEY_PREFIX": "whybox",
        }
    return {
        "BACKEND": "django.core.cache.backends.filebased.FileBasedCache",
        "LOCATION": str(folder),
        "OPTIONS": {"MAX_ENTRIES": most, "CULL_FREQUENCY": 4},
    }


def _beside(broker_url: str) -> str:
    """Return the address of the cache on the broker's Redis; empty when it is no Redis."""
    parts = urlsplit(broker_url)
    if parts.scheme == "redis+socket":
        return f"unix://{parts.path}?db={REDIS_DATABASE}"
    if parts.scheme in {"redis", "rediss"}:
        return urlunsplit(parts._replace(path=f"/{REDIS_DATABASE}"))
    return ""
