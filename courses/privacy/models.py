"""A copy of all one's data, from the moment it is asked for until it is deleted."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, ClassVar

from django.conf import settings
from django.core.files.storage import storages
from django.db import models, transaction
from django.db.models.signals import post_delete
from django.dispatch import receiver
from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from django.core.files.storage import Storage

STORAGE = "exports"
"""The entry of `STORAGES` that keeps copies of people's data."""


def export_storage() -> Storage:
    """Return the storage by its name, so that no migration depends on where it is."""
    return storages[STORAGE]


class DataExport(models.Model):
    """A zip of what the site keeps of one person, made by a worker.

    Attributes:
        started_at: when a worker last took it; one that died is followed by another.
        finished_at: when the file was ready, or the last try failed.
        expires_at: from here the file is deleted; None: there is none yet, or it could not be made.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="data_exports"
    )
    asked_at = models.DateTimeField(_("asked for at"), auto_now_add=True)
    started_at = models.DateTimeField(_("started at"), null=True, blank=True)
    finished_at = models.DateTimeField(_("finished at"), null=True, blank=True)
    expires_at = models.DateTimeField(_("deleted at"), null=True, blank=True)
    tries = models.PositiveSmallIntegerField(_("tries"), default=0)
    file = models.FileField(_("file"), storage=export_storage, blank=True)
    bytes = models.PositiveBigIntegerField(_("bytes"), default=0)

    class Meta:
        verbose_name = _("copy of one's data")
        verbose_name_plural = _("copies of people's data")
        ordering: ClassVar[list[str]] = ["-asked_at"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["user"],
                condition=models.Q(finished_at__isnull=True),
                name="data_export_one_unfinished",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} {self.asked_at:%Y-%m-%d}"

    @property
    def ready(self) -> bool:
        """Whether there is a file."""
        return bool(self.file)

    @property
    def failed(self) -> bool:
        """Whether it ended without a file that has ever been there."""
        return self.finished_at is not None and self.expires_at is None


@receiver(post_delete, sender=DataExport)
def _delete_file(instance: DataExport, **_facts: object) -> None:
    """Delete the file of a row that goes, also with its account, once that is committed."""
    name = instance.file.name
    if name:
        transaction.on_commit(lambda: export_storage().delete(name))
