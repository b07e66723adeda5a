"""The class of a platform's course: who comes from the course joins it, and its roster is imported.

Everything that this package asks of rosters is here; marks are in `classes.lti.marks`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from classes import exports, membership
from classes.audit import ChangeRefused, locked, record
from classes.lti.models import Context, TaughtContext
from classes.models import Member
from classes.roster import writing
from courses.database import database_now

if TYPE_CHECKING:
    from collections.abc import Iterable

    from django.db.models import QuerySet

    from classes.lti.members import RosterLine
    from classes.models import Class, PendingImport
    from courses.models import User


@transaction.atomic
def join(*, klass: Class, user: User) -> Member:
    """Let a learner who comes from the platform's course into its class.

    Being in that course is the invitation, whether or not the class is open for joining. Whoever
    was taken off the roster stays off it.

    Raises:
        ChangeRefused: the class is archived, or the account's address is on the roster and not
            confirmed: the place is its owner's.
    """
    klass = locked(klass)
    found = Member.objects.filter(klass=klass, user=user).first()
    if found is not None:
        return found
    address = user.email.lower()
    listed = Member.objects.filter(klass=klass, email__iexact=address).first()
    if listed is not None:
        if listed.user_id is not None or not membership.has_confirmed(user, address):
            raise ChangeRefused(
                "invalid",
                _(
                    "Your class lists your email address. Confirm it with the link that we sent,"
                    " then open the link in your course again: until then no score is sent."
                ),
            )
        return membership.link(listed, user)
    member = membership.new_member(
        klass,
        membership.next_number(klass),
        email=address,
        name=user.name,
        user=user,
        joined_at=timezone.now(),
    )
    member.save()
    record(klass, user, "member.joined", member=member)
    membership.enrol_all([member])
    return member


def note_role(*, context: Context, user: User, teaches: bool) -> None:
    """Remember whether somebody teaches a platform's course, as their last launch says."""
    if teaches:
        TaughtContext.objects.update_or_create(
            context=context, user=user, defaults={"seen_at": database_now()}
        )
    else:
        TaughtContext.objects.filter(context=context, user=user).delete()


def offered_to(user: User) -> QuerySet[Context]:
    """Return the platforms' courses that somebody teaches and that have no class yet."""
    return Context.objects.filter(
        taught_by__user=user, klass=None, deployment__platform__active=True
    ).select_related("deployment__platform")


@transaction.atomic
def connect(*, klass: Class, context: Context, actor: User) -> None:
    """Let a platform's course be this class's: its learners join it, its marks go back.

    Raises:
        ChangeRefused: the class is archived, the actor does not teach the course at the platform,
            or the course has a class.
    """
    klass = locked(klass)
    current = offered_to(actor).select_for_update(of=("self",)).filter(pk=context.pk).first()
    if current is None:
        raise ChangeRefused(
            "invalid",
            _(
                "This course has a class already, or you have not opened one of its links as its "
                "instructor."
            ),
        )
    current.klass = klass
    current.save(update_fields=["klass"])
    record(klass, actor, "lms.connected", facts={"course": str(current)})


@transaction.atomic
def release(*, klass: Class, context: Context, actor: User) -> None:
    """Part a platform's course from this class; who has joined stays.

    Raises:
        ChangeRefused: the class is archived, or the course is not this class's.
    """
    klass = locked(klass)
    if not Context.objects.filter(pk=context.pk, klass=klass).update(klass=None):
        raise ChangeRefused("conflict", _("This course is not connected with the class any more."))
    record(klass, actor, "lms.released", facts={"course": str(context)})


def prepare_import(*, klass: Class, actor: User, lines: Iterable[RosterLine]) -> PendingImport:
    """Keep an import of these people until the class's instructor has seen the difference."""
    rows: list[list[exports.Value]] = [["Email", "Name"]]
    rows += [[line.email, line.name] for line in lines]
    pending, _plan, _notes = writing.prepare(
        klass=klass, actor=actor, data=exports.as_csv(rows), drop_absent=False, invite=False
    )
    return pending
