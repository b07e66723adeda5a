"""Overriding a mark: shown as a difference, then written beside the platform's score."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from classes.audit import ChangeRefused, locked, record
from classes.models import Member, Override
from classes.models.schedule import MAX_POINTS
from classes.records import gradebook

if TYPE_CHECKING:
    from classes.marks import Mark, Overriding
    from classes.models import ScheduledPart
    from classes.records import Row
    from courses.models import User


@dataclass(frozen=True)
class Effect:
    """What an override would change, for one learner."""

    before: Mark
    after: Mark
    total_before: float | None
    total_after: float | None


def effect(*, member: Member, part: ScheduledPart, override: Overriding | None) -> Effect:
    """Return the mark and the total before and after an override; nothing is written."""
    only = Member.objects.filter(pk=member.pk).select_related("user")
    rows: list[Row] = []
    at = 0
    for assumed in ({}, {(member.pk, part.pk): override}):
        book = gradebook(member.klass, only, assuming=assumed)
        at = next(n for n, one in enumerate(book.columns) if one.scheduled.pk == part.pk)
        rows.append(book.rows[0])
    before, after = rows
    return Effect(before.mark(at), after.mark(at), before.record.percent, after.record.percent)


@transaction.atomic
def override(
    *, member: Member, part: ScheduledPart, actor: User, points: float | None, reason: str
) -> Override:
    """Let `points` count instead of the platform's score; None excuses.

    An earlier override is withdrawn by it and stays as history.

    Raises:
        ChangeRefused: the class is archived, a reason is missing, or the points are no mark.
    """
    current = locked(member.klass)
    if not reason.strip():
        raise ChangeRefused("invalid", _("Give a reason: it is kept with the override."))
    if points is not None and not (math.isfinite(points) and 0 <= points <= MAX_POINTS):
        raise ChangeRefused(
            "invalid", _("Points: a number from 0 to %(most)s.") % {"most": f"{MAX_POINTS:,}"}
        )
    if part.klass_id != current.pk:
        raise ChangeRefused("invalid", _("This part belongs to another class."))
    earlier = _end(member, part, actor)
    made = Override.objects.create(
        member=member, part=part, points=points, reason=reason.strip(), made_by=actor
    )
    record(
        current,
        actor,
        "override.made",
        member=member,
        part=part,
        facts={"points": [earlier.points if earlier else None, points], "reason": reason.strip()},
    )
    return made


@transaction.atomic
def withdraw(*, member: Member, part: ScheduledPart, actor: User) -> bool:
    """Let the platform's score count again; False when there was no override.

    Raises:
        ChangeRefused: the class is archived.
    """
    current = locked(member.klass)
    earlier = _end(member, part, actor)
    if earlier is not None:
        facts = {"points": earlier.points}
        record(current, actor, "override.withdrawn", member=member, part=part, facts=facts)
    return earlier is not None


def _end(member: Member, part: ScheduledPart, actor: User) -> Override | None:
    rows = Override.objects.select_for_update()
    earlier = rows.filter(member=member, part=part, withdrawn_at=None).first()
    if earlier is not None:
        earlier.withdrawn_at, earlier.withdrawn_by = timezone.now(), actor
        earlier.save(update_fields=["withdrawn_at", "withdrawn_by"])
    return earlier
