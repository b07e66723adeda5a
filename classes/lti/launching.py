"""Launches: the token is validated, then the launch is recorded, once, with a ticket to go on."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

import jwt
from django.db import IntegrityError, transaction
from django.db.models import F

from classes.lti import login, platform_keys, targets
from classes.lti.claims import read_claims, storable
from classes.lti.models import Context, Deployment, Launch, ResourceLink, UsedNonce
from classes.lti.models.launches import LaunchKind
from classes.lti.refusals import Code, Refused
from courses.database import database_now

if TYPE_CHECKING:
    from collections.abc import Mapping

    from classes.lti.claims import Claims
    from classes.lti.models import Platform

CLOCK_SKEW_SECONDS: Final = 60
"""How far a platform's clock may differ from ours."""

MOST_TOKEN: Final = 65_536
"""Characters of a token."""

TICKET_TIME: Final = timedelta(minutes=30)
"""How long an accepted launch may take to go on: the person may have to sign in first."""

MOST_TRIES: Final = 8
"""How often a launch's forms may be sent."""

LOG_DAYS: Final = 90
MOST_REFUSALS_AN_HOUR: Final = 500
"""More refusals are not logged: anybody can cause them."""


@dataclass(frozen=True)
class Ticket:
    """An accepted launch and the secret of its address."""

    launch: Launch
    secret: str


def accept(form: Mapping[str, str], cookies: Mapping[str, str]) -> Ticket:
    """Validate a launch and record it.

    Raises:
        Refused: for any reason; it is logged, and nobody and nothing else is stored.
    """
    platform: Platform | None = None
    try:
        if form.get("error"):
            raise Refused(Code.PLATFORM_ERROR, form["error"])  # noqa: TRY301  # logged like others
        state = login.read(form.get("state", ""), cookies)
        platform = state.platform
        token = _validated(form.get("id_token", ""), platform, state.nonce)
        claims = read_claims(token)
        return _recorded(claims, state)
    except Refused as refusal:
        log_refusal(refusal, platform)
        raise


def log_refusal(refusal: Refused, platform: Platform | None) -> None:
    """Write a refusal to the launch log, if it is not full of them."""
    since = database_now() - timedelta(hours=1)
    recent = Launch.objects.filter(created_at__gte=since).exclude(refusal="")
    if recent.count() < MOST_REFUSALS_AN_HOUR:
        deployment = refusal.detail if refusal.code is Code.UNKNOWN_DEPLOYMENT else ""
        Launch.objects.create(
            platform=platform,
            refusal=refusal.code,
            detail=storable(refusal.detail),
            deployment_id=storable(deployment)[:255],
        )


def find(secret: str, cookies: Mapping[str, str]) -> Launch:
    """Return the launch that a ticket's address carries on, in the browser that began it.

    Raises:
        Refused: it is unknown, used, too old, tried too often, or another browser's.
    """
    found = Launch.objects.select_related("platform", "link__context__klass", "link__deployment")
    launch = found.filter(ticket_digest=_digest(secret)).first()
    if (
        launch is None
        or launch.platform is None
        or not launch.platform.active
        or launch.ended_at is not None
        or launch.expires_at is None
        or launch.expires_at < database_now()
        or launch.tries >= MOST_TRIES
    ):
        raise Refused(Code.LAUNCH_ENDED)
    if not login.is_same_browser(cookies, launch.browser_digest):
        raise Refused(Code.COOKIE_MISSING)
    return launch


def count_try(launch: Launch) -> None:
    """Count a form that was sent for this launch."""
    Launch.objects.filter(pk=launch.pk).update(tries=F("tries") + 1)


def end(launch: Launch, *, user_id: int | None = None) -> bool:
    """End a launch; whether this call has: of two at the same moment one goes on."""
    same = Launch.objects.filter(pk=launch.pk, ended_at=None)
    return bool(same.update(ended_at=database_now(), user=user_id, facts={}))


def prune() -> int:
    """Delete nonces that nobody can use any more, and old entries of the log; return how many."""
    now = database_now()
    nonces, _ = UsedNonce.objects.filter(expires_at__lt=now).delete()
    Launch.objects.filter(expires_at__lt=now, ended_at=None).exclude(facts={}).update(facts={})
    old, _ = Launch.objects.filter(created_at__lt=now - timedelta(days=LOG_DAYS)).delete()
    return nonces + old


