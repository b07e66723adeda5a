"""A site without its Redis, its database or space on its disk: limits hold, clients try again."""

from __future__ import annotations

import errno
import socket
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from django.db import InterfaceError, OperationalError
from django.test import Client, override_settings
from django.urls import path
from kombu.transport import redis

from config import redis_broker
from config.redis_cache import OutlastingRedisCache
from config.urls import urlpatterns as site_urlpatterns

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from django.http import HttpRequest, HttpResponse

FAULTS = {
    "gone": OperationalError("the server closed the connection"),
    "closed": InterfaceError("the connection is closed"),
    "full": OSError(errno.ENOSPC, "No space left on device"),
    "read-only": OSError(errno.EROFS, "Read-only file system"),
}


def fail(_request: HttpRequest, fault: str) -> HttpResponse:
    """Fail as a view does whose database or disk is gone."""
    raise FAULTS[fault]


urlpatterns = [
    path("api/v1/fails/<str:fault>/", fail),
    path("fails/<str:fault>/", fail),
    *site_urlpatterns,
]
handler500 = "config.problem_details.server_error"


@pytest.mark.parametrize("fault", FAULTS)
def test_clients_are_told_to_try_again(fault: str) -> None:
    """A database or a disk that fails is no defect: 503, a code, and when to try again."""
    with override_settings(ROOT_URLCONF=__name__):
        client = Client(raise_request_exception=False)
        answer = client.get(f"/api/v1/fails/{fault}/")
        page = client.get(f"/fails/{fault}/")
    assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")
    assert (page.status_code, page["Retry-After"]) == (503, answer["Retry-After"])
    assert "Back in a moment" in page.content.decode()


def test_another_error_of_the_system_is_a_defect() -> None:
    """Such as a file that is missing: it does not pass by waiting."""
    with override_settings(ROOT_URLCONF=__name__):
        FAULTS["missing"] = FileNotFoundError(errno.ENOENT, "No such file")
        try:
            answer = Client(raise_request_exception=False).get("/api/v1/fails/missing/")
        finally:
            del FAULTS["missing"]
    assert (answer.status_code, answer.json()["code"]) == (500, "server_error")


@pytest.fixture
def silent() -> Iterator[str]:
    """The address of a Redis that takes connections and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"redis://127.0.0.1:{server.getsockname()[1]}/1"


def use(cache: OutlastingRedisCache) -> None:
    """Count, keep and forget, as the site does."""
    assert cache.get("missing", "nothing") == "nothing"
    assert cache.add("one", 1)
    assert not cache.add("one", 2)
    assert cache.incr("one") == 2
    assert cache.incr("never-set") == 1
    assert cache.get_or_set("two", 2) == 2
    cache.set_many({"three": 3, "four": 4})
    assert cache.get_many(["three", "four", "five"]) == {"three": 3, "four": 4}
    assert cache.touch("three", 60)
    assert cache.has_key("three")
    assert cache.delete("three")
    cache.delete_many(["four"])
    assert cache.get("four") is None
    cache.clear()
    assert cache.get("one") is None


def test_an_unreachable_cache_fails_no_request(tmp_path: Path) -> None:
    """The process counts for itself, so that the limits of requests still hold."""
    cache = OutlastingRedisCache(f"unix://{tmp_path}/nowhere.sock?db=1", {"KEY_PREFIX": "whybox"})
    use(cache)
    assert cache.away_until > 0


def test_a_silent_cache_is_asked_once(silent: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A request waits for it a moment at most, and the next ones not at all."""
    monkeypatch.setattr("config.redis_cache.AGAIN_SECONDS", 3600.0)
    cache = OutlastingRedisCache(silent, {"OPTIONS": {"socket_timeout": 0.1}})
    cache.get("x")
    asked = cache.away_until
    assert asked > 0
    use(cache)
    assert cache.away_until == asked


class _ClosedChannel:
    """A channel of a connection that was lost and closed, with a message unacknowledged."""

    do_restore = True
    connection = SimpleNamespace(client=None)

    def conn_or_acquire(self, _client: Any = None) -> Any:
        """Ask for the address of a connection that has none any more, as Kombu's does."""
        of_kombu: Any = redis.Channel  # without types
        return of_kombu._connparams(self)


def lost(kind: type[Any]) -> Any:
    """Return an account of messages whose connection is lost."""
    account = kind(_ClosedChannel(), 1)
    account._delivered["tag"] = SimpleNamespace(serializable=dict)
    return account


def test_a_worker_outlasts_the_loss_of_redis() -> None:
    """Kombu's own account raises what ends a worker; this one leaves the messages to Redis."""
    with pytest.raises(AttributeError, match="hostname"):
        lost(redis.QoS).restore_unacked_once()
    lost(redis_broker.QoS).restore_unacked_once()


@pytest.mark.parametrize("scheme", ["redis", "rediss", "redis+socket"])
def test_every_redis_has_this_transport(scheme: str) -> None:
    """Whatever way the broker's address is written."""
    import config  # noqa: PLC0415  # the app with its aliases

    with config.celery_app.connection_for_write(f"{scheme}://localhost/0") as line:
        assert isinstance(line.transport, redis_broker.Transport)
