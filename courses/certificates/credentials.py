"""The certificate as an Open Badges 3.0 credential, which anybody's software can verify."""

from __future__ import annotations

import hashlib
import json
import secrets
from typing import TYPE_CHECKING, Any, Final

from django.conf import settings
from django.core.cache import caches

from courses.certificates.keys import method_of, signing_key, site_did
from courses.certificates.linked_data import CREDENTIALS, OPEN_BADGES
from courses.certificates.models import StatusEntry
from courses.certificates.proofs import sign
from courses.certificates.status_lists import allot, list_address

if TYPE_CHECKING:
    import datetime as dt

    from courses.certificates.models import Certificate

KEPT_SECONDS: Final = 3600
SALT_BYTES: Final = 16


def identity(email: str) -> tuple[str, str]:
    """Return a new salt, and the salted hash of an email address, as Open Badges writes them.

    Whoever knows the address can check that it is the holder's; nobody can read it from the hash,
    and two certificates of one holder do not show that they belong together.
    """
    salt = secrets.token_hex(SALT_BYTES)
    return salt, "sha256$" + hashlib.sha256((email + salt).encode()).hexdigest()


def unsigned_credential(certificate: Certificate) -> dict[str, Any]:
    """Return what a certificate says now, as a credential without its proof."""
    entry = StatusEntry.objects.filter(certificate_key=certificate.pk).first()
    if entry is None:  # a certificate that was written without being issued
        entry = allot(certificate.pk)
    address = list_address(entry.list_number)
    document = {
        "@context": [CREDENTIALS, OPEN_BADGES],
        "id": certificate.credential_address,
        "type": ["VerifiableCredential", "OpenBadgeCredential"],
        "name": certificate.course_title,
        "issuer": {
            "id": site_did(),
            "type": ["Profile"],
            "name": certificate.issuer_name,
            "url": settings.SITE_URL,
        },
        "validFrom": _moment(certificate.issued_at),
        "awardedDate": _moment(certificate.issued_at),
        "credentialSubject": _subject(certificate),
        "credentialStatus": {
            "id": f"{address}#{entry.position}",
            "type": "BitstringStatusListEntry",
            "statusPurpose": "revocation",
            "statusListIndex": str(entry.position),
            "statusListCredential": address,
        },
    }
    if certificate.valid_until is not None:
        document["validUntil"] = _moment(certificate.valid_until)
    return document


def signed_credential(certificate: Certificate) -> dict[str, Any]:
    """Return the signed credential; the same key and facts give the same bytes.

    It is signed when it is asked for, with the key that signs now, and kept for a while: a key
    can be retired without issuing anything again.

    Raises:
        ImproperlyConfigured: the site has no key to sign with.
    """
    private, record = signing_key()
    document = unsigned_credential(certificate)
    text = json.dumps([document, record.public, str(certificate.stated_at)], sort_keys=True)
    kept = "credential-" + hashlib.sha256(text.encode()).hexdigest()[:40]
    found: dict[str, Any] | None = caches["documents"].get(kept)
    if found is None:
        created = max(certificate.stated_at, record.created_at)
        found = sign(document, key=private, method=method_of(record.public), created=created)
        caches["documents"].set(kept, found, KEPT_SECONDS)
    return found


def as_text(credential: dict[str, Any]) -> str:
    """Return a credential as it is written into files: readable, every script as it is."""
    return json.dumps(credential, ensure_ascii=False, indent=2)


def _subject(certificate: Certificate) -> dict[str, Any]:
    subject: dict[str, Any] = {
        "type": ["AchievementSubject"],
        "achievement": _achievement(certificate),
    }
    identifiers: list[dict[str, Any]] = []
    if certificate.identity_hash:
        identifiers.append(
            {
                "type": "IdentityObject",
                "identityType": "emailAddress",
                "hashed": True,
                "salt": certificate.identity_salt,
                "identityHash": certificate.identity_hash,
            }
        )
    if certificate.shown_name is not None:
        identifiers.append(
            {
                "type": "IdentityObject",
                "identityType": "name",
                "hashed": False,
                "identityHash": certificate.shown_name,
            }
        )
    if identifiers:
        subject["identifier"] = identifiers
    else:  # the standard asks for one or the other; verifiers look at the id first
        subject["id"] = certificate.pk.urn
    return subject


def _achievement(certificate: Certificate) -> dict[str, Any]:
    subject = settings.SITE_URL + certificate.subject.get_absolute_url()
    kind = "course" if certificate.course_id is not None else "learning path"
    counts = (
        (certificate.lessons, "lessons read"),
        (certificate.quizzes, "quizzes passed"),
        (certificate.exercises, "exercises passed, graded by running the learner's notebook"),
    )
    done = "; ".join(f"{count} {words}" for count, words in counts if count)
    achievement = {
        "id": subject,
        "type": ["Achievement"],
        "achievementType": "Certificate",
        "name": certificate.course_title,
        "description": certificate.course_summary,
        "inLanguage": certificate.language,
        "criteria": {"id": certificate.address, "narrative": f"Completed the {kind}: {done}."},
    }
    if certificate.course_version:
        achievement["version"] = certificate.course_version
    if certificate.skills:
        achievement["tag"] = list(certificate.skills)
    return achievement


def _moment(moment: dt.datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
