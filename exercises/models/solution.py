"""The model solution of an exercise, in a table of its own: only those who have passed load it."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from exercises.models.exercise import Exercise


class ModelSolution(models.Model):
    """An exercise's solution.ipynb as it was rendered when it was loaded.

    Attributes:
        html: safe HTML.
        lessons: what the exercise teaches: its known mistakes, as ``{title, message}``.
    """

    exercise = models.OneToOneField(
        Exercise, on_delete=models.CASCADE, related_name="solution", verbose_name=_("exercise")
    )
    html = models.TextField(_("HTML"))
    lessons = models.JSONField(_("lessons"), default=list)

    class Meta:
        verbose_name = _("model solution")
        verbose_name_plural = _("model solutions")
        ordering: ClassVar[list[str]] = ["exercise"]

    def __str__(self) -> str:
        return str(self.exercise)
