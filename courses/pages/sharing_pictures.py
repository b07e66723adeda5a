"""Pictures for shared links (Open Graph): of the site, a course, a lesson, a certificate."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Final

from django.core.cache import caches
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from courses.certificates.badges import drawing, motif_of
from courses.certificates.facts import facts_of
from courses.certificates.typesetting import TEMPLATES, Job, typeset

if TYPE_CHECKING:
    from courses.models import Certificate, Course, Lesson

TEMPLATE: Final = TEMPLATES.parent / "sharing.typ"
KEPT_SECONDS: Final = 7 * 24 * 3600
"""How long a picture is kept: drawing one takes half a second, and anybody may ask."""
LONGEST: Final = 240
"""Characters of a note; more would be too small to read."""
SITE_MOTIF: Final = "foundations"
"""The course whose motif is the site's own mark."""


def site_picture() -> bytes:
    """Return the picture of the site."""
    return _drawn(
        kind=_("Learn to explain what models do"),
        title=_("Why did the model say that?"),
        note=_("SHAP, LIME and related methods, in notebooks that are run and graded."),
        issuer="Whybox",
        picture=_motif(SITE_MOTIF),
    )


def course_picture(course: Course) -> bytes:
    """Return the picture of a course, with its motif."""
    return _drawn(
        kind=_("Course"),
        title=course.title,
        note=course.summary,
        issuer="Whybox",
        picture=_motif(course.slug),
    )


def lesson_picture(lesson: Lesson) -> bytes:
    """Return the picture of a lesson, with its course's motif."""
    return _drawn(
        kind=lesson.course.title,
        title=lesson.title,
        note=lesson.summary,
        issuer="Whybox",
        picture=_motif(lesson.course.slug),
    )


def certificate_picture(certificate: Certificate) -> bytes:
    """Return the picture of a certificate, with its badge; it names nobody who is not named."""
    facts = facts_of(certificate)
    kind = _("Certificate of completion")
    if facts.state != "valid":
        lost = _("no longer valid")
        kind = f"{kind} · {lost}"
    return _drawn(
        kind=kind,
        title=facts.course,
        note=facts.holder or facts.initials or facts.proof,
        issuer=facts.issuer,
        picture=drawing(certificate),
    )


def _motif(slug: str) -> str:
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="-10 -10 220 224" fill="none" '
        f'stroke-linecap="round" stroke-linejoin="round">{motif_of(slug)}</svg>'
    )


def _drawn(*, kind: str, title: str, note: str, issuer: str, picture: str) -> bytes:
    """Return a picture as PNG, drawn once for the same words.

    Raises:
        TypesettingError: it could not be drawn within the limits.
    """
    facts = {
        "kind": kind,
        "title": title,
        "note": note if len(note) <= LONGEST else note[: LONGEST - 1] + "…",
        "issuer": issuer,
        "language": (get_language() or "en").partition("-")[0],
    }
    inputs = {"facts": json.dumps(facts), "picture": picture}
    text = TEMPLATE.read_text(encoding="utf-8") + json.dumps(inputs)
    key = f"sharing-{hashlib.sha256(text.encode()).hexdigest()}"
    documents = caches["documents"]
    found: bytes | None = documents.get(key)
    if found is None:
        found = typeset(Job(str(TEMPLATE), inputs, timestamp=0, form="png"))
        documents.set(key, found, KEPT_SECONDS)
    return found
