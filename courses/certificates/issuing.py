"""Issuing, replacing and revoking certificates, and what the holder lets others see."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from courses.certificates.achievements import passed_courses, passed_parts
from courses.certificates.credentials import identity
from courses.certificates.mails import mail_certificate
from courses.certificates.models import Certificate, CertificateEvent
from courses.certificates.status_lists import allot

if TYPE_CHECKING:
    from collections.abc import Sequence

    from courses.accounts.models import User
    from courses.catalogue.models import Course, Part, Path

COPIED = (
    "user", "course", "path", "course_title", "course_version", "course_summary", "course_level",
    "language", "minutes", "lessons", "quizzes", "exercises", "skills", "passed", "name_public",
    "scores_public", "evidence_public", "issuer_name", "issued_at", "valid_until",
)  # fmt: skip
"""What a certificate that replaces another one says as well."""

MOST_SKILLS = 12
"""Of a path: what does not fit on the PDF is on the certificates of its courses."""


@transaction.atomic
def issue(*, user: User, course: Course, parts: Sequence[Part]) -> Certificate:
    """Issue the certificate for a completed course, once; return the one that there is.

    Args:
        user: who completed the course.
        course: what was completed; its facts are copied.
        parts: the course's parts as they were completed.
    """
    lessons = [part.lesson for part in parts if part.lesson is not None]
    facts = {
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
    }
    found = Certificate.objects.filter(user=user, course=course, superseded_at=None).first()
    if found is not None:
        return found
    facts["passed"] = passed_parts(user, parts)
    certificate, created = Certificate.objects.get_or_create(
        user=user, course=course, superseded_at=None, defaults=facts | _first_facts(user)
    )
    return _issued(certificate) if created else certificate


@transaction.atomic
def issue_path(*, user: User, path: Path, earned: Sequence[Certificate]) -> Certificate:
    """Issue the certificate for a whole path, once; return the one that there is.

    Args:
        user: who completed the path.
        path: what was completed.
        earned: the certificates of its courses, in the path's order.
    """
    skills = [skill for one in earned for skill in one.skills[:2]]
    facts = {
        "course_title": path.title,
        "course_summary": path.summary,
        "language": path.original_language,
        "minutes": sum(one.minutes for one in earned),
        "lessons": sum(one.lessons for one in earned),
        "quizzes": sum(one.quizzes for one in earned),
        "exercises": sum(one.exercises for one in earned),
        "skills": skills[:MOST_SKILLS],
        "passed": passed_courses(earned),
    }
    certificate, created = Certificate.objects.get_or_create(
        user=user, path=path, superseded_at=None, defaults=facts | _first_facts(user)
    )
    return _issued(certificate) if created else certificate


@transaction.atomic
def reissue(*, certificate: Certificate, reason: str, actor: User | None = None) -> Certificate:
    """Issue a certificate again, with the holder's name as it is now; the old one points to it.

    Args:
        certificate: which one; a revoked one may be issued again, a replaced one may not.
        reason: shown on the page of the old one.
        actor: the member of staff who does it; None when a changed name brings it about.

    Raises:
        ValidationError: no reason is given, it was replaced already, or its holder is gone.
    """
    if not reason.strip():
        raise ValidationError(_("Enter a reason for issuing it again."))
    old = Certificate.objects.select_for_update(of=("self",)).get(pk=certificate.pk)
    if old.superseded_at is not None:
        raise ValidationError(_("This certificate has been replaced already."))
    if old.user is None:
        raise ValidationError(_("The holder has deleted the account."))
    now = timezone.now()
    old.superseded_at = now
    if old.revoked_at is None:
        old.revoked_at, old.revoked_reason = now, reason.strip()[:300]
    old.save(update_fields=["superseded_at", "revoked_at", "revoked_reason"])
    salt, identity_hash = identity(old.user.email)
    new = Certificate.objects.create(
        learner_name=old.user.name,
        stated_at=now,
        identity_salt=salt,
        identity_hash=identity_hash,
        **{name: getattr(old, name) for name in COPIED},
    )
    allot(new.pk)
    old.superseded_by = new
    old.save(update_fields=["superseded_by"])
    _record(old, CertificateEvent.Kind.REISSUED, actor, reason)
    _record(new, CertificateEvent.Kind.ISSUED, actor, reason)
    return new


@transaction.atomic
def revoke(*, certificate: Certificate, reason: str, actor: User | None = None) -> Certificate:
    """Revoke a certificate; the first reason and date stay.

    Args:
        certificate: which one.
        reason: shown to everybody.
        actor: the member of staff who does it; None when the holder does.

    Raises:
        ValidationError: no reason is given.
    """
    if not reason.strip():
        raise ValidationError(_("Enter a reason for revoking."))
    changed = Certificate.objects.filter(pk=certificate.pk, revoked_at=None)
    if changed.update(revoked_at=timezone.now(), revoked_reason=reason.strip()[:300]):
        _record(certificate, CertificateEvent.Kind.REVOKED, actor, reason)
    certificate.refresh_from_db()
    return certificate


@transaction.atomic
def show_name(*, certificate: Certificate, public: bool) -> None:
    """Show the learner's name on the certificate, or withhold it: the learner's own choice.

    A certificate that was issued before the learner gave a name takes the name now; a name that
    stands stays, until a changed name issues the certificate again.
    """
    user = certificate.user
    certificate.name_public = public
    if not certificate.learner_name and user is not None:
        certificate.learner_name = user.name
    certificate.stated_at = timezone.now()
    certificate.save(update_fields=["name_public", "learner_name", "stated_at"])


@transaction.atomic
def show_results(*, certificate: Certificate, scores: bool, evidence: bool) -> None:
    """Show scores and link projects, or not: the learner's own choice."""
    certificate.scores_public = scores
    certificate.evidence_public = evidence
    certificate.stated_at = timezone.now()
    certificate.save(update_fields=["scores_public", "evidence_public", "stated_at"])


