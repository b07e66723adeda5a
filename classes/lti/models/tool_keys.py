"""The tool's own keys."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _


class ToolKey(models.Model):
    """A key pair with which the tool signs; `classes.lti.tool_keys` reads and writes it.

    Attributes:
        private_key: PEM, encrypted with a key that follows from the site's secret key.
        signs_from: published before, so that platforms know it when it is first used.
    """

    kid = models.CharField(_("key ID"), max_length=40, unique=True)
    private_key = models.BinaryField()
    created_at = models.DateTimeField(_("created at"), db_default=Now(), editable=False)
    signs_from = models.DateTimeField(_("signs from"))

    class Meta:
        verbose_name = _("key of the tool")
        verbose_name_plural = _("keys of the tool")
        ordering: ClassVar[list[str]] = ["-signs_from", "-pk"]

    def __str__(self) -> str:
        return self.kid
