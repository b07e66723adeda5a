"""The public keys of platforms: fetched, kept, and fetched again when a key is unknown."""

from __future__ import annotations

import hashlib
import time
from typing import TYPE_CHECKING, Any, Final

import jwt
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from django.core.cache import caches

from classes.lti import outbound
from classes.lti.refusals import Code, Refused

if TYPE_CHECKING:
    from classes.lti.models import Platform

FRESH_SECONDS: Final = 3600
KEPT_SECONDS: Final = 86_400
"""A set this old still serves while the platform does not answer."""

AGAIN_SECONDS: Final = 10
"""An unknown key id makes one request in this time: anybody can make up key ids."""

LEAST_BITS: Final = 2048
MOST_BITS: Final = 16_384
"""OpenSSL verifies no signature by a longer one, and each costs time."""
MOST_KEYS: Final = 50


def public_key(platform: Platform, kid: str) -> RSAPublicKey:
    """Return the platform's key with this id; a rotated one is found by a new request.

    Raises:
        Refused: there is no such key, or the keys could not be loaded.
    """
    known, is_fresh = _kept(platform)
    if known is None or not is_fresh:
        known = _fetch(platform, otherwise=known)
    found = _find(known, kid)
    if found is None and caches["default"].add(_name(platform, "again"), 1, AGAIN_SECONDS):
        found = _find(_fetch(platform, otherwise=known), kid)
    if found is None:
        raise Refused(Code.UNKNOWN_KEY, kid)
    return found


def _find(keys: list[dict[str, Any]], kid: str) -> RSAPublicKey | None:
    for facts in keys:
        if facts.get("kid") != kid or facts.get("kty") != "RSA" or facts.get("use", "sig") != "sig":
            continue
        try:
            key = jwt.PyJWK(facts, "RS256").key
        except (jwt.PyJWTError, ValueError):
            continue
        if isinstance(key, RSAPublicKey) and LEAST_BITS <= key.key_size <= MOST_BITS:
            return key
    return None


def _kept(platform: Platform) -> tuple[list[dict[str, Any]] | None, bool]:
    kept = caches["documents"].get(_name(platform, "keys"))
    if kept is None:
        return None, False
    return kept["keys"], time.time() - kept["at"] < FRESH_SECONDS


def _fetch(platform: Platform, *, otherwise: list[dict[str, Any]] | None) -> list[dict[str, Any]]:
    try:
        document = outbound.checked(outbound.call("GET", platform.jwks_url)).json()
        found = document.get("keys") if isinstance(document, dict) else None
        if not isinstance(found, list):
            raise outbound.OutboundError("This is no set of keys.")  # noqa: TRY301  # as any other
    except outbound.OutboundError as error:
        if otherwise is not None:
            return otherwise
        raise Refused(Code.KEYS_UNAVAILABLE, str(error)) from error
    keys = [one for one in found[:MOST_KEYS] if isinstance(one, dict)]
    kept = {"keys": keys, "at": time.time()}
    caches["documents"].set(_name(platform, "keys"), kept, KEPT_SECONDS)
    return keys


def _name(platform: Platform, what: str) -> str:
    digest = hashlib.sha256(platform.jwks_url.encode()).hexdigest()
    return f"lti-{what}-{platform.pk}-{digest}"
