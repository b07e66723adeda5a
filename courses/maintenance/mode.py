"""Starting and ending maintenance, and whether it is on.

The database is the source of truth. Pages ask the cache, so that none of them pays a query; whoever
changes the mode writes both, and `refresh`, which the readiness probe and a task of beat call,
writes the cache again after it was emptied.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Final

from django.core.cache import cache
from django.db import transaction

from courses.audit.recording import record_change
from courses.maintenance.models import Maintenance

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractUser

REFRESH: Final = "courses.refresh_maintenance"
KEY: Final = "maintenance"
ROW: Final = 1

logger = logging.getLogger(__name__)


@transaction.atomic
def start(*, actor: AbstractUser | None, message: str = "") -> None:
    """Close the site to everybody but staff; safe to repeat, with another message."""
    Maintenance.objects.update_or_create(pk=ROW, defaults={"message": message})
    record_change(actor, "maintenance.started", facts={"message": message})
    transaction.on_commit(refresh)


@transaction.atomic
def end(*, actor: AbstractUser | None) -> bool:
    """Open the site again; False when it was open."""
    deleted, _by_model = Maintenance.objects.filter(pk=ROW).delete()
    if deleted:
        record_change(actor, "maintenance.ended")
        transaction.on_commit(refresh)
    return bool(deleted)


def current() -> Maintenance | None:
    """Return the row, from the database; None while the site is open."""
    return Maintenance.objects.filter(pk=ROW).first()


def refresh() -> None:
    """Write to the cache what the database says; a cache that does not answer is logged."""
    row = current()
    try:
        if row is None:
            cache.delete(KEY)
        else:
            cache.set(KEY, {"message": row.message}, None)
    except Exception:  # each backend has errors of its own
        logger.exception("the cache does not answer: pages do not know of the maintenance mode")


def announced() -> str | None:
    """Return the message for visitors, perhaps empty; None while the site is open.

    A cache that does not answer closes nothing: the database has the say over what is written.
    """
    try:
        told = cache.get(KEY)
    except Exception:  # noqa: BLE001 - each backend has errors of its own; `refresh` logs them
        return None
    return None if told is None else str(told["message"])
