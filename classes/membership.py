"""Joining, inviting, leaving and coming back. Leaving loses nothing."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from allauth.account.models import EmailAddress
from django.db import transaction
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.translation import gettext as _

from classes.audit import ChangeRefused, difference, locked, record
from classes.models import LEARNING_ROLES, Class, Member, Role
from courses.learners.enrolment import enrol
from courses.models import Enrolment, User

if TYPE_CHECKING:
    import uuid
    from collections.abc import Iterable

ANIMALS = (
    "Badger",
    "Beaver",
    "Bison",
    "Camel",
    "Cheetah",
    "Condor",
    "Coyote",
    "Crane",
    "Dingo",
    "Dolphin",
    "Eagle",
    "Falcon",
    "Ferret",
    "Finch",
    "Gazelle",
    "Gecko",
    "Heron",
    "Hippo",
    "Ibex",
    "Jackal",
    "Jaguar",
    "Kestrel",
    "Koala",
    "Lemur",
    "Leopard",
    "Lynx",
    "Magpie",
    "Marmot",
)


class AddressUnconfirmed(ChangeRefused):
    """The class admits by address, and the account's own has not been confirmed."""


def pseudonym(number: int, key: uuid.UUID) -> str:
    """Return a name that tells nothing about whom it stands for; `number` makes it unique."""
    digest = hashlib.sha256(key.bytes).digest()
    return f"{ANIMALS[digest[0] % len(ANIMALS)]} {number:03d}"


def new_member(klass: Class, serial: int, /, **facts: object) -> Member:
    """Return an unsaved member; `serial` is a number that no other member of the class has got."""
    member = Member(klass=klass, **facts)
    member.pseudonym = pseudonym(serial, member.pk)
    return member


def next_number(klass: Class) -> int:
    """Return the number from which new members count; the class must be locked."""
    names = Member.objects.filter(klass=klass).values_list("pseudonym", flat=True)
    numbers = [int(tail) for name in names if (tail := name.rpartition(" ")[2]).isdigit()]
    return max(numbers, default=0) + 1


def confirmed_accounts(addresses: Iterable[str]) -> dict[str, User]:
    """Return the accounts that have confirmed these (lower-case) addresses."""
    wanted = list(addresses)
    found: dict[str, User] = {}
    for start in range(0, len(wanted), 500):
        rows = (
            EmailAddress.objects.filter(verified=True)
            .annotate(lower=Lower("email"))
            .filter(lower__in=wanted[start : start + 500])
            .select_related("user")
        )
        found |= {row.email.lower(): row.user for row in rows}
    return found


def has_confirmed(user: User, address: str) -> bool:
    """Say whether an account has confirmed an address, whatever its case."""
    mine = EmailAddress.objects.filter(user=user, email__iexact=address, verified=True)
    return bool(mine.exists())


@transaction.atomic
def join_by_code(*, klass: Class, user: User) -> Member:
    """Let somebody in as a learner by the class's link or code.

    Raises:
        ChangeRefused: the class is archived or closed, or the address is not of an allowed domain.
        AddressUnconfirmed: the address is not confirmed, and it is what the class admits by.
    """
    klass = locked(klass)
    member = Member.objects.select_for_update().filter(klass=klass, user=user).first()
    if member is not None and member.left_at is None:
        return member
    if not klass.join_open:
        raise ChangeRefused("invalid", _("This class is closed for joining. Ask its instructor."))
    if member is not None:
        return _return(member, actor=user)
    address = user.email.lower()
    domains = {line.strip().lstrip("@").lower() for line in klass.email_domains.splitlines()} - {""}
    listed = Member.objects.select_for_update().filter(klass=klass, email__iexact=address).first()
    if (domains or listed is not None) and not has_confirmed(user, address):
        raise AddressUnconfirmed(
            "invalid",
            _("Confirm your email address first: this class admits people by their address."),
        )
    if domains and address.rpartition("@")[2] not in domains and listed is None:
        raise ChangeRefused(
            "invalid",
            _("This class admits addresses of: %(domains)s.")
            % {"domains": ", ".join(sorted(domains))},
        )
    if listed is not None:
        return link(listed, user)
    member = new_member(
        klass, next_number(klass), email=address, user=user, joined_at=timezone.now()
    )
    member.save()
    record(klass, user, "member.joined", member=member)
    _enrol(member)
    return member


