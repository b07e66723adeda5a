"""Pairs of submissions whose code is alike, as they were found last."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from classes.models.klass import Class


class Similarity(models.Model):
    """What the last comparison of a part found.

    Attributes:
        subject: ``exercise:<slug>``.
        pairs: ``[first, second, share, shared]`` each, ids of submissions, most alike first.
        compared: how many submissions were looked at.
        asked_at: when somebody asked for it; before `made_at` once it is done.
    """

    klass = models.ForeignKey(Class, on_delete=models.CASCADE, related_name="similarities")
    subject = models.CharField(max_length=200)
    pairs = models.JSONField(default=list)
    compared = models.PositiveIntegerField(default=0)
    asked_at = models.DateTimeField(null=True, blank=True)
    made_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name_plural = "similarities"
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["klass", "subject"], name="similarity_once_a_part"),
        ]

    def __str__(self) -> str:
        return self.subject

    @property
    def waiting(self) -> bool:
        """Say whether a comparison was asked for and is not done."""
        return self.asked_at is not None and (self.made_at is None or self.made_at < self.asked_at)
