"""The row that exists while the site is in maintenance."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _


class Maintenance(models.Model):
    """The site is in maintenance exactly while this row, of key 1, exists."""

    since = models.DateTimeField(_("since"), db_default=Now(), editable=False)
    message = models.CharField(_("message"), max_length=300, blank=True)

    class Meta:
        verbose_name = _("maintenance")
        verbose_name_plural = _("maintenance")
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(condition=models.Q(pk=1), name="maintenance_one_row"),
        ]

    def __str__(self) -> str:
        return f"{self.since}"
