"""The facts of a certificate, for the page and the PDF."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.conf import settings
from django.urls import reverse
from django.utils import formats
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

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
class Line:
    """Something that was passed.

    Attributes:
        score: a percentage; empty unless the holder shows scores.
        evidence: the address of the project; empty unless the holder shows it.
    """

    title: str
    score: str = ""
    evidence: str = ""


@dataclass(frozen=True)
class Group:
    """Parts of one kind that were passed, and what passing one meant."""

    title: str
    meaning: str
    lines: tuple[Line, ...]


@dataclass(frozen=True)
class CertificateFacts:
    """Everything that a certificate says, in the words of the visitor's language.

    Attributes:
        holder: the learner's name; None when the learner keeps it private or never gave one.
        initials: of the learner's name; empty without one.
        proof: what was proven and how, in a sentence for somebody who knows nothing of the site.
        completed: what the holder has done, between the holder's name and that of the course.
        rows: the facts that are shown as a list.
        revoked_on: a date in words; None while the certificate is neither revoked nor replaced.
        replaced_by: the address of the certificate that holds instead; empty without one.
    """

    holder: str | None
    initials: str
    completed: str
    course: str
    summary: str
    issuer: str
    proof: str
    address: str
    rows: tuple[Fact, ...]
    skills: tuple[str, ...]
    passed: tuple[Group, ...]
    state: str
    revoked_on: str | None
    revoked_reason: str
    expired_on: str | None
    replaced_by: str


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
    until = certificate.valid_until
    optional = [
        (_("Course version"), certificate.course_version),
        (
            _("Level"),
            str(Level(certificate.course_level).label) if certificate.course_level else "",
        ),
        (_("Valid until"), _day(until) if until else ""),
    ]
    following = certificate.superseded_by
    return CertificateFacts(
        holder=certificate.shown_name,
        initials=certificate.initials,
        completed=_("has completed the course")
        if certificate.course_id is not None
        else _("has completed the learning path"),
        course=certificate.course_title,
        summary=certificate.course_summary,
        issuer=certificate.issuer_name,
        proof=_proof(certificate),
        address=certificate.address,
        rows=(
            Fact(_("Issued on"), _day(certificate.issued_at)),
            Fact(_("Issued by"), certificate.issuer_name),
            *(Fact(name, value) for name, value in optional if value),
            Fact(_("Estimated study time"), duration(certificate.minutes)),
            *counts,
            Fact(_("Certificate ID"), str(certificate.pk)),
        ),
        skills=tuple(certificate.skills),
        passed=tuple(_groups(certificate)),
        state=certificate.state,
        revoked_on=_day(certificate.revoked_at) if certificate.revoked_at else None,
        revoked_reason=certificate.revoked_reason,
        expired_on=_day(until) if until and certificate.expired else None,
        replaced_by=following.get_absolute_url() if following is not None else "",
    )


def _proof(certificate: Certificate) -> str:
    """Return what the holder did to earn the certificate, and who checked it."""
    facts = {"issuer": certificate.issuer_name, "count": certificate.exercises}
    projects = any(one["kind"] == "project" for one in certificate.passed)
    said = []
    if certificate.exercises:
        sentence = ngettext(
            "The holder wrote a program that explains a machine learning model. %(issuer)s ran it "
            "itself, also with hidden inputs, and compared the results with reference values.",
            "The holder wrote %(count)d programs that explain machine learning models. %(issuer)s "
            "ran each of them itself, also with hidden inputs, and compared the results with "
            "reference values.",
            certificate.exercises,
        )
        said.append(sentence % facts)
    if projects:
        said.append(_("A reviewer accepted the holder's own project by written criteria."))
    if certificate.quizzes:
        sentence = ngettext(
            "The holder passed a quiz.", "The holder passed %(count)d quizzes.", certificate.quizzes
        )
        said.append(sentence % {"count": certificate.quizzes})
    return " ".join(said) or _("The holder has completed everything that the course requires.")


def _groups(certificate: Certificate) -> list[Group]:
    """Return what was passed, by kind, the most telling kind first."""
    found = []
    for kind, title, meaning in _kinds():
        entries = [one for one in certificate.passed if one["kind"] == kind]
        lines = tuple(_line(certificate, one) for one in entries)
        if lines:
            least = {one["least"] for one in entries if one.get("least")}
            bound = f"{min(least)}%" if least else ""
            found.append(Group(title, meaning % {"least": bound or _("most")}, lines))
    return found


def _kinds() -> list[tuple[str, str, str]]:
    return [
        (
            "course",
            _("Courses"),
            _("Each course has a certificate of its own, with everything that was passed."),
        ),
        (
            "project",
            _("Projects"),
            _(
                "The holder's own work on a question of their choice: it passed automatic checks, "
                "and a reviewer, a person, accepted it by written criteria."
            ),
        ),
        (
            "exercise",
            _("Exercises"),
            _(
                "For each, the holder wrote a program that explains a model. This site ran it "
                "itself, also with hidden inputs that the holder never saw, so that copied numbers "
                "don't pass. The results had to lie within ranges that were measured beforehand, "
                "and to earn at least %(least)s of the points."
            ),
        ),
        (
            "quiz",
            _("Lessons with a quiz"),
            _("At least %(least)s of the answers had to be right."),
        ),
        ("lesson", _("Lessons"), _("Read, without a test.")),
    ]


def _line(certificate: Certificate, entry: dict[str, object]) -> Line:
    score = entry.get("score")
    shown = certificate.scores_public and score is not None
    evidence = ""
    if certificate.evidence_public and entry.get("evidence"):
        evidence = settings.SITE_URL + reverse(
            "exercises:evidence", args=[certificate.pk, entry["evidence"]]
        )
    return Line(str(entry["title"]), f"{score}%" if shown else "", evidence)


def _day(moment: dt.datetime) -> str:
    """Return a date in words, in UTC: the same for every reader of the same certificate."""
    return formats.date_format(moment.astimezone(dt.UTC), "j F Y")
