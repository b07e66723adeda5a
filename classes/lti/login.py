"""The OpenID Connect login that precedes each launch: begun here, recognised when it comes back.

Nothing is stored: anybody may begin a login. The state is signed and names a secret that only the
state cookie of this browser holds; the nonce follows from the state. What makes both single-use is
the table of used nonces, written when a valid token comes back (`classes.lti.launching`).
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from urllib.parse import urlencode, urlsplit, urlunsplit

from django.conf import settings
from django.core import signing
from django.urls import reverse
from django.utils.crypto import salted_hmac

from classes.lti import targets
from classes.lti.claims import storable
from classes.lti.models import Platform
from classes.lti.refusals import Code, Refused

if TYPE_CHECKING:
    from collections.abc import Mapping

STATE_SECONDS: Final = 600
"""How long a platform may take to answer; it may ask the person to sign in first."""

COOKIE_SECONDS: Final = 3600
"""Longer than a login, since the launch goes on in the same browser after signing in."""

COOKIE_PREFIX: Final = "lti_"
COOKIE_PATH: Final = "/lti/"
_SALT: Final = "classes.lti.login"

MOST_HINT: Final = 4000
"""Characters of a hint, which is the platform's own and goes back to it."""


@dataclass(frozen=True)
class StartedLogin:
    """Where the browser goes now, and the cookie by which it is recognised."""

    address: str
    cookie: str


@dataclass(frozen=True)
class State:
    """A login that came back.

    Attributes:
        browser_digest: of the cookie's secret.
    """

    platform: Platform
    nonce: str
    cookie_name: str
    browser_digest: str


def start(parameters: Mapping[str, str]) -> StartedLogin:
    """Begin a login that a platform asks for.

    Raises:
        Refused: the request is incomplete, or the platform or the target is not ours.
    """
    platform = find_platform(parameters.get("iss", ""), parameters.get("client_id", ""))
    hint = parameters.get("login_hint", "")
    if not 0 < len(hint) <= MOST_HINT:
        raise Refused(Code.MISSING_PARAMETER, "login_hint")
    if not targets.is_ours(parameters.get("target_link_uri", "")):
        raise Refused(Code.FOREIGN_TARGET, parameters.get("target_link_uri", ""))
    name, secret = COOKIE_PREFIX + secrets.token_hex(6), secrets.token_urlsafe(24)
    state = signing.dumps([platform.pk, name, _digest(secret)], salt=_SALT)
    asked = {
        "scope": "openid",
        "response_type": "id_token",
        "response_mode": "form_post",
        "prompt": "none",
        "client_id": platform.client_id,
        "redirect_uri": launch_address(),
        "login_hint": hint,
        "state": state,
        "nonce": _nonce(state),
    }
    if message_hint := parameters.get("lti_message_hint", "")[:MOST_HINT]:
        asked["lti_message_hint"] = message_hint
    return StartedLogin(_with_query(platform.auth_url, asked), _cookie(name, secret))


def read(state: str, cookies: Mapping[str, str]) -> State:
    """Return the login of this browser that a state belongs to.

    Raises:
        Refused: it is not ours, too old, or another browser's.
    """
    try:
        pk, name, digest = signing.loads(state, salt=_SALT, max_age=STATE_SECONDS)
    except signing.SignatureExpired as error:
        raise Refused(Code.STATE_EXPIRED) from error
    except (signing.BadSignature, ValueError) as error:
        raise Refused(Code.STATE_INVALID) from error
    if not hmac.compare_digest(_digest(cookies.get(name, "")), digest):
        raise Refused(Code.COOKIE_MISSING)
    platform = Platform.objects.filter(pk=pk, active=True).first()
    if platform is None:
        raise Refused(Code.UNKNOWN_PLATFORM)
    return State(platform, _nonce(state), name, digest)


def is_same_browser(cookies: Mapping[str, str], browser_digest: str) -> bool:
    """Say whether this browser holds the secret of a launch's state cookie."""
    return bool(cookie_of(cookies, browser_digest))


def cookie_of(cookies: Mapping[str, str], browser_digest: str) -> str:
    """Return the name of a launch's state cookie; empty when this browser has it not."""
    for name, value in cookies.items():
        if name.startswith(COOKIE_PREFIX) and hmac.compare_digest(_digest(value), browser_digest):
            return name
    return ""


def find_platform(issuer: str, client_id: str) -> Platform:
    """Return a registered platform; without a client id only if the issuer has one registration.

    Raises:
        Refused: there is none, or several without a client id.
    """
    if storable(issuer + client_id) != issuer + client_id:
        raise Refused(Code.UNKNOWN_PLATFORM)
    found = Platform.objects.filter(issuer=issuer, active=True)
    if client_id:
        found = found.filter(client_id=client_id)
    platforms = list(found[:2])
    if len(platforms) != 1:
        raise Refused(Code.UNKNOWN_PLATFORM, f"{issuer} {client_id}".strip())
    return platforms[0]


def launch_address() -> str:
    """Return the one address to which platforms send tokens."""
    return settings.SITE_URL + reverse("lti:launch")


def _nonce(state: str) -> str:
    return salted_hmac(f"{_SALT}.nonce", state, algorithm="sha256").hexdigest()


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def expired_cookie(name: str) -> str:
    """Return the header's value that deletes a state cookie."""
    return _cookie(name, "", seconds=0)


def _cookie(name: str, secret: str, *, seconds: int = COOKIE_SECONDS) -> str:
    """Return the header's value: Django's cookies do not know `Partitioned` before Python 3.14.

    The platform's page posts the token from another site, perhaps within a frame: no other kind of
    cookie comes back there. Browsers accept `Secure` on localhost too.
    """
    return (
        f"{name}={secret}; Max-Age={seconds}; Path={COOKIE_PATH};"
        " Secure; HttpOnly; SameSite=None; Partitioned"
    )


def _with_query(address: str, asked: Mapping[str, str]) -> str:
    parts = urlsplit(address)
    query = "&".join(filter(None, [parts.query, urlencode(asked)]))
    return urlunsplit((parts.scheme, parts.netloc, parts.path, query, ""))
