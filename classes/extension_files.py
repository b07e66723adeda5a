"""Extensions as a file: one line for each; shown first, then granted as a whole."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from django.db import transaction
from django.utils.translation import gettext as _

from classes import extensions
from classes.audit import ChangeRefused
from classes.models import Extension, ImportKind, Member, PendingImport, ScheduledPart
from classes.roster.plan import COLUMNS, Refusal, rows_of
from classes.roster.reading import read_table
from classes.roster.writing import DifferenceChanged

if TYPE_CHECKING:
    from collections.abc import Sequence

    from classes.models import Class
    from courses.models import User

WANTED: Final[dict[str, tuple[str, ...]]] = {
    "email": COLUMNS["email"],
    "part": ("part", "exercise", "assignment", "élément", "exercice"),
    "days": ("days", "daysmore", "jours"),
    "reason": ("reason", "motif"),
}


@dataclass(frozen=True)
class Grant:
    """An extension that a line asks for; `part` None: every part."""

    line: int
    member: Member
    part: ScheduledPart | None
    days: int
    reason: str


@dataclass
class ExtensionPlan:
    """What a file would grant."""

    granted: list[Grant] = field(default_factory=list)
    unchanged: int = 0
    refused: list[Refusal] = field(default_factory=list)

    @property
    def digest(self) -> str:
        """Return what tells this difference from another one."""
        facts = [
            [str(one.member.pk), one.part.pk if one.part else None, one.days, one.reason]
            for one in self.granted
        ]
        return hashlib.sha256(json.dumps(facts).encode()).hexdigest()


def prepare(
    *, klass: Class, actor: User, data: bytes, reason: str
) -> tuple[PendingImport, list[str]]:
    """Read a file and keep its rows until somebody decides; nothing is granted.

    Raises:
        FileRefused: the file cannot be read, or has no column of addresses.
    """
    table = read_table(data)
    rows = rows_of(table, WANTED)
    PendingImport.objects.filter(klass=klass, made_by=actor, kind=ImportKind.EXTENSIONS).delete()
    pending = PendingImport.objects.create(
        klass=klass,
        made_by=actor,
        kind=ImportKind.EXTENSIONS,
        rows=rows,
        options={"reason": reason},
        digest=plan(klass, rows, reason).digest,
    )
    return pending, table.notes


def planned(pending: PendingImport) -> ExtensionPlan:
    """Return what a kept file would grant now."""
    return plan(pending.klass, pending.rows, str(pending.options.get("reason", "")))


def plan(klass: Class, rows: Sequence[Sequence[Any]], reason: str) -> ExtensionPlan:
    """Compare a file's rows with the class: three queries."""
    members = {one.email.lower(): one for one in klass.members.select_related("user")}
    parts: dict[str, ScheduledPart] = {}
    for part in klass.parts.scheduled():
        for name in (part.slug, part.subject, part.title.casefold()):
            parts.setdefault(name, part)
    present: set[tuple[Any, int | None, int | None]] = set(
        Extension.objects.filter(klass=klass, revoked_at=None).values_list(
            "member_id", "part_id", "days"
        )
    )
    found = ExtensionPlan()
    for line, cells, formula in rows:
        try:
            one = _grant(line, cells, formula, members, parts, reason)
        except ChangeRefused as refusal:
            found.refused.append(Refusal(line, cells.get("email", "")[:80], str(refusal)))
            continue
        key = (one.member.pk, one.part.pk if one.part else None, one.days)
        if key in present:
            found.unchanged += 1
        else:
            present.add(key)
            found.granted.append(one)
    return found


@transaction.atomic
def commit(*, pending: PendingImport, actor: User, digest: str) -> int:
    """Grant what was shown; return how many.

    Raises:
        ChangeRefused: the class is archived.
        DifferenceChanged: it would not be what was shown.
    """
    found = planned(pending)
    if found.digest != digest:
        raise DifferenceChanged
    for one in found.granted:
        extensions.grant(
            klass=pending.klass,
            actor=actor,
            reason=one.reason,
            part=one.part,
            members=[one.member],
            days=one.days,
        )
    pending.delete()
    return len(found.granted)


def _grant(  # noqa: PLR0917  # what a line is looked up in
    line: int,
    cells: dict[str, str],
    formula: str,
    members: dict[str, Member],
    parts: dict[str, ScheduledPart],
    reason: str,
) -> Grant:
    """Return what a line asks for.

    Raises:
        ChangeRefused: it cannot be granted, for the reason that the text gives.
    """
    if formula:
        text = _("The column “%(name)s” holds a formula. Save the values instead.")
        raise ChangeRefused("invalid", text % {"name": formula})
    member = members.get(cells.get("email", "").lower())
    if member is None:
        raise ChangeRefused("invalid", _("Nobody in this class has this address."))
    name = cells.get("part", "")
    part = parts.get(name) or parts.get(name.casefold())
    if name and part is None:
        text = _("“%(name)s” is not in the schedule: give its title or its slug.")
        raise ChangeRefused("invalid", text % {"name": name[:80]})
    days = cells.get("days", "")
    if not days.isdecimal():
        raise ChangeRefused("invalid", _("Extra days: a number from 1 to 365."))
    extensions.check(part=part, members=[member], days=int(days))
    why = (cells.get("reason") or reason)[:500]
    return Grant(line, member, part, int(days), why)
