"""What a public site must not give away, and what no image may carry."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from fnmatch import fnmatch
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from django.core.cache import cache
from django.test import Client, override_settings
from django.urls import get_resolver, path
from django.utils import timezone
from drf_spectacular.generators import SchemaGenerator

from config.body_limits import UPLOAD_VIEWS
from config.caches import cache_settings
from config.environment import BASE_DIR
from config.urls import urlpatterns as site_urlpatterns
from exercises.models import Worker
from exercises.pages import status

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

STDERR = "Traceback: /srv/whybox/.venv-sandbox/bin/python: Permission denied"


def fail(_request: HttpRequest) -> HttpResponse:
    """Break, as a view with a defect does."""
    raise RuntimeError("secret words")


urlpatterns = [path("api/v1/broken/", fail), *site_urlpatterns]
handler404 = "config.problem_details.page_not_found"
handler500 = "config.problem_details.server_error"


def settings_of(site: str, names: list[str], **variables: str) -> dict[str, Any]:
    """Return settings of a site as it starts with these variables."""
    secrets = {"WHYBOX_SECRET_KEY": "a", "WHYBOX_VARIANT_SECRET": "b"}
    program = (
        "import json; from django.conf import settings;"
        f"print(json.dumps({{name: getattr(settings, name) for name in {names!r}}}, default=repr))"
    )
    shown = subprocess.run(
        [sys.executable, "-c", program],
        cwd=BASE_DIR,
        env=os.environ
        | secrets
        | variables
        | {"DJANGO_SETTINGS_MODULE": f"config.settings.{site}"},
        check=True,
        capture_output=True,
        text=True,
    )
    found: dict[str, Any] = json.loads(shown.stdout)
    return found


@pytest.mark.parametrize(("value", "expected"), [("", False), ("true", True)])
def test_preloading_hsts_is_the_operator_s_decision(value: str, *, expected: bool) -> None:
    """No site asks to be built into browsers unless a setting says so."""
    variables = {"WHYBOX_HSTS_PRELOAD": value} if value else {}

    found = settings_of("production", ["SECURE_HSTS_PRELOAD", "SECURE_HSTS_SECONDS"], **variables)

    assert found == {"SECURE_HSTS_PRELOAD": expected, "SECURE_HSTS_SECONDS": 31_536_000}


@pytest.mark.parametrize(
    ("site", "variables", "expected"),
    [
        ("development", {}, 0),
        ("production", {}, 1),
        ("production", {"WHYBOX_TRUSTED_PROXIES": "0"}, 0),
        ("production", {"WHYBOX_TRUSTED_PROXIES": "2"}, 2),
    ],
)
def test_trusted_proxies_are_one_setting(
    site: str, variables: dict[str, str], expected: int
) -> None:
    """A public site stands behind one proxy unless the operator says otherwise."""
    assert settings_of(site, ["TRUSTED_PROXIES"], **variables) == {"TRUSTED_PROXIES": expected}


@pytest.mark.parametrize(
    ("cache_url", "broker", "location"),
    [
        ("", "", "/var/cache"),
        ("", "redis://redis:6379/0", "redis://redis:6379/1"),
        ("", "redis+socket:///run/redis.sock", "unix:///run/redis.sock?db=1"),
        ("redis://other:6379/3", "redis://redis:6379/0", "redis://other:6379/3"),
    ],
)
def test_counts_are_shared_by_all_processes(cache_url: str, broker: str, location: str) -> None:
    """Redis where there is one, beside the queues and not among them; else files."""
    found = cache_settings(cache_url, broker, Path("/var/cache"))

    assert found["LOCATION"] == location
    assert ("redis" in found["BACKEND"]) is bool(cache_url or broker)


@pytest.mark.parametrize(
    "file", [".env", "docker/.env", ".env.production", "docker/nginx/tls/privkey.pem", "a/b/.env"]
)
def test_no_secret_of_the_builder_is_copied_into_the_image(file: str) -> None:
    """`COPY . .` leaves out what .dockerignore names, in every folder."""
    lines = (BASE_DIR / ".dockerignore").read_text().splitlines()
    patterns = [line for line in lines if line and not line.startswith("#")]

    def left_out(pattern: str) -> bool:
        deep = pattern.removeprefix("**/")
        if deep != pattern:  # in any folder
            return fnmatch(Path(file).name, deep)
        return fnmatch(file, pattern) or file.startswith(f"{pattern}/")

    assert any(left_out(pattern) for pattern in patterns)


def test_a_stranger_learns_nothing_of_the_machine(db: None, client: Client) -> None:
    """Why a sandbox does not work is shown to staff; everybody else sees that it does not."""
    now = timezone.now()
    Worker.objects.create(
        name="w", concurrency=2, started_at=now, seen_at=now, reason=STDERR, fix="sudo this"
    )

    page = client.get("/status/").content.decode()

    assert "not accepting jobs" in page
    for words in ("Traceback", "/srv/whybox", "sudo this"):
        assert words not in page


def test_staff_see_the_reason_and_the_fix(db: None, admin_client: Client) -> None:
    """Whoever can fix it is told how."""
    cache.clear()
    now = timezone.now()
    Worker.objects.create(
        name="w", concurrency=2, started_at=now, seen_at=now, reason=STDERR, fix="sudo this"
    )

    page = admin_client.get("/status/").content.decode()

    assert "Traceback" in page
    assert "sudo this" in page


def test_the_status_asks_the_database_once_in_a_while(
    db: None,
    client: Client,
    django_assert_num_queries: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A page that anybody may load as often as they like costs nothing the second time."""
    monkeypatch.setattr(status, "KEPT_SECONDS", 600)  # twenty pages may take seconds here
    cache.clear()
    client.get("/status/")

    with django_assert_num_queries(0):
        for number in range(20):
            assert client.get(f"/status/?{number}").status_code == 200


