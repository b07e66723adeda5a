"""Issuing and revoking certificates, and the learner's choice whether the name is shown."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from courses.certificates.credentials import identity
from courses.certificates.mails import mail_certificate
from courses.certificates.models import Certificate
from courses.certificates.status_lists import allot

if TYPE_CHECKING:
    from collections.abc import Sequence

    from courses.accounts.models import User
    from courses.catalogue.models import Course, Part


@transaction.atomic
def issue(*, user: User, course: Course, parts: Sequence[Part]) -> Certificate:
    """Issue the certificate for a completed course, once; return the one that there is.

    Args:
        user: who completed the course.
        course: what was completed; its facts are copied.
        parts: the course's parts as they were completed.
    """
    lessons = [part.lesson for part in parts if part.lesson is not None]
    now = timezone.now()
    salt, identity_hash = identity(user.email)
    days = settings.CERTIFICATE_DAYS
    certificate, created = Certificate.objects.get_or_create(
        user=user,
        course=course,
        defaults={
            "learner_name": user.name,
            "name_public": user.name_public,
            "course_title": course.title,
            "course_version": course.version,
            "course_summary": course.summary,
            "course_level": course.level,
            "language": course.language,
            "minutes": sum(part.minutes for part in parts),
            "lessons": len(lessons),
            "quizzes": sum(hasattr(lesson, "quiz") for lesson in lessons),
            "exercises": len(parts) - len(lessons),
            "skills": course.skills,
            "issuer_name": settings.ISSUER_NAME,
            "issued_at": now,
            "stated_at": now,
            "valid_until": now + timedelta(days=days) if days else None,
            "identity_salt": salt,
            "identity_hash": identity_hash,
        },
    )
    if created:
        allot(certificate.pk)
    if created and user.mail_certificate:
        mail_certificate(certificate)
    return certificate


@transaction.atomic
def revoke(*, certificate: Certificate, reason: str) -> Certificate:
    """Revoke a certificate; the first reason and date stay.

    Raises:
        ValidationError: no reason is given.
    """
    if not reason.strip():
        raise ValidationError(_("Enter a reason for revoking."))
    changed = Certificate.objects.filter(pk=certificate.pk, revoked_at=None)
    changed.update(revoked_at=timezone.now(), revoked_reason=reason.strip())
    certificate.refresh_from_db()
    return certificate


@transaction.atomic
def show_name(*, certificate: Certificate, public: bool) -> None:
    """Show the learner's name on the certificate, or withhold it: the learner's own choice.

    A certificate that was issued before the learner gave a name takes the name now; a name that
    stands stays, since people may have seen it.
    """
    user = certificate.user
    certificate.name_public = public
    if not certificate.learner_name and user is not None:
        certificate.learner_name = user.name
    certificate.stated_at = timezone.now()
    certificate.save(update_fields=["name_public", "learner_name", "stated_at"])


@transaction.atomic
def show_name_everywhere(*, user: User) -> None:
    """Apply the choice of the profile to every certificate that the learner has already."""
    for certificate in Certificate.objects.filter(user=user).select_related("user"):
        show_name(certificate=certificate, public=user.name_public)


@transaction.atomic
def forget_holder(*, user: User) -> None:
    """Delete from a learner's certificates whatever says who the holder is."""
    Certificate.objects.filter(user=user).update(
        learner_name="",
        name_public=False,
        identity_salt="",
        identity_hash="",
        stated_at=timezone.now(),
    )