def _validated(token: str, platform: Platform, nonce: str) -> dict[str, Any]:
    if not 0 < len(token) <= MOST_TOKEN:
        raise Refused(Code.MALFORMED_TOKEN)
    try:
        header = jwt.get_unverified_header(token)
    except jwt.InvalidTokenError as error:
        raise Refused(Code.MALFORMED_TOKEN) from error
    kid = header.get("kid")
    if header.get("alg") != "RS256" or not isinstance(kid, str):
        raise Refused(Code.MALFORMED_TOKEN, "alg, kid")
    facts = _decoded(token, platform, platform_keys.public_key(platform, kid[:255]))
    audience = facts["aud"]
    several = isinstance(audience, list) and len(audience) > 1
    if (several or "azp" in facts) and facts.get("azp") != platform.client_id:
        raise Refused(Code.WRONG_AUDIENCE, "azp")
    given = facts["nonce"]
    if not isinstance(given, str) or not given.isascii():
        raise Refused(Code.BAD_NONCE)
    if not secrets.compare_digest(given, nonce):
        raise Refused(Code.BAD_NONCE)
    return facts


def _decoded(token: str, platform: Platform, key: Any) -> dict[str, Any]:
    try:
        return jwt.decode(
            token,
            key,
            algorithms=["RS256"],
            audience=platform.client_id,
            issuer=platform.issuer,
            leeway=CLOCK_SKEW_SECONDS,
            options={"require": ["exp", "iat", "iss", "aud", "sub", "nonce"]},
        )
    except jwt.InvalidTokenError as error:
        for kind, code in _CODES:
            if isinstance(error, kind):
                raise Refused(code, str(error)) from error
        raise Refused(Code.MALFORMED_TOKEN, str(error)) from error


_CODES: Final[tuple[tuple[type[jwt.InvalidTokenError], Code], ...]] = (
    (jwt.ExpiredSignatureError, Code.EXPIRED),
    (jwt.ImmatureSignatureError, Code.NOT_YET_VALID),
    (jwt.InvalidAudienceError, Code.WRONG_AUDIENCE),
    (jwt.InvalidIssuerError, Code.WRONG_ISSUER),
    (jwt.MissingRequiredClaimError, Code.MISSING_CLAIM),
    (jwt.InvalidSignatureError, Code.BAD_SIGNATURE),
)


@transaction.atomic
def _recorded(claims: Claims, state: login.State) -> Ticket:
    deployment = Deployment.objects.filter(
        platform=state.platform, deployment_id=claims.deployment_id
    ).first()
    if deployment is None:
        raise Refused(Code.UNKNOWN_DEPLOYMENT, claims.deployment_id)
    if not targets.is_ours(claims.target):
        raise Refused(Code.FOREIGN_TARGET, claims.target)
    if claims.content is not None and not claims.teaches:
        raise Refused(Code.NOT_AN_INSTRUCTOR)
    _use_nonce(state)
    context = _context(deployment, claims)
    link = None if claims.content is not None else _link(deployment, context, claims)
    secret = secrets.token_urlsafe(24)
    facts: dict[str, Any] = {"name": claims.name, "email": claims.email, "teaches": claims.teaches}
    if claims.content is not None:
        facts["content"] = {
            "return_url": claims.content.return_url,
            "data": claims.content.data,
            "several": claims.content.several,
            "line_items": claims.content.line_items,
        }
    launch = Launch.objects.create(
        platform=state.platform,
        deployment_id=claims.deployment_id,
        kind=LaunchKind.RESOURCE if link else LaunchKind.CONTENT,
        subject=claims.subject,
        context=context,
        link=link,
        ticket_digest=_digest(secret),
        browser_digest=state.browser_digest,
        expires_at=database_now() + TICKET_TIME,
        facts=facts,
    )
    return Ticket(launch, secret)


def _use_nonce(state: login.State) -> None:
    try:
        with transaction.atomic():
            UsedNonce.objects.create(
                digest=_digest(f"{state.platform.pk} {state.nonce}"),
                expires_at=database_now() + timedelta(seconds=2 * login.STATE_SECONDS),
            )
    except IntegrityError as error:
        raise Refused(Code.REPLAYED) from error


def _context(deployment: Deployment, claims: Claims) -> Context | None:
    if not claims.context_id:
        return None
    facts = {"title": claims.context_title, "last_launch_at": database_now()}
    if claims.members_url:
        facts["members_url"] = claims.members_url
    context, _ = Context.objects.update_or_create(
        deployment=deployment, context_id=claims.context_id, defaults=facts
    )
    return context


def _link(deployment: Deployment, context: Context | None, claims: Claims) -> ResourceLink:
    """Record the link; what it opens follows the platform's address unless that names nothing."""
    facts: dict[str, Any] = {
        "context": context,
        "title": claims.link_title,
        "last_launch_at": database_now(),
        "line_items_url": claims.line_items_url,
        "scopes": list(claims.scopes),
    }
    if target := targets.of_address(claims.target):
        facts["target"] = target.key
    if claims.line_item_url:
        facts |= {"line_item_url": claims.line_item_url, "line_item_found": False}
    link, _ = ResourceLink.objects.update_or_create(
        deployment=deployment, link_id=claims.link_id, defaults=facts
    )
    return link


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
