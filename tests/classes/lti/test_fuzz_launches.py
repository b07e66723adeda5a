"""Launches whose tokens no learning platform would send: refused with a code, or recorded."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qsl, urlsplit

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from django.db import connection, transaction
from django.test import Client
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from classes.lti import platform_keys
from classes.lti.claims import (
    AGS,
    CLAIM,
    CONTENT_REQUEST,
    DEEP_LINKING,
    NRPS,
    RESOURCE_REQUEST,
    VERSION,
)
from classes.lti.models import Deployment, Platform
from classes.lti.platform_keys import LEAST_BITS, MOST_BITS
from tests.hostile.test_fuzz_forms import as_postgresql_does
from tests.malformed import ANY, TREES, VALUES, WORDS, bounded_memory, damaged, mutated, sent

if TYPE_CHECKING:
    from pytest_django.fixtures import Settings

pytestmark = pytest.mark.django_db

ISSUER, CLIENT, KID = "https://lms.example", "whybox-client", "key-1"
SITE: Final = "http://testserver"
KEY: Final = rsa.generate_private_key(65537, 2048)
OTHER_PARTS: Final[dict[str, Any]] = {
    f"{CLAIM}version": VERSION,
    f"{CLAIM}deployment_id": "dep-1",
    f"{CLAIM}target_link_uri": f"{SITE}/courses/shap/games/",
    f"{CLAIM}roles": ["http://purl.imsglobal.org/vocab/lis/v2/membership#Instructor"],
    f"{CLAIM}context": {"id": "ctx-1", "title": "A term"},
    "name": "Lena",
    "email": "lena@lms.example",
    "sub": "u1",
}
RESOURCE: Final = OTHER_PARTS | {
    f"{CLAIM}message_type": RESOURCE_REQUEST,
    f"{CLAIM}resource_link": {"id": "link-1", "title": "Games"},
    f"{AGS}claim/endpoint": {
        "scope": [f"{AGS}scope/score"],
        "lineitems": f"{ISSUER}/items",
        "lineitem": f"{ISSUER}/items/1",
    },
    f"{NRPS}claim/namesroleservice": {"context_memberships_url": f"{ISSUER}/members"},
}
CONTENT: Final = OTHER_PARTS | {
    f"{CLAIM}message_type": CONTENT_REQUEST,
    f"{DEEP_LINKING}deep_linking_settings": {
        "deep_link_return_url": f"{ISSUER}/content",
        "accept_types": ["ltiResourceLink"],
        "data": "opaque",
        "accept_multiple": True,
    },
}


class Launches:
    """A registered platform of which this test has the key, and a browser that begins logins."""

    def __init__(self) -> None:
        self.platform = Platform.objects.create(
            name="Campus",
            issuer=ISSUER,
            client_id=CLIENT,
            auth_url=f"{ISSUER}/auth",
            token_url=f"{ISSUER}/token",
            jwks_url=f"{ISSUER}/jwks",
        )
        Deployment.objects.create(platform=self.platform, deployment_id="dep-1")
        self._browser = Client()

    def send(self, make: Any) -> None:
        """Begin a login and answer it with the token that `make` returns for its nonce."""
        asked = {
            "iss": ISSUER,
            "client_id": CLIENT,
            "login_hint": "u1",
            "target_link_uri": f"{SITE}/courses/shap/games/",
        }
        with transaction.atomic(), connection.execute_wrapper(as_postgresql_does):
            begun = self._browser.get("/lti/login/", asked)
            told = dict(parse_qsl(urlsplit(begun["Location"]).query))
            token = make(told["nonce"])
            with bounded_memory(len(token)):
                form = {"state": told["state"], "id_token": token}
                answer = self._browser.post("/lti/launch/", form)
                assert answer.status_code < 500, answer.content[:500]
                if answer.status_code == 303:
                    page = self._browser.get(answer["Location"])
                    assert page.status_code < 500, page.content[:500]
            transaction.set_rollback(True)
        self._browser.cookies.clear()


@pytest.fixture
def launches(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Launches:
    """The platform's key set is known: no network is asked."""
    settings.SITE_URL = SITE
    public = KEY.public_key()
    monkeypatch.setattr(platform_keys, "public_key", lambda _platform, _kid: public)
    return Launches()


def signed(claims: Any) -> str:
    """Return a token as the platform signs it."""
    return jwt.api_jws.encode(json.dumps(claims).encode(), KEY, "RS256", {"kid": KID})


