"""Dynamic registration, by a link of staff."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
import requests

from classes.lti import registration
from classes.lti.models import Invitation, Platform
from classes.lti.refusals import Code
from courses.database import database_now
from tests.classes.lti.test_refusals import code_of
from tests.classes.material import make_user

if TYPE_CHECKING:
    from tests.classes.lti.platform_process import PlatformProcess


@pytest.fixture
def link(lms: PlatformProcess) -> str:
    """A registration link; no platform is registered."""
    Platform.objects.all().delete()
    return registration.invite(by=make_user("ines@example.org", is_staff=True))


def opened(lms: PlatformProcess, link: str, **changed: str) -> requests.Response:
    """Open the link as the platform does, and agree."""
    facts = {
        "openid_configuration": f"{lms.base}/openid",
        "registration_token": "registration-token",
        **changed,
    }
    shown = requests.get(link, params=facts, timeout=30)
    if shown.status_code != 200:
        return shown
    assert "127.0.0.1" in shown.text
    assert not Platform.objects.exists()
    return requests.post(link, data=facts, timeout=30)


def test_a_platform_registers_itself(lms: PlatformProcess, link: str, live_server: Any) -> None:
    """Its addresses and deployment are stored, and it gets ours; nothing before its yes."""
    page = opened(lms, link)

    assert page.status_code == 200, page.text
    assert "data-registered" in page.text
    platform = Platform.objects.get()
    assert (platform.issuer, platform.client_id) == (lms.base, "whybox-client")
    assert (platform.auth_url, platform.jwks_url) == (f"{lms.base}/auth", f"{lms.base}/jwks")
    assert platform.deployments.get().deployment_id == "dep-1"
    told = lms.told()["registered"]
    assert told["redirect_uris"] == [f"{live_server.url}/lti/launch/"]
    assert told["initiate_login_uri"] == f"{live_server.url}/lti/login/"
    assert told["jwks_uri"] == f"{live_server.url}/lti/jwks/"
    messages = told[registration.TOOL_CONFIGURATION]["messages"]
    assert [one["type"] for one in messages] == ["LtiResourceLinkRequest", "LtiDeepLinkingRequest"]
    assert f"frame-ancestors {lms.base}" in page.headers["Content-Security-Policy"]


def test_a_registration_link_works_once_within_a_day(lms: PlatformProcess, link: str) -> None:
    """A used, an old and a made-up one are refused alike."""
    assert opened(lms, link).status_code == 200
    assert code_of(opened(lms, link)) == Code.REGISTRATION_CLOSED
    Invitation.objects.update(used_at=None, expires_at=database_now() - timedelta(seconds=1))
    assert code_of(opened(lms, link)) == Code.REGISTRATION_CLOSED
    assert code_of(opened(lms, link + "x/")) != Code.REGISTRATION_FAILED


@pytest.mark.parametrize(
    "described",
    [
        {"issuer": "https://other.example"},
        {"issuer": 7},
        {"token_endpoint": "file:///etc/passwd"},
        {"token_endpoint": ""},
        {"registration_endpoint": "http://127.0.0.1:1/"},
    ],
)
def test_a_platform_that_describes_another_is_not_registered(
    lms: PlatformProcess, link: str, described: dict[str, Any]
) -> None:
    """Another host's issuer, addresses that cannot be; the link can be used again."""
    lms.set(configuration=described)

    page = opened(lms, link)

    assert (page.status_code, code_of(page)) == (502, Code.REGISTRATION_FAILED)
    assert not Platform.objects.exists()
    lms.set(configuration={})
    assert opened(lms, link).status_code == 200


def test_a_registration_without_a_configuration_is_refused(lms: PlatformProcess, link: str) -> None:
    """Somebody opened the link by hand."""
    assert code_of(opened(lms, link, openid_configuration="")) == Code.MISSING_PARAMETER
