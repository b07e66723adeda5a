"""What programs ask the site: is the process alive, is it ready, what does it count.

- ``/healthz``: this process answers requests. It asks nobody else, so that a database that is down
  restarts no web process.
- ``/readyz``: database, migrations, cache and broker are as they should be; 503 if not, with the
  names of what is not. ``?exclude=broker`` leaves one out, as often as wanted.
- ``/metrics``: for Prometheus, to allowed addresses or with the token.

They say no more than that: why something fails is in the log. They are answered before anything
else looks at the request, since a probe comes by address and without TLS.
"""

from __future__ import annotations

import hmac
import ipaddress
import logging
import time
import uuid
from functools import cache
from typing import TYPE_CHECKING, Final

from celery import current_app
from django.conf import settings
from django.core.cache import cache as site_cache
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django.http import HttpResponse, JsonResponse

from config.client_address import FORWARDED
from courses import metrics
from courses.maintenance import mode
from exercises.measuring import site_gauges

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpRequest
    from django.http.response import HttpResponseBase

PLAIN: Final = "text/plain; charset=utf-8"
BROKER_SECONDS: Final = 2

logger = logging.getLogger(__name__)


def probe_middleware(
    get_response: Callable[[HttpRequest], HttpResponseBase],
) -> Callable[[HttpRequest], HttpResponseBase]:
    """Answer the three addresses; pass everything else on."""

    def middleware(request: HttpRequest) -> HttpResponseBase:
        answer = ANSWERS.get(request.path_info)
        if answer is None:
            return get_response(request)
        if request.method not in {"GET", "HEAD"}:
            return HttpResponse(status=405, headers={"Allow": "GET, HEAD"})
        response = answer(request)
        response["Cache-Control"] = "no-store"
        return response

    return middleware


def healthz(_request: HttpRequest) -> HttpResponse:
    """Say that this process answers."""
    return HttpResponse("ok\n", content_type=PLAIN)


def readyz(request: HttpRequest) -> HttpResponse:
    """Say whether what pages need is there, by name and no more."""
    excluded = set(request.GET.getlist("exclude"))
    found = {name: _holds(name) for name in CHECKS if name not in excluded}
    ready = all(found.values())
    told = {
        "ready": ready,
        "checks": {name: "ok" if ok else "failed" for name, ok in found.items()},
    }
    return JsonResponse(told, status=200 if ready else 503)


def metrics_page(request: HttpRequest) -> HttpResponse:
    """Answer what all processes of this machine have counted, and what the database says."""
    if not may_read_metrics(request):
        return HttpResponse("Not for you.\n", status=403, content_type=PLAIN)
    text = metrics.exposition(site_gauges())
    return HttpResponse(text, content_type=metrics.CONTENT_TYPE)


def may_read_metrics(request: HttpRequest) -> bool:
    """Whether the token is right or the address is allowed; everybody else is refused.

    An address that came with headers of a proxy that the settings do not trust proves nothing.
    """
    token = settings.METRICS_TOKEN
    given = request.META.get("HTTP_AUTHORIZATION", "")
    if token and hmac.compare_digest(given.encode(), f"Bearer {token}".encode()):
        return True
    if FORWARDED in request.META:
        return False
    try:
        address = ipaddress.ip_address(request.META.get("REMOTE_ADDR", ""))
        networks = [ipaddress.ip_network(one, strict=False) for one in settings.METRICS_ADDRESSES]
    except ValueError:
        return False
    mapped = getattr(address, "ipv4_mapped", None)
    return any((mapped or address) in network for network in networks)


def _holds(name: str) -> bool:
    try:
        return CHECKS[name]()
    except Exception:  # whatever it is: the answer names the check, the log says the rest
        logger.exception("not ready: %s", name)
        return False


def _database_answers() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
        return bool(cursor.fetchone() == (1,))


@cache
def _last_migrations() -> frozenset[tuple[str, str]]:
    """Return the last migration of each app, read once: this process's code does not change."""
    return frozenset(MigrationLoader(None).graph.leaf_nodes())


def _migrations_are_applied() -> bool:
    missing = _last_migrations() - set(MigrationRecorder(connection).applied_migrations())
    if missing:
        logger.error("not ready: %d migrations are not applied", len(missing))
    return not missing


def _cache_answers() -> bool:
    """Write and read a value, and tell the cache of the maintenance mode while at it."""
    key, value = f"ready-{uuid.uuid4().hex}", uuid.uuid4().hex
    site_cache.set(key, value, 10)
    same = bool(site_cache.get(key) == value)
    site_cache.delete(key)
    mode.refresh()
    # A cache that outlasts its Redis answers from memory meanwhile.
    return same and time.monotonic() >= getattr(site_cache, "away_until", 0.0)


def _broker_answers() -> bool:
    with current_app.connection_for_write(connect_timeout=BROKER_SECONDS) as broker:
        broker.ensure_connection(max_retries=1, timeout=BROKER_SECONDS)
        return bool(broker.connected)


CHECKS: Final[dict[str, Callable[[], bool]]] = {
    "database": _database_answers,
    "migrations": _migrations_are_applied,
    "cache": _cache_answers,
    "broker": _broker_answers,
}
ANSWERS: Final[dict[str, Callable[[HttpRequest], HttpResponse]]] = {
    "/healthz": healthz,
    "/readyz": readyz,
    "/metrics": metrics_page,
}
