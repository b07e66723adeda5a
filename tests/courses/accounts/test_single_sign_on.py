"""Single sign-on against a real OpenID Connect provider, which the tests start as a process."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any

import pytest
import requests
from allauth.account.models import EmailAddress
from allauth.socialaccount.models import SocialAccount
from django.test import Client

from courses.models import User
from tests.config.test_hardening import settings_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_django.fixtures import Settings

LENA: dict[str, Any] = {
    "sub": "lena-1",
    "email": "lena@example.org",
    "email_verified": True,
    "name": "Lena\u202e Lind",
}
OTTO: dict[str, Any] = {"sub": "otto-2", "email": "otto@example.org", "email_verified": False}
START_SECONDS = 30


@pytest.fixture(scope="module")
def provider() -> Iterator[str]:
    """The address of a provider with two people."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    people = [part for one in (LENA, OTTO) for part in ("--user-claims", json.dumps(one))]
    command = [sys.executable, "-W", "ignore", "-m", "oidc_provider_mock", "--port", str(port)]
    process = subprocess.Popen(
        [*command, *people], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    address = f"http://127.0.0.1:{port}"
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        try:
            requests.get(f"{address}/.well-known/openid-configuration", timeout=1)
            break
        except requests.RequestException:
            time.sleep(0.1)
    yield address
    process.terminate()
    process.wait(timeout=10)


@pytest.fixture
def site(provider: str, settings: Settings, db: None) -> Settings:
    """A site that signs in at the provider."""
    app = {
        "provider_id": "sso",
        "name": "University",
        "client_id": "whybox",
        "secret": "a secret",
        "settings": {"server_url": provider},
    }
    settings.SOCIALACCOUNT_PROVIDERS = {
        "openid_connect": {"OAUTH_PKCE_ENABLED": True, "APPS": [app]}
    }
    return settings


def sign_in(client: Client, sub: str) -> Any:
    """Go to the provider, choose who one is, and come back."""
    page = client.get("/accounts/login/").content.decode()
    assert "University" in page
    answer = client.post("/accounts/oidc/sso/login/?process=login")
    assert answer.status_code == 302
    there = requests.post(answer["Location"], data={"sub": sub}, allow_redirects=False, timeout=10)
    assert there.status_code == 302, there.text
    back = there.headers["Location"]
    return client.get("/" + back.split("/", 3)[3])


def test_a_new_person_gets_an_account(site: Settings) -> None:
    """With the provider's name, without what hides text in it, and its verified address."""
    site.SIGNUP = "closed"
    client = Client()
    answer = sign_in(client, "lena-1")

    assert answer.status_code == 302
    user = User.objects.get()
    assert (user.email, user.name, user.has_usable_password()) == (
        "lena@example.org",
        "Lena Lind",
        False,
    )
    assert EmailAddress.objects.get().verified
    assert client.get("/dashboard/").status_code == 200

    again = Client()
    sign_in(again, "lena-1")
    assert User.objects.count() == 1
    assert again.get("/dashboard/").status_code == 200


def test_an_address_alone_takes_over_no_account(site: Settings, learner: User) -> None:
    """Who has an account with that address is not signed in to it, unless the site trusts it."""
    EmailAddress.objects.create(user=learner, email=learner.email, verified=True, primary=True)
    client = Client()
    sign_in(client, "lena-1")

    assert not SocialAccount.objects.exists()
    assert client.get("/dashboard/").status_code == 302


def test_a_trusted_provider_leads_to_the_account(site: Settings, learner: User) -> None:
    """With WHYBOX_OIDC_TRUST_EMAIL, a verified address is enough."""
    EmailAddress.objects.create(user=learner, email=learner.email, verified=True, primary=True)
    site.SOCIALACCOUNT_PROVIDERS["openid_connect"] |= {"EMAIL_AUTHENTICATION": True}
    site.SOCIALACCOUNT_EMAIL_AUTHENTICATION_AUTO_CONNECT = True
    client = Client()
    sign_in(client, "lena-1")

    assert SocialAccount.objects.get().user == learner
    assert client.get("/dashboard/").status_code == 200


def test_an_unverified_address_of_a_trusted_provider_takes_over_nothing(
    site: Settings,
) -> None:
    """The provider must say that it has verified this address."""
    otto = User.objects.create_user("otto@example.org", "a good long password")
    EmailAddress.objects.create(user=otto, email=otto.email, verified=True, primary=True)
    site.SOCIALACCOUNT_PROVIDERS["openid_connect"] |= {"EMAIL_AUTHENTICATION": True}
    client = Client()
    sign_in(client, "otto-2")

    assert not SocialAccount.objects.exists()
    assert client.get("/dashboard/").status_code == 302


def test_an_answer_that_was_not_asked_for_is_refused(site: Settings) -> None:
    """Somebody else's answer, or one with another state, signs nobody in."""
    first, second = Client(), Client()
    answer = first.post("/accounts/oidc/sso/login/?process=login")
    there = requests.post(
        answer["Location"], data={"sub": "lena-1"}, allow_redirects=False, timeout=10
    )
    back = "/" + there.headers["Location"].split("/", 3)[3]
    second.get(back)

    assert not User.objects.exists()
    assert second.get("/dashboard/").status_code == 302


def test_without_the_setting_there_is_no_button(db: None) -> None:
    """A site without a provider offers none."""
    assert "/accounts/oidc/" not in Client().get("/accounts/login/").content.decode()
    assert Client().post("/accounts/oidc/sso/login/").status_code == 404


def test_the_variables_set_the_provider() -> None:
    """Address, name and keys come from the environment, and its page may be a form's target."""
    found = settings_of(
        "development",
        ["SOCIALACCOUNT_PROVIDERS", "CONTENT_SECURITY_POLICY"],
        WHYBOX_OIDC_URL="https://login.example.edu/realms/main/",
        WHYBOX_OIDC_CLIENT_ID="whybox",
        WHYBOX_OIDC_SECRET="secret",
        WHYBOX_OIDC_NAME="University",
    )
    (app,) = found["SOCIALACCOUNT_PROVIDERS"]["openid_connect"]["APPS"]
    assert app["settings"] == {"server_url": "https://login.example.edu/realms/main"}
    assert (app["client_id"], app["name"]) == ("whybox", "University")
    form_action = found["CONTENT_SECURITY_POLICY"]["DIRECTIVES"]["form-action"]
    assert "https://login.example.edu" in form_action
