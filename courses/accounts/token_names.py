"""What people call their API tokens."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class TokenName(models.Model):
    """The name of a token, given when it was made; django-rest-knox keeps the token's digest."""

    token = models.OneToOneField("knox.AuthToken", on_delete=models.CASCADE, related_name="named")
    name = models.CharField(_("name"), max_length=80, blank=True)

    class Meta:
        verbose_name = _("name of a token")
        verbose_name_plural = _("names of tokens")

    def __str__(self) -> str:
        return self.name
