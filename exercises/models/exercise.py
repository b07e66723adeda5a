"""Exercises as pages need them."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _


class ExerciseQuerySet(models.QuerySet["Exercise"]):
    """Named ways to read exercises."""

    def active(self) -> ExerciseQuerySet:
        """Return those that the content still holds."""
        return self.filter(active=True)


class Exercise(models.Model):
    """What pages and attempt rules need of an exercise folder; written by `catalogue.load` only.

    `description` is what `grader.exercise` read, as plain data: task, outputs, rubric, limits,
    hints. Nothing in it would help to cheat.
    """

    slug = models.SlugField(_("slug"), unique=True, max_length=80)
    title = models.CharField(_("title"), max_length=200)
    summary = models.TextField(_("summary"), blank=True)
    version = models.CharField(_("version"), max_length=20)
    content_hash = models.CharField(_("content hash"), max_length=64)
    minutes = models.PositiveSmallIntegerField(_("minutes"))
    max_score = models.FloatField(_("maximum score"))
    pass_score = models.FloatField(_("passing score"))
    max_attempts = models.PositiveSmallIntegerField(_("attempts"), null=True, blank=True)
    reviewed = models.BooleanField(_("reviewed by a person"), default=False)
    description = models.JSONField(_("description"), default=dict)
    active = models.BooleanField(_("active"), default=True)

    objects = ExerciseQuerySet.as_manager()

    class Meta:
        verbose_name = _("exercise")
        verbose_name_plural = _("exercises")
        ordering: ClassVar[list[str]] = ["slug"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(
                condition=Q(pass_score__gt=0, pass_score__lte=F("max_score")),
                name="exercise_can_be_passed",
            ),
            models.CheckConstraint(
                condition=Q(max_attempts__isnull=True) | Q(max_attempts__gt=0),
                name="exercise_can_be_attempted",
            ),
        ]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        """Return the address of the exercise's page."""
        return reverse("exercises:exercise", args=[self.slug])
