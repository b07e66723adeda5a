"""Names and Role Provisioning Service: who is in the platform's course, and what that would change.

A dry run, always: what it shows is written only when staff of the class say so.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.translation import gettext as _

from classes.lti import platform_calls
from classes.lti.claims import MEMBERS_TYPE, SCOPE_MEMBERS, teaches
from classes.lti.models import LmsAccount
from classes.lti.outbound import OutboundError
from classes.models import Member

if TYPE_CHECKING:
    from collections.abc import Iterable

    from classes.lti.models import Context

MOST_MEMBERS: Final = 20_000


@dataclass(frozen=True)
class LmsMember:
    """A person of the platform's course."""

    subject: str
    name: str
    email: str
    teaches: bool
    active: bool


@dataclass(frozen=True)
class RosterLine:
    """A person, and why nothing can be done for them."""

    name: str
    email: str
    reason: str = ""


@dataclass
class RosterDifference:
    """What an import would change in a class, line by line.

    Attributes:
        present: on the class's roster already.
        added: not on it yet.
        absent: on it, but not in the platform's course; they stay.
        teaching: instructors of the platform's course; roles here are given by people.
        refused: with the reason.
    """

    total: int = 0
    linked: int = 0
    present: list[RosterLine] = field(default_factory=list)
    added: list[RosterLine] = field(default_factory=list)
    absent: list[RosterLine] = field(default_factory=list)
    teaching: list[RosterLine] = field(default_factory=list)
    refused: list[RosterLine] = field(default_factory=list)


def fetch(context: Context) -> list[LmsMember]:
    """Return the members of a platform's course.

    Raises:
        OutboundError: the platform does not offer them, or did not answer completely.
    """
    if not context.members_url:
        raise OutboundError("The platform doesn't share the members of this course.")
    found: list[LmsMember] = []
    platform = context.deployment.platform
    for page in platform_calls.pages(
        platform, [SCOPE_MEMBERS], context.members_url, accept=MEMBERS_TYPE
    ):
        members = page.get("members") if isinstance(page, dict) else None
        if not isinstance(members, list):
            raise OutboundError("The platform's answer is no list of members.")
        found.extend(_member(facts) for facts in members if isinstance(facts, dict))
        if len(found) > MOST_MEMBERS:
            raise OutboundError(f"The course has more than {MOST_MEMBERS:,} members.")
    return found


def difference(context: Context, members: Iterable[LmsMember]) -> RosterDifference:
    """Compare a platform's course with the class that it belongs to, or with none: two queries."""
    accounts = dict(
        LmsAccount.objects.filter(platform=context.deployment.platform_id).values_list(
            "subject", "user_id"
        )
    )
    rows = Member.objects.none()
    if context.klass_id is not None:
        rows = Member.objects.filter(klass=context.klass_id, left_at=None)
    roster = list(rows.select_related("user"))
    by_user = {row.user_id: row for row in roster if row.user_id is not None}
    by_email = {row.email.lower(): row for row in roster}
    found, met, emails = RosterDifference(), set[Any](), set[str]()
    for member in members:
        found.total += 1
        user = accounts.get(member.subject)
        found.linked += user is not None
        line = RosterLine(member.name, member.email)
        known = by_user.get(user) if user is not None else None
        known = known or by_email.get(member.email.lower())
        if known is not None:
            met.add(known.pk)
            found.present.append(line)
        elif member.teaches:
            found.teaching.append(line)
        elif reason := _obstacle(member, emails):
            found.refused.append(RosterLine(member.name, member.email, reason))
        else:
            found.added.append(line)
        emails.add(member.email.lower())
    found.absent = [
        RosterLine(row.shown_name, row.email) for row in roster if row.learns and row.pk not in met
    ]
    return found


def _obstacle(member: LmsMember, seen: set[str]) -> str:
    if not member.active:
        return _("not active in the platform's course")
    if not member.email:
        return _("the platform shares no email address")
    try:
        validate_email(member.email)
    except ValidationError:
        return _("not an email address")
    return _("the same address as another member") if member.email.lower() in seen else ""


def _member(facts: dict[str, Any]) -> LmsMember:
    def text(name: str) -> str:
        value = facts.get(name)
        return value.replace("\0", "").strip()[:254] if isinstance(value, str) else ""

    parts = f"{text('given_name')} {text('family_name')}".strip()
    return LmsMember(
        subject=text("user_id"),
        name=(text("name") or parts)[:200],
        email=text("email"),
        teaches=teaches(facts.get("roles")),
        active=facts.get("status", "Active") in {"Active", "active"},
    )
