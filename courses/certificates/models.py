"""The certificate: a snapshot of what was achieved, at the time when it was achieved."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.urls import reverse

from courses.accounts.names import plain_name


class Certificate(models.Model):
    """A learner completed a course; the facts are copied, later changes do not touch them.

    Attributes:
        user: None after the learner erased the account and chose to keep the record.
        learner_name: as it was when the certificate was issued; shown only with `name_public`.
        minutes: the course's time when the certificate was issued.
        revoked_at, revoked_reason: both set or neither.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="certificates",
    )
    course = models.ForeignKey(
        "courses.Course", on_delete=models.PROTECT, related_name="certificates"
    )
    learner_name = models.CharField(max_length=200, blank=True)
    name_public = models.BooleanField(default=False)
    course_title = models.CharField(max_length=200)
    course_version = models.CharField(max_length=20)
    course_summary = models.TextField()
    course_level = models.CharField(max_length=20)
    language = models.CharField(max_length=10)
    minutes = models.PositiveIntegerField()
    lessons = models.PositiveSmallIntegerField()
    quizzes = models.PositiveSmallIntegerField()
    exercises = models.PositiveSmallIntegerField()
    skills = models.JSONField(default=list)
    issuer_name = models.CharField(max_length=120)
    issued_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True, blank=True)
    revoked_reason = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["-issued_at"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["user", "course"], name="certificate_once"),
            models.CheckConstraint(
                condition=(
                    models.Q(revoked_at__isnull=True, revoked_reason="")
                    | (models.Q(revoked_at__isnull=False) & ~models.Q(revoked_reason=""))
                ),
                name="certificate_revoked_with_a_reason",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.course_title}, {self.issued_at:%Y-%m-%d}"

    def get_absolute_url(self) -> str:
        """Return the address of the public page."""
        return reverse("courses:certificate", args=[self.id])

    @property
    def valid(self) -> bool:
        """Say whether the certificate has not been revoked."""
        return self.revoked_at is None

    @property
    def shown_name(self) -> str | None:
        """Return the holder's name; None without the holder's consent or without a name."""
        return (plain_name(self.learner_name) or None) if self.name_public else None

    @property
    def address(self) -> str:
        """Return the full address of the public page."""
        return settings.SITE_URL + self.get_absolute_url()

    @property
    def pdf_address(self) -> str:
        """Return the full address of the PDF."""
        return settings.SITE_URL + reverse("courses:certificate_pdf", args=[self.id])