def test_claims_of_other_types(launches: Launches) -> None:
    """Signed by the platform: claims that are missing, of another type, or far too large."""

    @given(claims=mutated(RESOURCE) | mutated(CONTENT))
    @ANY
    def attack(claims: dict[str, Any]) -> None:
        sent("launches")
        now = int(timezone.now().timestamp())
        times = {"iss": ISSUER, "aud": CLIENT, "iat": now, "exp": now + 300}
        launches.send(lambda nonce: signed({**times, "nonce": nonce, **claims}))

    attack()


def test_times_and_names_of_other_types(launches: Launches) -> None:
    """The claims that make a token valid: each with values of other types."""
    names = ["iss", "aud", "iat", "exp", "nbf", "nonce", "azp", "sub", "jti"]

    @given(wrong=st.dictionaries(st.sampled_from(names), TREES | WORDS, min_size=1, max_size=2))
    @ANY
    def attack(wrong: dict[str, Any]) -> None:
        sent("launches")
        now = int(timezone.now().timestamp())
        times = {"iss": ISSUER, "aud": CLIENT, "iat": now, "exp": now + 300}
        launches.send(lambda nonce: signed({**times, "nonce": nonce, **RESOURCE, **wrong}))

    attack()


def test_tokens_that_are_none(launches: Launches) -> None:
    """Anybody may send them: damaged, of any bytes, with headers nested beyond any parser."""
    genuine = signed(RESOURCE).encode()

    def headed(header: bytes) -> str:
        return base64.urlsafe_b64encode(header).decode().rstrip("=") + ".e30.AA"

    headers = TREES.map(json.dumps).map(str.encode) | st.sampled_from(
        [b"[" * 20_000, b'{"a":' * 8000, b'{"alg": "RS256", "kid": "\\ud800"}', b"\xff", b""]
    )

    @given(
        token=damaged(genuine).map(lambda data: data.decode(errors="replace"))
        | headers.map(headed)
        | VALUES
    )
    @ANY
    def attack(token: str) -> None:
        sent("launches")
        launches.send(lambda _nonce: token)

    attack()


def test_keys_of_a_platform_that_are_none() -> None:
    """A set of keys whose members have any values: no key, or one of a bounded length."""
    facts = {"kty": "RSA", "kid": KID, "use": "sig", "alg": "RS256", "n": "AQAB", "e": "AQAB"}

    @given(key=mutated(facts) | st.dictionaries(st.sampled_from(sorted(facts)), TREES))
    @ANY
    def attack(key: dict[str, Any]) -> None:
        sent("launches")
        found = platform_keys._find([{**key, "kid": KID, "kty": "RSA"}], KID)
        # Any long odd number is a key by its form.
        assert found is None or LEAST_BITS <= found.key_size <= MOST_BITS

    attack()


@pytest.mark.parametrize(("bits", "is_key"), [(2040, False), (4096, True), (400_000, False)])
def test_a_platform_s_key_has_a_bounded_length(bits: int, is_key: bool) -> None:  # noqa: FBT001
    """A number of 50 kB is no key: nothing is verified by it."""
    modulus = base64.urlsafe_b64encode(b"\xff" * (bits // 8)).decode().rstrip("=")
    facts = {"kty": "RSA", "kid": KID, "use": "sig", "alg": "RS256", "n": modulus, "e": "AQAB"}

    assert (platform_keys._find([facts], KID) is not None) == is_key


def test_logins_with_any_parameters(launches: Launches) -> None:
    """Anybody may begin one: with any issuer, any target, any hint."""
    names = ["iss", "client_id", "login_hint", "lti_message_hint", "target_link_uri", "state"]
    targets = st.sampled_from(
        ["http://[", f"{SITE}/[", f"{SITE}\\@x", f"{SITE}:99999/", "http://\x00"]
    )
    genuine = {"iss": ISSUER, "client_id": CLIENT, "login_hint": "u", "target_link_uri": f"{SITE}/"}

    @given(given_=st.dictionaries(st.sampled_from(names), VALUES | targets), post=st.booleans())
    @ANY
    def attack(given_: dict[str, str], *, post: bool) -> None:
        sent("launches")
        browser = Client()
        with transaction.atomic(), connection.execute_wrapper(as_postgresql_does):
            for address in ("/lti/login/", "/lti/launch/"):
                ask = browser.post if post or "launch" in address else browser.get
                assert ask(address, {**genuine, **given_}).status_code < 500
            transaction.set_rollback(True)

    attack()
