"""The facts of a certificate, for the page and the PDF."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.utils import formats
from django.utils.translation import gettext as _

from courses.catalogue.labels import duration
from courses.catalogue.models import Level

if TYPE_CHECKING:
    from courses.certificates.models import Certificate


@dataclass(frozen=True)
class Fact:
    """A line of a certificate: what it is, and its value in words."""

    name: str
    value: str


@dataclass(frozen=True)
class CertificateFacts:
    """Everything that a certificate says, in the words of the visitor's language.

    Attributes:
        holder: the learner's name; None when the learner keeps it private or never gave one.
        rows: the facts that are shown as a list.
        revoked_on: a date in words; None while the certificate is valid.
    """

    holder: str | None
    course: str
    summary: str
    issuer: str
    address: str
    rows: tuple[Fact, ...]
    skills: tuple[str, ...]
    revoked_on: str | None
    revoked_reason: str


def facts_of(certificate: Certificate) -> CertificateFacts:
    """Return what a certificate says now."""
    counts = [
        Fact(name, str(count))
        for name, count in (
            (_("Lessons read"), certificate.lessons),
            (_("Quizzes passed"), certificate.quizzes),
            (_("Exercises passed"), certificate.exercises),
        )
        if count
    ]
    return CertificateFacts(
        holder=certificate.shown_name,
        course=certificate.course_title,
        summary=certificate.course_summary,
        issuer=certificate.issuer_name,
        address=certificate.address,
        rows=(
            Fact(_("Issued on"), _day(certificate.issued_at)),
            Fact(_("Issued by"), certificate.issuer_name),
            Fact(_("Course version"), certificate.course_version),
            Fact(_("Level"), str(Level(certificate.course_level).label)),
            Fact(_("Estimated study time"), duration(certificate.minutes)),
            *counts,
            Fact(_("Certificate ID"), str(certificate.pk)),
        ),
        skills=tuple(certificate.skills),
        revoked_on=_day(certificate.revoked_at) if certificate.revoked_at else None,
        revoked_reason=certificate.revoked_reason,
    )


def _day(moment: dt.datetime) -> str:
    """Return a date in words, in UTC: the same for every reader of the same certificate."""
    return formats.date_format(moment.astimezone(dt.UTC), "j F Y")
