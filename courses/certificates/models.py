"""The certificate: a snapshot of what was achieved, at the time when it was achieved."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, ClassVar

from django.conf import settings
from django.db import models
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from courses.accounts.names import plain_name

if TYPE_CHECKING:
    from courses.catalogue.models import Course, Path


class CertificateQuerySet(models.QuerySet["Certificate"]):
    """Named ways to read certificates."""

    def current(self) -> CertificateQuerySet:
        """Return those that were not replaced by another, revoked ones included."""
        return self.filter(superseded_at=None)

    def with_subject(self) -> CertificateQuerySet:
        """Return certificates with what was completed, and with the one that replaced each."""
        return self.select_related("course", "path", "superseded_by")


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
        course, path: what was completed: one of them. `course_title` and so on are those of a path
            too.
        passed: what was passed, one entry a part; see `courses.certificates.achievements`.
        scores_public, evidence_public: the holder's consent to show scores, and to link projects.
        revoked_at, revoked_reason: both set or neither.
        superseded_at, superseded_by: set when another certificate was issued in its place; then it
            is revoked too, since it does not hold any more.
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
        "courses.Course",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="certificates",
    )
    path = models.ForeignKey(
        "courses.Path",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="certificates",
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
    passed = models.JSONField(default=list)
    scores_public = models.BooleanField(default=False)
    evidence_public = models.BooleanField(default=False)
    issuer_name = models.CharField(max_length=120)
    issued_at = models.DateTimeField()
    stated_at = models.DateTimeField(default=timezone.now)
    valid_until = models.DateTimeField(null=True, blank=True)
    identity_salt = models.CharField(max_length=32, blank=True)
    identity_hash = models.CharField(max_length=71, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)
    revoked_reason = models.CharField(max_length=300, blank=True)
    superseded_at = models.DateTimeField(null=True, blank=True)
    superseded_by = models.OneToOneField(
        "self", on_delete=models.SET_NULL, null=True, blank=True, related_name="supersedes"
    )

    objects = CertificateQuerySet.as_manager()

    class Meta:
        ordering: ClassVar[list[str]] = ["-issued_at"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["user", "course"],
                condition=models.Q(superseded_at__isnull=True, course__isnull=False),
                name="certificate_of_a_course_once",
            ),
            models.UniqueConstraint(
                fields=["user", "path"],
                condition=models.Q(superseded_at__isnull=True, path__isnull=False),
                name="certificate_of_a_path_once",
            ),
            models.CheckConstraint(
                condition=models.Q(course__isnull=True) ^ models.Q(path__isnull=True),
                name="certificate_of_a_course_or_a_path",
            ),
            models.CheckConstraint(
                condition=models.Q(superseded_at__isnull=True) | models.Q(revoked_at__isnull=False),
                name="certificate_superseded_holds_no_more",
            ),
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
    def state(self) -> str:
        """Return valid, superseded, revoked or expired."""
        if self.superseded_at is not None:
            return "superseded"
        if self.revoked_at is not None:
            return "revoked"
        return "expired" if self.expired else "valid"

    @property
    def subject(self) -> Course | Path:
        """Return the course or the path that was completed."""
        found = self.course or self.path
        if found is None:
            raise AssertionError("the database knows no certificate of nothing")
        return found

    @property
    def initials(self) -> str:
        """Return the first letters of the holder's first and last name; empty without a name."""
        words = plain_name(self.learner_name).split()
        ends = words[:1] + words[1:][-1:]
        return " ".join(f"{word[0].upper()}." for word in ends)

    @property
    def shown_name(self) -> str | None:
        """Return the holder's name; None without the holder's consent or without a name.

        A certificate that was replaced shows none: the name on it is not the holder's any more.
        """
        if not self.name_public or self.superseded_at is not None:
            return None
        return plain_name(self.learner_name) or None

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


class CertificateEvent(models.Model):
    """Something that happened to a certificate: who did it, when, and why.

    Attributes:
        actor: None when the site did it by itself, or when the account is gone.
    """

    class Kind(models.TextChoices):
        """What happened."""

        ISSUED = "issued", _("issued")
        REVOKED = "revoked", _("revoked")
        REISSUED = "reissued", _("issued again")

    certificate = models.ForeignKey(Certificate, on_delete=models.CASCADE, related_name="events")
    kind = models.CharField(max_length=10, choices=Kind.choices)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    reason = models.CharField(max_length=300, blank=True)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering: ClassVar[list[str]] = ["created_at", "pk"]

    def __str__(self) -> str:
        return f"{self.certificate_id} {self.kind}"


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
