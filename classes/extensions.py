"""Granting and revoking extensions, singly and for many."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from classes.audit import ChangeRefused, locked, record
from classes.models import Extension

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from classes.models import Class, Member, ScheduledPart
    from courses.models import User

MAX_DAYS = 365


@transaction.atomic
def grant(
    *,
    klass: Class,
    actor: User,
    reason: str,
    part: ScheduledPart | None,
    members: Sequence[Member] = (),
    section: str = "",
    due_at: datetime | None = None,
    days: int | None = None,
) -> list[Extension]:
    """Give members, or a section, more time.

    Args:
        klass: the class.
        actor: who grants it.
        reason: for the audit; other learners never see it.
        part: None: every part.
        members: to whom; or else `section`.
        section: everybody who is in it now or later.
        due_at: the new due date; or else `days`.
        days: calendar days more in the class's zone.

    Raises:
        ChangeRefused: the class is archived, a member has left or does not learn, the part has no
            due date, or the new date is no later than the present one.
    """
    current = locked(klass)
    if (due_at is None) == (days is None) or bool(members) == bool(section):
        raise ChangeRefused(
            "invalid", _("Choose learners or a section, and a date or a number of days.")
        )
    if days is not None and not 0 < days <= MAX_DAYS:
        raise ChangeRefused("invalid", _("Days more: a number from 1 to 365."))
    if part is None and due_at is not None:
        raise ChangeRefused("invalid", _("For every part, give days, not a date."))
    if part is not None:
        _check_part(part, due_at)
    for member in members:
        _check(member)
    to_whom: Sequence[Member | None] = members or [None]
    granted = [
        Extension.objects.create(
            klass=current,
            part=part,
            member=member,
            section=section,
            due_at=due_at,
            days=days,
            reason=reason,
            granted_by=actor,
        )
        for member in to_whom
    ]
    for one in granted:
        facts = {"section": section, "due_at": due_at, "days": days, "reason": reason}
        record(
            current,
            actor,
            "extension.granted",
            member=one.member,
            part=part,
            facts={name: value for name, value in facts.items() if value},
        )
    return granted


@transaction.atomic
def revoke(*, extension: Extension, actor: User) -> None:
    """End an extension; the row stays, and marks follow at once.

    Raises:
        ChangeRefused: the class is archived.
    """
    current = locked(extension.klass)
    changed = Extension.objects.filter(pk=extension.pk, revoked_at=None).update(
        revoked_at=timezone.now(), revoked_by=actor
    )
    if changed:
        record(
            current,
            actor,
            "extension.revoked",
            member=extension.member,
            part=extension.part,
            facts={"section": extension.section} if extension.section else {},
        )


def _check_part(part: ScheduledPart, due_at: datetime | None) -> None:
    due = part.due_after if part.relative else part.due_at
    if due is None:
        raise ChangeRefused(
            "invalid",
            _("“%(title)s” has no due date, so nobody needs more time.") % {"title": part.title},
        )
    if due_at is not None and part.due_at is not None and due_at <= part.due_at:
        raise ChangeRefused(
            "invalid",
            _("The new due date is not later than the present one. An extension adds time."),
        )


def _check(member: Member) -> None:
    if member.left_at is not None:
        raise ChangeRefused(
            "invalid",
            _("%(name)s has left the class. Bring this person back first.")
            % {"name": member.shown_name},
        )
    if not member.learns:
        raise ChangeRefused(
            "invalid", _("%(name)s is not a learner here.") % {"name": member.shown_name}
        )
