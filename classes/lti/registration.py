"""Dynamic registration: a platform's administrator opens a link of our staff, and it is done."""

from __future__ import annotations

import hashlib
import json
import secrets
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from django.conf import settings
from django.db import IntegrityError, transaction
from django.urls import reverse

from classes.lti import login, outbound
from classes.lti.claims import CONTENT_REQUEST, RESOURCE_REQUEST, SCOPES
from classes.lti.models import Deployment, Invitation, Platform
from classes.lti.models.platforms import ADDRESS_LENGTH, ID_LENGTH
from classes.lti.refusals import Code, Refused
from courses.database import database_now

if TYPE_CHECKING:
    from courses.models import User

VALID: Final = timedelta(days=1)
TOOL_CONFIGURATION: Final = "https://purl.imsglobal.org/spec/lti-tool-configuration"
PLATFORM_CONFIGURATION: Final = "https://purl.imsglobal.org/spec/lti-platform-configuration"
MOST_TOKEN: Final = 8192


def invite(*, by: User) -> str:
    """Return the address with which a platform registers itself, once, within a day."""
    secret = secrets.token_urlsafe(24)
    Invitation.objects.create(
        digest=_digest(secret), created_by=by, expires_at=database_now() + VALID
    )
    return settings.SITE_URL + reverse("lti:register", args=[secret])


def find_invitation(secret: str) -> Invitation:
    """Return an invitation that can be used.

    Raises:
        Refused: it is unknown, used or too old.
    """
    found = Invitation.objects.filter(
        digest=_digest(secret), used_at=None, expires_at__gte=database_now()
    ).first()
    if found is None:
        raise Refused(Code.REGISTRATION_CLOSED)
    return found


def register(*, invitation: Invitation, configuration: str, token: str) -> Platform:
    """Register this tool with the platform that a configuration describes, and store it.

    Raises:
        Refused: the invitation is used, or the platform does not answer as it must.
    """
    same = Invitation.objects.filter(pk=invitation.pk, used_at=None)
    if not same.update(used_at=database_now()):
        raise Refused(Code.REGISTRATION_CLOSED)
    try:
        facts = _configuration(configuration)
        answer = _registered(facts["registration_endpoint"], token)
        return _stored(facts, answer)
    except outbound.OutboundError as error:
        # The platform may be fixed and tried again with the same link.
        Invitation.objects.filter(pk=invitation.pk).update(used_at=None)
        raise Refused(Code.REGISTRATION_FAILED, str(error)) from error


def tool_description() -> dict[str, Any]:
    """Return this tool in the words of the registration request."""
    address = settings.SITE_URL
    content = address + reverse("lti:content_launch")
    return {
        "application_type": "web",
        "response_types": ["id_token"],
        "grant_types": ["implicit", "client_credentials"],
        "initiate_login_uri": address + reverse("lti:login"),
        "redirect_uris": [login.launch_address()],
        "client_name": settings.ISSUER_NAME,
        "jwks_uri": address + reverse("lti:jwks"),
        "token_endpoint_auth_method": "private_key_jwt",
        "scope": " ".join(SCOPES),
        TOOL_CONFIGURATION: {
            "domain": urlsplit(address).netloc,
            "target_link_uri": login.launch_address(),
            "claims": ["iss", "sub", "name", "email"],
            "messages": [
                {"type": RESOURCE_REQUEST},
                {"type": CONTENT_REQUEST, "target_link_uri": content},
            ],
        },
    }


def _configuration(address: str) -> dict[str, str]:
    """Return the platform's addresses; its issuer must be at the host that describes it."""
    document = outbound.checked(outbound.call("GET", address)).json()
    if not isinstance(document, dict):
        raise outbound.OutboundError("The platform's configuration isn't an object.")
    facts = {
        name: _text(document, name, most)
        for name, most in (
            ("issuer", ID_LENGTH),
            ("authorization_endpoint", ADDRESS_LENGTH),
            ("token_endpoint", ADDRESS_LENGTH),
            ("jwks_uri", ADDRESS_LENGTH),
            ("registration_endpoint", ADDRESS_LENGTH),
        )
    }
    try:
        host = urlsplit(facts["issuer"]).netloc
    except ValueError as error:
        raise outbound.OutboundError("The platform's issuer isn't an address.") from error
    if host != urlsplit(address).netloc:
        raise outbound.OutboundError("The configuration describes a platform at another host.")
    for name in ("authorization_endpoint", "token_endpoint", "jwks_uri"):
        outbound.check_address(facts[name])
    audience = document.get("authorization_server")
    facts["audience"] = audience[:ADDRESS_LENGTH] if isinstance(audience, str) else ""
    family = document.get(PLATFORM_CONFIGURATION)
    product = family.get("product_family_code") if isinstance(family, dict) else None
    facts["name"] = (
        f"{host} ({product})"[:200] if isinstance(product, str) and product else host[:200]
    )
    return facts


def _registered(address: str, token: str) -> dict[str, Any]:
    if len(token) > MOST_TOKEN or not (token.isascii() and token.isprintable()):
        raise outbound.OutboundError("The registration token can't be used.")
    headers = {"Content-Type": "application/json", "Accept": "application/json"}
    if token:
        headers["Authorization"] = f"Bearer {token}"
    body = json.dumps(tool_description()).encode()
    answer = outbound.checked(outbound.call("POST", address, headers=headers, body=body)).json()
    if not isinstance(answer, dict):
        raise outbound.OutboundError("The platform's answer isn't an object.")
    return answer


def _stored(facts: dict[str, str], answer: dict[str, Any]) -> Platform:
    client = _text(answer, "client_id", ID_LENGTH)
    configuration = answer.get(TOOL_CONFIGURATION)
    deployment = configuration.get("deployment_id") if isinstance(configuration, dict) else None
    try:
        with transaction.atomic():
            platform = Platform.objects.create(
                name=facts["name"],
                issuer=facts["issuer"],
                client_id=client,
                auth_url=facts["authorization_endpoint"],
                token_url=facts["token_endpoint"],
                jwks_url=facts["jwks_uri"],
                token_audience=facts["audience"],
            )
            if isinstance(deployment, str) and 0 < len(deployment) <= ID_LENGTH:
                Deployment.objects.create(platform=platform, deployment_id=deployment)
    except IntegrityError as error:
        raise outbound.OutboundError("This client is registered already.") from error
    return platform


def _text(facts: dict[str, Any], name: str, most: int) -> str:
    value = facts.get(name)
    if not isinstance(value, str) or not 0 < len(value) <= most or not value.isprintable():
        raise outbound.OutboundError(f"The platform's answer lacks {name}.")
    return value


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
