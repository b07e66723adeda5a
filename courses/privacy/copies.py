"""Copies of people's data: asked for on a page, made by a worker, deleted after some days.

The database is the source of truth: a message only notifies a worker, and beat sends it again.
"""

from __future__ import annotations

import logging
import tempfile
from datetime import datetime, timedelta
from typing import Final

from celery import current_app
from django.conf import settings
from django.core.files import File
from django.core.mail import send_mail
from django.db import transaction
from django.db.models import F, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import override
from kombu.exceptions import ChannelError, OperationalError

from courses.accounts.models import User
from courses.database import CONNECTION_FAULTS
from courses.privacy.exporting import write_export
from courses.privacy.models import DataExport, export_storage

MAKE: Final = "courses.make_copies"
MOST_A_DAY: Final = 3
"""Copies that one person may ask for within a day."""
MAX_TRIES: Final = 3
HELD: Final = timedelta(minutes=30)
"""A worker that has not finished by then is taken for dead, and another one tries."""
IN_MEMORY: Final = 8 * 2**20
"""Bytes of a zip that is being made; a larger one is written to the disk."""
KEEP_ROWS: Final = timedelta(days=30)
"""How long the line that says when a copy was asked for outlives its file."""

logger = logging.getLogger(__name__)


class TooManyCopies(Exception):  # noqa: N818  # named after what happened
    """Several copies were made today, or one is being made."""


@transaction.atomic
def ask(*, user: User) -> DataExport:
    """Ask for a copy; the earlier file is deleted.

    Raises:
        TooManyCopies: one is being made, or there were several within a day.
    """
    User.objects.select_for_update().get(pk=user.pk)
    mine = DataExport.objects.filter(user=user)
    recent = mine.filter(asked_at__gt=timezone.now() - timedelta(days=1))
    if recent.count() >= MOST_A_DAY or mine.filter(finished_at=None).exists():
        raise TooManyCopies
    for earlier in mine.exclude(file=""):
        _delete_file(earlier)
    asked = DataExport.objects.create(user=user)
    transaction.on_commit(_notify, robust=True)
    return asked


def _notify() -> None:
    try:
        current_app.send_task(MAKE, queue="default", expires=60)
    except (ChannelError, OperationalError, OSError):
        logger.exception("%s could not be sent", MAKE)


def make_copies() -> int:
    """Make the copies that were asked for; return how many."""
    made = 0
    while (export := _claim()) is not None:
        try:
            _make(export)
        except CONNECTION_FAULTS:
            raise
        except Exception:
            logger.exception("the copy %s could not be made", export.pk)
            if export.tries >= MAX_TRIES:
                unfinished = DataExport.objects.filter(pk=export.pk, finished_at=None)
                unfinished.update(finished_at=timezone.now())
            continue
        made += 1
    return made


def _claim(*, now: datetime | None = None) -> DataExport | None:
    """Return a copy to make, held for `HELD`; None when there is none."""
    moment = now or timezone.now()
    DataExport.objects.filter(
        finished_at=None, tries__gte=MAX_TRIES, started_at__lt=moment - HELD
    ).update(finished_at=moment)
    free = Q(started_at=None) | Q(started_at__lt=moment - HELD)
    waiting = DataExport.objects.filter(free, finished_at=None, tries__lt=MAX_TRIES)
    for export in waiting.select_related("user").order_by("asked_at"):
        same = waiting.filter(pk=export.pk, tries=export.tries)
        if same.update(started_at=moment, tries=F("tries") + 1):
            export.tries += 1
            return export
    return None


def _make(export: DataExport) -> None:
    with tempfile.SpooledTemporaryFile(max_size=IN_MEMORY) as out:
        write_export(export.user, out)
        size = out.seek(0, 2)
        out.seek(0)
        # Each try has a name of its own: one that was given up must not replace another's file.
        name = export_storage().save(f"exports/{export.pk}-{export.tries}.zip", File(out))
    if not _finish(export, name, size):
        export_storage().delete(name)


@transaction.atomic
def _finish(export: DataExport, name: str, size: int) -> bool:
    """Record a finished copy and write to its owner; False when it is no longer wanted."""
    now = timezone.now()
    same = DataExport.objects.filter(pk=export.pk, finished_at=None, tries=export.tries)
    days: int = settings.EXPORT_DAYS
    found = same.update(
        file=name, bytes=size, finished_at=now, expires_at=now + timedelta(days=days)
    )
    if found:
        _write_to(export.user, days)
    return bool(found)


def _write_to(user: User, days: int) -> None:
    with override(user.locale or settings.LANGUAGE_CODE):
        send_mail(
            subject=_("Your data is ready"),
            message=_(
                "The copy of your data that you asked for is ready. Sign in to download it; it is "
                "deleted after %(days)d days.\n\n%(address)s\n\n"
                "If you did not ask for it, change your password."
            )
            % {"days": days, "address": settings.SITE_URL + reverse("courses:data")},
            from_email=settings.DEFAULT_FROM_EMAIL,
            recipient_list=[user.email],
        )


def delete_expired(*, now: datetime | None = None) -> int:
    """Delete the files of copies whose time is over, and old lines; return how many files."""
    moment = now or timezone.now()
    expired = list(DataExport.objects.filter(expires_at__lte=moment).exclude(file=""))
    for export in expired:
        with transaction.atomic():
            _delete_file(export)
    DataExport.objects.filter(file="", finished_at__lt=moment - KEEP_ROWS).delete()
    return len(expired)


def _delete_file(export: DataExport) -> None:
    name = export.file.name
    DataExport.objects.filter(pk=export.pk).update(file="")
    if name:
        transaction.on_commit(lambda: export_storage().delete(name))
