"""Writing the audit of the site, in the caller's transaction."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from courses.audit.models import SiteChange

if TYPE_CHECKING:
    import uuid
    from collections.abc import Mapping

    from django.contrib.auth.models import AbstractUser


def record_change(
    actor: AbstractUser | None,
    action: str,
    *,
    person: AbstractUser | None = None,
    post_id: uuid.UUID | None = None,
    facts: Mapping[str, Any] | None = None,
) -> SiteChange:
    """Write an entry; it exists exactly if the change does.

    Raises:
        KeyError: the action has no words.
    """
    if action not in SiteChange.ACTIONS:
        raise KeyError(action)
    return SiteChange.objects.create(
        actor_id=actor.pk if actor is not None else None,
        action=action,
        person_id=person.pk if person is not None else None,
        post_id=post_id,
        facts=dict(facts or {}),
    )