@transaction.atomic
def show_name_everywhere(*, user: User) -> None:
    """Apply the choice of the profile to every certificate that the learner has already."""
    for certificate in Certificate.objects.filter(user=user).select_related("user"):
        show_name(certificate=certificate, public=user.name_public)


@transaction.atomic
def apply_changed_name(*, user: User) -> list[Certificate]:
    """Issue again each valid certificate that has another name than its holder has now."""
    if not user.name:
        return []
    outdated = Certificate.objects.filter(user=user, superseded_at=None, revoked_at=None).exclude(
        Q(learner_name="") | Q(learner_name=user.name)
    )
    reason = _("The holder's name has changed.")
    return [reissue(certificate=one, reason=reason) for one in outdated]


@transaction.atomic
def forget_holder(*, user: User) -> None:
    """Delete from a learner's certificates whatever says who the holder is."""
    Certificate.objects.filter(user=user).update(
        learner_name="",
        name_public=False,
        scores_public=False,
        evidence_public=False,
        identity_salt="",
        identity_hash="",
        stated_at=timezone.now(),
    )


def _first_facts(user: User) -> dict[str, Any]:
    """Return what every new certificate says of its holder, its issuer and its time."""
    now = timezone.now()
    days = settings.CERTIFICATE_DAYS
    salt, identity_hash = identity(user.email)
    return {
        "learner_name": user.name,
        "name_public": user.name_public,
        "issuer_name": settings.ISSUER_NAME,
        "issued_at": now,
        "stated_at": now,
        "valid_until": now + timedelta(days=days) if days else None,
        "identity_salt": salt,
        "identity_hash": identity_hash,
    }


def _issued(certificate: Certificate) -> Certificate:
    """Write what follows from a new certificate."""
    allot(certificate.pk)
    _record(certificate, CertificateEvent.Kind.ISSUED, None, "")
    if certificate.user is not None and certificate.user.mail_certificate:
        mail_certificate(certificate)
    return certificate


def _record(
    certificate: Certificate, kind: CertificateEvent.Kind, actor: User | None, reason: str
) -> None:
    CertificateEvent.objects.create(
        certificate=certificate, kind=kind, actor=actor, reason=reason.strip()[:300]
    )
