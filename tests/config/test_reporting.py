"""What leaves the site for Sentry, where a site wants it: kinds and places, no words."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest
from django.core.exceptions import ImproperlyConfigured

from config import reporting
from config.environment import BASE_DIR
from tests.receiver import receiver

if TYPE_CHECKING:
    from pathlib import Path

MARK = "marker-of-a-person"
SITE = f"""
import os
os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings.test"
import django
django.setup()
from django.conf import settings
from django.test import Client
from django.urls import path

def broken(request):
    secret = "{MARK}"
    raise LookupError("{MARK}")

class urlconf:
    urlpatterns = [path("broken/", broken)]
settings.ROOT_URLCONF = urlconf
client = Client(raise_request_exception=False)
client.cookies["session"] = "{MARK}"
answer = client.get("/broken/?q={MARK}", headers={{"X-Whatever": "{MARK}", "User-Agent": "{MARK}"}})
print(answer["X-Request-ID"])
import sentry_sdk
sentry_sdk.flush(timeout=30)
"""


def events(bodies: list[bytes]) -> list[dict[str, Any]]:
    """The events of envelopes: lines of JSON, each item after a line that describes it."""
    items = [json.loads(line) for body in bodies for line in body.splitlines() if line]
    return [item for item in items if "exception" in item]


def test_an_error_is_reported_by_kind_and_place_and_without_a_word_of_anybody(
    tmp_path: Path,
) -> None:
    """The request's id leads to the log of the site, where the words are."""
    with receiver() as sentry:
        dsn = f"http://key@127.0.0.1:{sentry.server_port}/1"
        environment = os.environ | {"WHYBOX_SENTRY_DSN": dsn, "WHYBOX_VAR": str(tmp_path)}
        run = subprocess.run(
            [sys.executable, "-c", SITE],
            cwd=BASE_DIR,
            env=environment,
            capture_output=True,
            check=True,
            text=True,
            timeout=120,
        )
        sentry.wait_for(b"LookupError")

    (event,) = events(sentry.bodies)
    (error,) = event["exception"]["values"]
    assert error["type"] == "LookupError"
    assert error["stacktrace"]["frames"][-1]["function"] == "broken"
    assert event["tags"]["request_id"] == run.stdout.strip()
    assert MARK not in b"".join(sentry.bodies).decode()


def test_a_dsn_that_is_none_stops_the_start() -> None:
    """The error names the variable and its form."""
    with pytest.raises(ImproperlyConfigured, match="WHYBOX_SENTRY_DSN is no address of the form"):
        reporting.report_outside(sentry_dsn="sentry.example.org", otlp_endpoint="")


def test_without_its_packages_the_start_says_how_to_install_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A setting that cannot be followed is not passed over."""
    monkeypatch.setitem(sys.modules, "opentelemetry.sdk.resources", None)
    with pytest.raises(ImproperlyConfigured, match=r"--require-hashes -r requirements/reporting"):
        reporting.report_outside(sentry_dsn="", otlp_endpoint="http://127.0.0.1:1")
