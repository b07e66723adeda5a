"""Authorised calls of a platform's services: the access token, one retry, and pages."""

from __future__ import annotations

import hashlib
import json
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlencode, urlsplit

from django.core.cache import caches

from classes.lti import link_header, outbound, tool_keys

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from classes.lti.models import Platform

ASSERTION_TYPE: Final = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"

EARLY_SECONDS: Final = 60
"""A token is not used in the last minute of its life."""

LONGEST_TOKEN_SECONDS: Final = 3600
MOST_TOKEN: Final = 8192
MOST_PAGES: Final = 200


def call(
    platform: Platform,
    scopes: Sequence[str],
    method: str,
    address: str,
    *,
    accept: str,
    content: Any = None,
    content_type: str = "",
) -> outbound.Answer:
    """Call a service; a token that the platform no longer accepts is replaced once.

    Raises:
        OutboundError: there was no answer, or not one of success.
    """
    body = None if content is None else json.dumps(content).encode()
    headers = {"Accept": accept, **({"Content-Type": content_type} if content_type else {})}
    for is_last in (False, True):
        token = access_token(platform, scopes)
        asked = {**headers, "Authorization": f"Bearer {token}"}
        answer = outbound.call(method, address, headers=asked, body=body)
        if answer.status != HTTPStatus.UNAUTHORIZED or is_last:
            break
        # A platform that has changed its keys refuses the tokens that it signed before.
        forget_token(platform, scopes)
    return outbound.checked(answer)


def pages(platform: Platform, scopes: Sequence[str], address: str, *, accept: str) -> Iterator[Any]:
    """Return the pages of a list, as JSON.

    Raises:
        OutboundError: a page could not be read, or the next one is at another origin, which would
            get the token, or the pages have no end.
    """
    origin, seen = _origin(address), set[str]()
    following: str | None = address
    while following is not None:
        if following in seen or len(seen) >= MOST_PAGES:
            raise outbound.OutboundError("The list's pages have no end.")
        if _origin(following) != origin:
            raise outbound.OutboundError("The list continues at another address.")
        seen.add(following)
        answer = call(platform, scopes, "GET", following, accept=accept)
        yield answer.json()
        following = link_header.next_address(answer.headers.get("Link", ""), following)


def access_token(platform: Platform, scopes: Sequence[str]) -> str:
    """Return an access token for these scopes, kept until shortly before it expires.

    Raises:
        OutboundError: the platform gave none.
    """
    name = _token_name(platform, scopes)
    if (kept := caches["default"].get(name)) is not None:
        return str(kept)
    assertion = {
        "iss": platform.client_id,
        "sub": platform.client_id,
        "aud": platform.token_audience or platform.token_url,
    }
    asked = {
        "grant_type": "client_credentials",
        "client_assertion_type": ASSERTION_TYPE,
        "client_assertion": tool_keys.sign(assertion),
        "scope": " ".join(scopes),
    }
    form = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
    answer = outbound.call(
        "POST",
        platform.token_url,
        headers=form,
        body=urlencode(asked).encode(),
        most=MOST_TOKEN * 2,
    )
    facts = outbound.checked(answer).json()
    token = facts.get("access_token") if isinstance(facts, dict) else None
    if not isinstance(token, str) or not 0 < len(token) <= MOST_TOKEN or not token.isascii():
        raise outbound.OutboundError("The platform gave no access token.")
    seconds = _seconds(facts.get("expires_in")) - EARLY_SECONDS
    if seconds > 0:
        caches["default"].set(name, token, min(seconds, LONGEST_TOKEN_SECONDS))
    return token


def forget_token(platform: Platform, scopes: Sequence[str]) -> None:
    """Drop a kept token."""
    caches["default"].delete(_token_name(platform, scopes))


def _seconds(value: object) -> int:
    if isinstance(value, str) and value.isascii() and value.isdigit():
        return int(value[:9])
    return int(value) if isinstance(value, int) else 0


def _token_name(platform: Platform, scopes: Sequence[str]) -> str:
    """Return the cache's key: by registration, client and scopes; none shares another's token."""
    facts = [platform.pk, platform.token_url, platform.client_id, sorted(scopes)]
    return f"lti-token-{hashlib.sha256(json.dumps(facts).encode()).hexdigest()}"


def _origin(address: str) -> tuple[str, str]:
    parts = urlsplit(address)
    return parts.scheme, parts.netloc.lower()