@pytest.mark.parametrize("accept", ["application/vnd.oai.openapi", "application/json", "*/*"])
def test_the_schema_is_made_once(
    client: Client, accept: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No address and no language makes it anew."""
    first = client.get("/api/v1/schema/", headers={"Accept": accept})
    monkeypatch.delattr(SchemaGenerator, "get_schema")

    for number in range(3):
        address = f"/api/v1/schema/?lang=fr&version={number}"
        answer = client.get(address, headers={"Accept": accept})
        assert answer.content == first.content

    assert first.status_code == 200


def test_a_defect_in_the_api_answers_with_a_problem_document() -> None:
    """The client gets JSON with a code, and no words of the exception."""
    with override_settings(ROOT_URLCONF=__name__):
        answer = Client(raise_request_exception=False).get("/api/v1/broken/")

    assert answer.status_code == 500
    assert answer["Content-Type"] == "application/problem+json"
    assert answer.json()["code"] == "server_error"
    assert b"secret words" not in answer.content


@pytest.mark.parametrize("length", ["99999999999", "-1", "x", "٣"])
@pytest.mark.parametrize("address", ["/api/v1/auth/token/", "/accounts/login/", "/nothing/"])
def test_a_length_that_is_too_large_or_none_is_refused(
    client: Client, address: str, length: str
) -> None:
    """Before anything is read; the API answers with a problem document."""
    answer = client.generic("POST", address, b"x", CONTENT_LENGTH=length)

    assert answer.status_code in {400, 413}
    if address.startswith("/api/"):
        assert answer.json()["code"] in {"request_too_large", "invalid"}


def test_every_address_that_takes_a_notebook_exists() -> None:
    """The names by which larger bodies are let in are names of addresses."""
    resolver = get_resolver("config.urls")
    names = {
        f"{space}:{name}"
        for space, (_prefix, nested) in resolver.namespace_dict.items()
        for name in nested.reverse_dict
        if isinstance(name, str)
    }

    assert names >= UPLOAD_VIEWS
