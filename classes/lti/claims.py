"""Names of LTI 1.3 claims, scopes, roles and media types, and a launch's claims as one record."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from classes.lti.models.platforms import ADDRESS_LENGTH, ID_LENGTH
from classes.lti.refusals import Code, Refused

if TYPE_CHECKING:
    from collections.abc import Mapping

CLAIM: Final = "https://purl.imsglobal.org/spec/lti/claim/"
AGS: Final = "https://purl.imsglobal.org/spec/lti-ags/"
NRPS: Final = "https://purl.imsglobal.org/spec/lti-nrps/"
DEEP_LINKING: Final = "https://purl.imsglobal.org/spec/lti-dl/claim/"
VERSION: Final = "1.3.0"

SCOPE_LINE_ITEM: Final = f"{AGS}scope/lineitem"
SCOPE_SCORE: Final = f"{AGS}scope/score"
SCOPE_MEMBERS: Final = f"{NRPS}scope/contextmembership.readonly"
SCOPES: Final = (SCOPE_LINE_ITEM, SCOPE_SCORE, SCOPE_MEMBERS)

RESOURCE_REQUEST: Final = "LtiResourceLinkRequest"
CONTENT_REQUEST: Final = "LtiDeepLinkingRequest"
CONTENT_RESPONSE: Final = "LtiDeepLinkingResponse"

LINE_ITEM_TYPE: Final = "application/vnd.ims.lis.v2.lineitem+json"
LINE_ITEMS_TYPE: Final = "application/vnd.ims.lis.v2.lineitemcontainer+json"
SCORE_TYPE: Final = "application/vnd.ims.lis.v1.score+json"
MEMBERS_TYPE: Final = "application/vnd.ims.lti-nrps.v2.membershipcontainer+json"

MOST_ROLES: Final = 50
TITLE_LENGTH: Final = 300
DATA_LENGTH: Final = 20_000
"""Most characters of the opaque data that a platform wants back with chosen content."""

_TEACHING: Final = frozenset(
    {"Instructor", "ContentDeveloper", "Administrator", "TeachingAssistant"}
)
_MEMBERSHIP: Final = "http://purl.imsglobal.org/vocab/lis/v2/membership"
_INSTITUTION: Final = "http://purl.imsglobal.org/vocab/lis/v2/institution/person#Administrator"


@dataclass(frozen=True)
class ContentRequest:
    """What a platform says when its instructor wants to choose content."""

    return_url: str
    data: str | None
    several: bool
    line_items: bool


@dataclass(frozen=True)
class Claims:
    """What a validated token says, bounded, in the words of this tool.

    Attributes:
        subject: the person's id, stable at this platform.
        email: as the platform says; it proves nothing, and links no account.
        teaches: whether a role lets the person choose content for a course.
        content: of a deep linking request; None for a resource launch.
    """

    deployment_id: str
    subject: str
    target: str
    name: str = ""
    email: str = ""
    teaches: bool = False
    link_id: str = ""
    link_title: str = ""
    context_id: str = ""
    context_title: str = ""
    line_item_url: str = ""
    line_items_url: str = ""
    scopes: tuple[str, ...] = field(default=())
    members_url: str = ""
    content: ContentRequest | None = None


def read_claims(token: Mapping[str, Any]) -> Claims:
    """Return the claims of a token whose signature, issuer, audience and times are valid.

    Raises:
        Refused: a claim that LTI 1.3 requires is missing or has another type.
    """
    if token.get(f"{CLAIM}version") != VERSION:
        raise Refused(Code.WRONG_VERSION)
    kind = token.get(f"{CLAIM}message_type")
    if kind not in {RESOURCE_REQUEST, CONTENT_REQUEST}:
        raise Refused(Code.WRONG_MESSAGE, str(kind))
    is_content = kind == CONTENT_REQUEST
    link = {} if is_content else _record(token, f"{CLAIM}resource_link")
    context = _optional(token, f"{CLAIM}context")
    scores = _optional(token, f"{AGS}claim/endpoint")
    members = _optional(token, f"{NRPS}claim/namesroleservice")
    scopes = scores.get("scope", [])
    return Claims(
        deployment_id=_text(token, f"{CLAIM}deployment_id"),
        subject=_text(token, "sub"),
        target=_address(token.get(f"{CLAIM}target_link_uri")),
        name=_short(token.get("name"), 200),
        email=_short(token.get("email"), 254),
        teaches=teaches(token.get(f"{CLAIM}roles")),
        link_id="" if is_content else _text(link, "id"),
        link_title=_short(link.get("title"), TITLE_LENGTH),
        context_id=_text(context, "id") if context else "",
        context_title=_short(context.get("title") or context.get("label"), TITLE_LENGTH),
        line_item_url=_address(scores.get("lineitem")),
        line_items_url=_address(scores.get("lineitems")),
        scopes=tuple(one for one in SCOPES if isinstance(scopes, list) and one in scopes),
        members_url=_address(members.get("context_memberships_url")),
        content=_content(token) if is_content else None,
    )


def teaches(roles: object) -> bool:
    """Say whether one of these roles may choose content: teaching roles and administrators."""
    if not isinstance(roles, list):
        return False
    for role in roles[:MOST_ROLES]:
        if not isinstance(role, str):
            continue
        vocabulary, _, name = role.rpartition("#")
        is_membership = vocabulary.startswith(_MEMBERSHIP) or not vocabulary
        if (is_membership and name in _TEACHING) or role == _INSTITUTION:
            return True
    return False


def _content(token: Mapping[str, Any]) -> ContentRequest:
    settings = _record(token, f"{DEEP_LINKING}deep_linking_settings")
    types = settings.get("accept_types")
    if not isinstance(types, list) or "ltiResourceLink" not in types:
        raise Refused(Code.CONTENT_TYPE)
    data = settings.get("data")
    fits = isinstance(data, str) and len(data) <= DATA_LENGTH and storable(data) == data
    if data is not None and not fits:
        raise Refused(Code.MISSING_CLAIM, "data")
    address = _address(settings.get("deep_link_return_url"))
    if not address:
        raise Refused(Code.MISSING_CLAIM, "deep_link_return_url")
    return ContentRequest(
        return_url=address,
        data=data,
        several=settings.get("accept_multiple") is True,
        line_items=settings.get("accept_lineitem") is not False,
    )


def _record(facts: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = facts.get(name)
    if not isinstance(value, dict):
        raise Refused(Code.MISSING_CLAIM, name)
    return value


def _optional(facts: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = facts.get(name)
    return value if isinstance(value, dict) else {}


def _text(facts: Mapping[str, Any], name: str) -> str:
    """Return a required identifier: a string that is not empty and not too long."""
    value = facts.get(name)
    if not isinstance(value, str) or not 0 < len(value) <= ID_LENGTH or storable(value) != value:
        raise Refused(Code.MISSING_CLAIM, name)
    return value


def _short(value: object, most: int) -> str:
    return storable(value)[:most].strip() if isinstance(value, str) else ""


def _address(value: object) -> str:
    """Return an address that may be stored; what it may lead to is checked when it is used."""
    if not isinstance(value, str) or len(value) > ADDRESS_LENGTH or storable(value) != value:
        return ""
    try:
        urlsplit(value)
    except ValueError:
        return ""
    return value


def storable(text: str) -> str:
    """Return a text without what no database stores: NUL, and halves of pairs of JSON's escapes."""
    return text.replace("\0", "").encode(errors="ignore").decode()
