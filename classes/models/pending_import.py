"""A file that was read and shown as a difference, and is not written yet."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from classes.models.klass import Class


class ImportKind(models.TextChoices):
    """What is imported."""

    ROSTER = "roster", _("roster")
    EXTENSIONS = "extensions", _("extensions")


class PendingImport(models.Model):
    """The rows of an import between the difference and the decision.

    Attributes:
        rows: as read: a list of [line, {column: text}].
        digest: of the difference that was shown; another one is shown before it is written.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    klass = models.ForeignKey(Class, on_delete=models.CASCADE, related_name="+")
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+"
    )
    kind = models.CharField(max_length=10, choices=ImportKind)
    rows = models.JSONField()
    options = models.JSONField(default=dict)
    digest = models.CharField(max_length=64)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = _("import that waits for a decision")
        verbose_name_plural = _("imports that wait for a decision")

    def __str__(self) -> str:
        return f"{self.kind} of {self.klass_id}"
