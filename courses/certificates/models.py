"""The certificate: a snapshot of what was achieved, at the time when it was achieved."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.urls import reverse
from django.utils import timezone

from courses.accounts.names import plain_name


class Certificate(models.Model):
    """A learner completed a course; the facts are copied, later changes do not touch them.

    Attributes:
        user: None after the learner erased the account and chose to keep the record.
        learner_name: as it was when the certificate was issued; shown only with `name_public`.
        minutes: the course's time when the certificate was issued.
        stated_at: when what the certificate says was last changed; its signature names this time.
        valid_until: None for a certificate that does not expire.
        identity_salt, identity_hash: who knows the holder's email address can check that the
            certificate was issued to it; both empty after the holder erased the account.
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
    stated_at = models.DateTimeField(default=timezone.now)
    valid_until = models.DateTimeField(null=True, blank=True)
    identity_salt = models.CharField(max_length=32, blank=True)
    identity_hash = models.CharField(max_length=71, blank=True)
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
    def expired(self) -> bool:
        """Say whether its time is over."""
        return self.valid_until is not None and self.valid_until <= timezone.now()

    @property
    def valid(self) -> bool:
        """Say whether the certificate is neither revoked nor expired."""
        return self.revoked_at is None and not self.expired

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

    @property
    def credential_address(self) -> str:
        """Return the full address of the signed credential, which is also its id."""
        return settings.SITE_URL + reverse("api:certificate", args=[self.id])


class SigningKey(models.Model):
    """The public half of a key that signs certificates, or has signed some.

    Attributes:
        public: the key as a Multikey, which is also its name.
        retired_at, retired_reason: from when on nothing that it has signed is accepted, and why;
            a key that was only replaced by another stays accepted.
    """

    public = models.CharField(max_length=60, unique=True)
    created_at = models.DateTimeField(default=timezone.now)
    retired_at = models.DateTimeField(null=True, blank=True)
    retired_reason = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["created_at", "pk"]

    def __str__(self) -> str:
        return self.public


class StatusEntry(models.Model):
    """The place of a certificate in a published status list; it outlives the certificate.

    A certificate that was deleted must not look valid to whoever kept the file.

    Attributes:
        certificate_key: the id of the certificate, which may be gone.
        position: drawn at random, so that lists tell nothing about the order of issue.
    """

    certificate_key = models.UUIDField(unique=True)
    list_number = models.PositiveIntegerField()
    position = models.PositiveIntegerField()

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["list_number", "position"], name="status_position_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.list_number}/{self.position}"


class IssuedFile(models.Model):
    """A file that this site has made of a certificate, known by its SHA-256.

    The signature covers the data in a PDF or a badge, not how it is drawn.
    """

    certificate = models.ForeignKey(Certificate, on_delete=models.CASCADE, related_name="files")
    digest = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return self.digest[:12]
