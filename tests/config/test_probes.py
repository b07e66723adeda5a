"""What programs ask the site: /healthz, /readyz, /metrics."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from django.db import connection
from django.test import Client
from prometheus_client.parser import text_string_to_metric_families

from courses import metrics
from courses.maintenance import mode
from courses.models import User

if TYPE_CHECKING:
    from pytest_django.fixtures import (
        DjangoAssertNumQueries,
        DjangoCaptureOnCommitCallbacks,
        Settings,
    )

pytestmark = pytest.mark.django_db


def test_healthz_answers_without_asking_anybody(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    """No query, whatever host name and scheme the probe uses."""
    with django_assert_num_queries(0):
        answer = Client().get("/healthz", headers={"Host": "10.0.0.7"})
    assert (answer.status_code, answer.content) == (200, b"ok\n")
    assert answer["Cache-Control"] == "no-store"


def test_probes_answer_without_tls(settings: Settings) -> None:
    """Production sends everybody to https; a probe inside has no certificate to check."""
    settings.SECURE_SSL_REDIRECT = True
    assert Client().get("/healthz").status_code == 200
    assert Client().get("/status/").status_code == 301


def test_probes_are_read_only() -> None:
    """Another method is refused and told which ones there are."""
    answer = Client().post("/readyz")
    assert (answer.status_code, answer["Allow"]) == (405, "GET, HEAD")


def test_readyz_lists_what_it_has_checked() -> None:
    """All four are there in the tests: database, migrations, cache, broker."""
    answer = Client().get("/readyz")
    names = ("database", "migrations", "cache", "broker")
    assert answer.json() == {"ready": True, "checks": dict.fromkeys(names, "ok")}
    assert answer.status_code == 200


def test_readyz_fails_while_a_migration_is_missing_and_says_no_more_than_that() -> None:
    """Another process that migrates is seen at the next request."""
    with connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM django_migrations WHERE app = 'courses' AND name = '0060_maintenance'"
        )
    answer = Client().get("/readyz")
    assert answer.status_code == 503
    assert answer.json()["checks"]["migrations"] == "failed"
    assert b"0060" not in answer.content


def test_readyz_fails_without_its_cache_and_broker_unless_they_are_excluded(
    settings: Settings,
) -> None:
    """A cache that nobody answers for: 503 with its name only; lessons need no cache."""
    unreachable = {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": "redis://user:secret-word@127.0.0.1:1/0",
    }
    settings.CACHES = {"default": unreachable, "documents": unreachable}
    answer = Client().get("/readyz")
    assert answer.status_code == 503
    assert answer.json()["checks"] | {"cache": "failed"} == answer.json()["checks"]
    assert b"secret-word" not in answer.content
    assert Client().get("/readyz?exclude=cache").status_code == 200
    assert Client().get("/").status_code == 200


def families(text: bytes) -> dict[str, float]:
    """Every sample of an exposition without labels, and those with, by name."""
    found: dict[str, float] = {}
    for family in text_string_to_metric_families(text.decode()):
        for sample in family.samples:
            labels = ",".join(f"{name}={value}" for name, value in sorted(sample.labels.items()))
            found[f"{sample.name}{{{labels}}}" if labels else sample.name] = sample.value
    return found


def test_metrics_tell_queues_workers_outbox_and_requests() -> None:
    """Prometheus reads what was counted and what the database says."""
    name = "whybox_http_requests_total{method=GET,status=200}"
    before = families(Client().get("/metrics").content).get(name, 0.0)
    Client().get("/status/")
    answer = Client().get("/metrics")
    found = families(answer.content)
    assert answer["Content-Type"] == metrics.CONTENT_TYPE
    assert found["whybox_submissions{state=queued}"] == 0
    assert found["whybox_outbox_emails{state=given_up}"] == 0
    assert found["whybox_workers{kind=grading,state=working}"] == 0
    assert found["whybox_maintenance"] == 0
    assert found[name] >= before + 1


@pytest.mark.parametrize(
    ("addresses", "client", "allowed"),
    [
        (["127.0.0.1", "::1"], "127.0.0.1", True),
        (["127.0.0.1", "::1"], "::ffff:127.0.0.1", True),
        (["127.0.0.1", "::1"], "192.0.2.7", False),
        (["10.0.0.0/8"], "10.9.8.7", True),
        (["10.0.0.0/8"], "127.0.0.1", False),
        (["nonsense"], "127.0.0.1", False),
        ([], "127.0.0.1", False),
    ],
)
def test_metrics_are_for_allowed_addresses(
    settings: Settings, addresses: list[str], client: str, allowed: object
) -> None:
    """By default this machine; a setting that cannot be read allows nobody."""
    settings.METRICS_ADDRESSES = addresses
    answer = Client(REMOTE_ADDR=client).get("/metrics")
    assert answer.status_code == (200 if allowed else 403)


def test_metrics_are_refused_to_what_comes_through_an_untrusted_proxy() -> None:
    """A proxy on this machine would otherwise open them to the world."""
    assert Client().get("/metrics", headers={"X-Forwarded-For": "192.0.2.7"}).status_code == 403


def test_metrics_count_the_address_that_a_trusted_proxy_saw(settings: Settings) -> None:
    """Who is behind the proxy decides, not the proxy's own address."""
    settings.TRUSTED_PROXIES = 1
    assert Client().get("/metrics", headers={"X-Forwarded-For": "192.0.2.7"}).status_code == 403


@pytest.mark.parametrize(
    ("token", "given", "allowed"),
    [
        ("s3cret-word", "Bearer s3cret-word", True),
        ("s3cret-word", "Bearer another", False),
        ("s3cret-word", "", False),
        ("", "Bearer ", False),
        ("s3cret-word", "Bearer é", False),
    ],
)
def test_the_token_opens_the_metrics_from_anywhere(
    settings: Settings, token: str, given: str, allowed: object
) -> None:
    """An empty token opens nothing."""
    settings.METRICS_TOKEN = token
    client = Client(REMOTE_ADDR="192.0.2.7")
    answer = client.get("/metrics", headers={"Authorization": given})
    assert answer.status_code == (200 if allowed else 403)


def test_maintenance_closes_the_site_to_everybody_but_those_who_operate_it(
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    """Pages and API answer 503 with a time to try again; signing in, probes and staff go on."""
    staff = User.objects.create_user("ops@example.org", "a quiet harbour", is_staff=True)
    learner = User.objects.create_user("ada@example.org", "a quiet harbour")
    with django_capture_on_commit_callbacks(execute=True):
        mode.start(actor=staff, message="Back at noon.")
    browser = Client()
    browser.force_login(learner)
    page, call = browser.get("/dashboard/"), browser.get("/api/v1/courses/")
    assert (page.status_code, call.status_code, page["Retry-After"]) == (503, 503, "120")
    assert "Back at noon." in page.content.decode()
    assert call.json()["code"] == "maintenance"
    assert browser.get("/accounts/login/").status_code in {200, 302}
    assert Client().get("/readyz").status_code == 200
    browser.force_login(staff)
    assert browser.get("/dashboard/").status_code == 200
    with django_capture_on_commit_callbacks(execute=True):
        assert mode.end(actor=staff)
    browser.force_login(learner)
    assert browser.get("/dashboard/").status_code == 200


def test_an_emptied_cache_learns_of_the_maintenance_again() -> None:
    """The database has the say; the readiness probe and a task tell the cache."""
    mode.start(actor=None)
    assert mode.announced() is None  # nothing was committed yet
    mode.refresh()
    assert mode.announced() == ""