@transaction.atomic
def accept_invitation(*, member: Member, user: User) -> Member:
    """Let somebody in who has the link of an invitation, whatever the account's address.

    Raises:
        ChangeRefused: the class is archived, the invitation is used up or the account is already a
            member.
    """
    locked(member.klass)
    member = Member.objects.select_for_update().select_related("klass").get(pk=member.pk)
    if member.user_id == user.pk:
        return member if member.left_at is None else _return(member, actor=user)
    if member.user_id is not None:
        raise ChangeRefused("invalid", _("This invitation has been used by another account."))
    if Member.objects.filter(klass=member.klass, user=user).exists():
        raise ChangeRefused("invalid", _("You are already a member of this class."))
    return link(member, user)


def link(member: Member, user: User) -> Member:
    """Give an invited member its account, in the caller's transaction."""
    member.user, member.left_at = user, None
    member.joined_at = member.joined_at or timezone.now()
    member.save(update_fields=["user", "left_at", "joined_at"])
    record(member.klass, user, "member.joined", member=member)
    _enrol(member)
    return member


def link_confirmed(user: User) -> int:
    """Link every invitation to an address that `user` has confirmed; return how many."""
    addresses = EmailAddress.objects.filter(user=user, verified=True)
    lower = [address.lower() for address in addresses.values_list("email", flat=True)]
    invited = Member.objects.present().filter(user=None, email__in=lower, klass__archived_at=None)
    linked = 0
    for member in invited.select_related("klass"):
        with transaction.atomic():
            klass = locked(member.klass)
            if not Member.objects.filter(klass=klass, user=user).exists():
                link(member, user)
                linked += 1
    return linked


@transaction.atomic
def leave(*, member: Member, actor: User | None) -> None:
    """Take a member off the roster; everything that hangs on it stays.

    Raises:
        ChangeRefused: the class is archived, or would be left without an instructor.
    """
    klass = locked(member.klass)
    member = Member.objects.get(pk=member.pk)
    if member.left_at is not None:
        return
    _keep_an_instructor(klass, member)
    member.left_at = timezone.now()
    member.save(update_fields=["left_at"])
    record(klass, actor, "member.left", member=member)


@transaction.atomic
def bring_back(*, member: Member, actor: User | None) -> None:
    """Put a member who left on the roster again, with everything from before.

    Raises:
        ChangeRefused: the class is archived.
    """
    locked(member.klass)
    if member.left_at is not None:
        _return(member, actor=actor)


@transaction.atomic
def change_member(*, member: Member, actor: User, **facts: str) -> None:
    """Change name, number, section or role of a member.

    Raises:
        ChangeRefused: the class is archived, or would be left without an instructor.
    """
    klass = locked(member.klass)
    member = Member.objects.get(pk=member.pk)
    before = {name: getattr(member, name) for name in facts}
    if facts.get("role", Role.INSTRUCTOR) != Role.INSTRUCTOR:
        _keep_an_instructor(klass, member)
    changed = difference(before, facts)
    if not changed:
        return
    for name, value in facts.items():
        setattr(member, name, value)
    member.save(update_fields=list(facts))
    kept = {
        name: value if name in {"section", "role"} else ["…", "…"]
        for name, value in changed.items()
    }
    record(klass, actor, "member.changed", member=member, facts=kept)


def enrol_all(members: Iterable[Member]) -> None:
    """Enrol many learners in the class's courses: two queries for each class."""
    by_class: dict[Class, list[Member]] = {}
    for member in members:
        if member.user_id is not None and member.role in LEARNING_ROLES:
            by_class.setdefault(member.klass, []).append(member)
    for klass, joined in by_class.items():
        courses = list(klass.courses.values_list("pk", flat=True))
        Enrolment.objects.bulk_create(
            [
                Enrolment(user_id=member.user_id, course_id=course)
                for member in joined
                if member.user_id is not None
                for course in courses
            ],
            ignore_conflicts=True,
        )


def _return(member: Member, *, actor: User | None) -> Member:
    member.left_at = None
    member.save(update_fields=["left_at"])
    record(member.klass, actor, "member.returned", member=member)
    _enrol(member)
    return member


def _enrol(member: Member) -> None:
    if member.user is not None and member.learns:
        for course in member.klass.courses.filter(withdrawn=False):
            enrol(user=member.user, course=course)  # type: ignore[arg-type]


def _keep_an_instructor(klass: Class, member: Member) -> None:
    if member.role != Role.INSTRUCTOR:
        return
    others = Member.objects.present().filter(klass=klass, role=Role.INSTRUCTOR, user__isnull=False)
    if not others.exclude(pk=member.pk).exists():
        raise ChangeRefused("invalid", _("A class needs an instructor. Name another one first."))
