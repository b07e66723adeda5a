"""Writing a roster import that was shown before, as a whole or not at all."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils import timezone

from classes import invitations
from classes.audit import locked, record
from classes.membership import confirmed_accounts, enrol_all, new_member, next_number
from classes.models import ImportKind, Member, PendingImport
from classes.roster.plan import Plan, plan, rows_of
from classes.roster.reading import read_table

if TYPE_CHECKING:
    from classes.models import Class
    from courses.models import User

KEEP_PENDING = timedelta(days=1)


class DifferenceChanged(Exception):  # noqa: N818  # named after what happened
    """The roster has changed since the difference was shown: it must be shown again."""


def prepare(
    *, klass: Class, actor: User, data: bytes, drop_absent: bool, invite: bool
) -> tuple[PendingImport, Plan, list[str]]:
    """Read a file and keep its rows until somebody decides; nothing of the roster is written.

    Raises:
        FileRefused: the file cannot be read as a roster.
    """
    table = read_table(data)
    rows = rows_of(table)
    found = plan(rows, members_of(klass), drop_absent=drop_absent)
    PendingImport.objects.filter(created_at__lt=timezone.now() - KEEP_PENDING).delete()
    PendingImport.objects.filter(klass=klass, made_by=actor, kind=ImportKind.ROSTER).delete()
    pending = PendingImport.objects.create(
        klass=klass,
        made_by=actor,
        kind=ImportKind.ROSTER,
        rows=rows,
        options={"drop_absent": drop_absent, "invite": invite},
        digest=found.digest,
    )
    return pending, found, table.notes


def planned(pending: PendingImport) -> Plan:
    """Return the difference that a kept import would make now."""
    return plan(
        pending.rows,
        members_of(pending.klass),
        drop_absent=bool(pending.options.get("drop_absent")),
    )


def members_of(klass: Class) -> list[Member]:
    """Return everybody who is or was in the class."""
    return list(klass.members.select_related("user"))


@transaction.atomic
def commit(*, pending: PendingImport, actor: User, digest: str) -> Plan:
    """Write what was shown.

    Raises:
        ChangeRefused: the class is archived.
        DifferenceChanged: it would not be what was shown.
    """
    klass = locked(pending.klass)
    found = planned(pending)
    if found.digest != digest:
        raise DifferenceChanged
    added = _add(klass, found)
    now = timezone.now()
    changed = [one.member for one in found.changed]
    for one in found.changed:
        for name, (_old, new) in one.fields.items():
            setattr(one.member, name, new)
        if one.returning:
            one.member.left_at = None
    for member in found.leaving:
        member.left_at = now
    Member.objects.bulk_update(
        [*changed, *found.leaving], ["name", "number", "section", "role", "left_at"], batch_size=500
    )
    for member in [*changed, *added]:
        member.klass = klass
    enrol_all([*added, *(one.member for one in found.changed if one.returning)])
    record(
        klass,
        actor,
        "roster.imported",
        facts={
            "added": len(added),
            "changed": len(changed),
            "unchanged": found.unchanged,
            "refused": len(found.refused),
            "left": len(found.leaving),
        },
    )
    if pending.options.get("invite"):
        invitations.send(klass, [member for member in added if member.user_id is None])
    pending.delete()
    return found


def _add(klass: Class, found: Plan) -> list[Member]:
    accounts = confirmed_accounts(line.email for line in found.added)
    taken = set(klass.members.filter(user__isnull=False).values_list("user_id", flat=True))
    now, number, added = timezone.now(), next_number(klass), []
    for at, line in enumerate(found.added):
        user = accounts.get(line.email)
        if user is not None and user.pk in taken:
            user = None
        if user is not None:
            taken.add(user.pk)
        added.append(
            new_member(
                klass,
                number + at,
                email=line.email,
                user=user,
                joined_at=now if user is not None else None,
                **line.facts,
            )
        )
    return Member.objects.bulk_create(added, batch_size=500)
