"""The tool's keys: encrypted, published before and after they sign."""

from __future__ import annotations

import json
import time
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import jwt
import pytest

from classes.lti import tool_keys
from classes.lti.models import ToolKey
from courses.database import database_now

if TYPE_CHECKING:
    from django.test import Client
    from pytest_django.fixtures import Settings

pytestmark = pytest.mark.django_db


def kids() -> list[str]:
    """Return the published key ids."""
    return [key["kid"] for key in tool_keys.published()["keys"]]


def signer() -> str:
    """Return the id of the key that signs now."""
    kid: str = jwt.get_unverified_header(tool_keys.sign({"iss": "x"}))["kid"]
    return kid


def let_pass(period: timedelta) -> None:
    """Make all keys older."""
    for key in ToolKey.objects.all():
        key.signs_from -= period
        key.save()


def test_the_published_key_verifies_what_is_signed(client: Client) -> None:
    """As a platform does it; nothing of a private key is published."""
    token = tool_keys.sign({"iss": "x"})
    answer = client.get("/lti/jwks/")
    (facts,) = answer.json()["keys"]

    claims = jwt.decode(token, jwt.PyJWK(facts).key, ["RS256"])

    assert claims["iss"] == "x"
    assert claims["exp"] - claims["iat"] == 60
    assert set(facts) == {"kty", "n", "e", "kid", "alg", "use"}
    assert "max-age" in answer["Cache-Control"]


def test_rotation_overlaps_on_both_sides() -> None:
    """Published a day before it signs, and a day after its successor does."""
    tool_keys.published()
    (old,) = kids()
    new = tool_keys.rotate().kid
    assert kids() == [new, old]
    assert signer() == old

    let_pass(tool_keys.OVERLAP + timedelta(minutes=1))
    assert signer() == new
    assert kids() == [new, old]

    let_pass(tool_keys.OVERLAP)
    assert kids() == [new]
    tool_keys.rotate()
    assert not ToolKey.objects.filter(kid=old).exists()


def test_rotating_twice_at_once_leaves_the_signing_key() -> None:
    """An impatient click deletes nothing that platforms need."""
    tool_keys.published()
    (old,) = kids()

    second, third = tool_keys.rotate().kid, tool_keys.rotate().kid

    assert set(kids()) == {old, second, third}
    assert signer() == old


def test_the_private_key_is_not_readable_in_the_database() -> None:
    """A copy of the database alone signs nothing."""
    tool_keys.published()
    stored = bytes(ToolKey.objects.get().private_key)

    assert b"PRIVATE" not in stored
    assert stored.startswith(b"gAAAA")


def test_a_changed_secret_key_makes_a_new_pair(settings: Settings) -> None:
    """What cannot be decrypted is neither used nor published; a fallback still opens it."""
    tool_keys.published()
    (old,) = kids()
    before, settings.SECRET_KEY = settings.SECRET_KEY, "another one"
    settings.SECRET_KEY_FALLBACKS = [before]
    assert signer() == old
    settings.SECRET_KEY_FALLBACKS = []

    new = signer()

    assert new != old
    assert new in kids()
    assert old not in kids()


def test_a_site_without_keys_publishes_one(client: Client) -> None:
    """The first request makes it."""
    assert len(json.loads(client.get("/lti/jwks/").content)["keys"]) == 1
    assert ToolKey.objects.get().signs_from <= database_now()


def test_messages_have_ids_of_their_own() -> None:
    """A platform may refuse a used one."""

    def claims() -> dict[str, Any]:
        return jwt.decode(tool_keys.sign({}), options={"verify_signature": False})

    assert claims()["jti"] != claims()["jti"]


@pytest.mark.parametrize("hours", [-1, 1])
def test_messages_are_dated_by_the_database(monkeypatch: pytest.MonkeyPatch, hours: int) -> None:
    """A platform refuses a message of the future or the past: a host's clock may be wrong."""
    right = time.time
    monkeypatch.setattr(time, "time", lambda: right() + 3600 * hours)

    claims = jwt.decode(tool_keys.sign({}), options={"verify_signature": False})

    assert abs(claims["iat"] - database_now().timestamp()) < 1800
