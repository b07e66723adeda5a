"""Giving roles: by superusers only, so that no role can raise itself or another."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from courses.accounts.models import User
from courses.accounts.roles import SiteRight, SiteRole
from courses.audit.recording import record_change

if TYPE_CHECKING:
    from collections.abc import Iterable


@transaction.atomic
def set_roles(*, actor: User | None, person: User, roles: Iterable[str]) -> User:
    """Give somebody exactly these roles.

    Args:
        actor: a superuser; None is whoever can run commands on the server.
        person: who has these roles afterwards.
        roles: values of `SiteRole`.

    Raises:
        PermissionDenied: the actor is no superuser.
        ValidationError: there is no such role.
    """
    if actor is not None and not actor.may(SiteRight.GIVE_ROLES):
        raise PermissionDenied
    wanted = set(roles)
    unknown = sorted(wanted - set(SiteRole.values))
    if unknown:
        raise ValidationError(
            {"roles": [_("There is no role “%(name)s”.") % {"name": unknown[0][:40]}]}
        )
    current = User.objects.select_for_update().get(pk=person.pk)
    before = list(current.roles)
    current.roles = [str(role) for role in SiteRole.values if role in wanted]
    if current.roles != before:
        current.save(update_fields=["roles"])
        record_change(
            actor,
            "roles.changed",
            person=current,
            facts={"before": before, "after": current.roles},
        )
    return current


def role_holders() -> list[User]:
    """Return everybody who may do more than a learner, by address."""
    holders = User.objects.exclude(roles=[]) | User.objects.filter(is_staff=True)
    return list((holders | User.objects.filter(is_superuser=True)).order_by("email"))
