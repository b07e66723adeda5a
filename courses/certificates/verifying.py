"""What a file that claims to be a certificate is: genuine, altered, or no longer valid.

Each case has a plain answer of its own, for somebody who knows nothing of signatures.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import uuid
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final

from django.utils import formats, timezone
from django.utils.translation import gettext as _

from courses.certificates.baking import Unreadable
from courses.certificates.comparison import Difference, differences
from courses.certificates.credentials import unsigned_credential
from courses.certificates.examination import Examination, Outcome, examine
from courses.certificates.keys import method_of, site_did
from courses.certificates.models import Certificate, IssuedFile, SigningKey, StatusEntry

if TYPE_CHECKING:
    from collections.abc import Mapping

DRAWN: Final = frozenset({"pdf", "png", "svg"})
"""Kinds of files that show something beside the signed data."""


class State(StrEnum):
    """What a file is, in a word."""

    GENUINE = "genuine"
    ALTERED = "altered"
    ENDED = "ended"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Verdict:
    """The answer about one file.

    Attributes:
        code: the case, for programs and tests.
        headline: the answer in a sentence.
        explanation: what it means, and what to do.
        altered: what the file says otherwise than the site's record.
        changed: what the record says otherwise since the file was signed.
        genuine: the facts of the file that are signed by this site, in words.
        certificate: the record that the file is about, if there is one.
    """

    state: State
    code: str
    headline: str
    explanation: str = ""
    altered: tuple[Difference, ...] = ()
    changed: tuple[Difference, ...] = ()
    genuine: tuple[tuple[str, str], ...] = ()
    certificate: Certificate | None = None


@dataclass(frozen=True)
class KnownKey:
    """A key of the issuer.

    Attributes:
        retired_on: a date in words; None while what it has signed is accepted.
    """

    public: str
    retired_on: str | None = None
    retired_reason: str = ""


@dataclass(frozen=True)
class Issuer:
    """Whose certificates are verified, and with which keys."""

    did: str
    keys: Mapping[str, KnownKey] = field(default_factory=dict)


def this_site() -> Issuer:
    """Return this site with all its keys."""
    return Issuer(
        did=site_did(),
        keys={
            method_of(one.public): KnownKey(
                one.public, _day(one.retired_at) if one.retired_at else None, one.retired_reason
            )
            for one in SigningKey.objects.all()
        },
    )


def issuer_of(document: dict[str, Any]) -> Issuer:
    """Return the issuer that a DID document describes, for who verifies without its database.

    Raises:
        KeyError, TypeError: it is no such document.
    """
    trusted = set(document["assertionMethod"])
    methods = [one for one in document["verificationMethod"] if one["id"] in trusted]
    return Issuer(
        did=document["id"],
        keys={method["id"]: KnownKey(method["publicKeyMultibase"]) for method in methods},
    )


def verify(data: bytes, *, issuer: Issuer | None = None) -> Verdict:
    """Return what a file is, by its signature and by this site's records.

    Args:
        data: the file, of any size and content.
        issuer: another issuer than this site: then no record is asked, only the signature.
    """
    known = issuer or this_site()
    keys = {method: one.public for method, one in known.keys.items()}
    found = examine(data, issuer=known.did, keys=keys)
    record = _record(found) if issuer is None else None
    if found.outcome is not Outcome.SIGNED:
        return _not_signed(found, record)
    key = known.keys[found.detail]
    if key.retired_on is not None:
        return Verdict(
            State.ALTERED,
            "retired_key",
            _("This file was signed with a key that is no longer accepted."),
            _(
                "The issuer retired the key on %(date)s. %(reason)s A forger may have signed "
                "the file. The certificate's own page shows what holds."
            )
            % {"date": key.retired_on, "reason": key.retired_reason},
            certificate=record,
        )
    credential = found.credential or {}
    genuine = tuple(_facts(credential))
    if issuer is None:
        return _by_record(data, found, record, genuine)
    return _expired(credential, genuine) or Verdict(
        State.GENUINE,
        "signed",
        _("The signature is genuine."),
        _("Whether the certificate was revoked since can only be seen on its page."),
        genuine=genuine,
    )


def _by_record(
    data: bytes,
    found: Examination,
    record: Certificate | None,
    genuine: tuple[tuple[str, str], ...],
) -> Verdict:
    """Return the answer about a file with a good signature, by what the site's records say."""
    credential = found.credential or {}
    if record is None:
        return _without_record(credential, genuine)
    if record.superseded_at is not None:
        return Verdict(
            State.ENDED,
            "superseded",
            _("This certificate was replaced by another on %(date)s.")
            % {"date": _day(record.superseded_at)},
            record.revoked_reason,
            genuine=genuine,
            certificate=record,
        )
    if record.revoked_at is not None:
        return Verdict(
            State.ENDED,
            "revoked",
            _("This certificate was revoked on %(date)s.") % {"date": _day(record.revoked_at)},
            record.revoked_reason,
            genuine=genuine,
            certificate=record,
        )
    ended = _expired(credential, genuine, record)
    if ended is not None:
        return ended
    now = unsigned_credential(record)
    changed = differences(now, credential)
    digest = hashlib.sha256(data).hexdigest()
    if found.kind in DRAWN and not IssuedFile.objects.filter(digest=digest).exists():
        return Verdict(
            State.ALTERED,
            "drawing_altered",
            _("The signed data in this file is genuine, but the file was changed."),
            _(
                "It is not, byte for byte, a file that this site made: what it shows may be false. "
                "Trust only the facts below."
            ),
            changed=tuple(changed),
            genuine=genuine,
            certificate=record,
        )
    return Verdict(
        State.GENUINE,
        "changed_since" if changed else "genuine",
        _("This file is genuine, and the certificate is valid."),
        _("Since it was made, the certificate has changed as shown below.") if changed else "",
        changed=tuple(changed),
        genuine=genuine,
        certificate=record,
    )


def _without_record(credential: dict[str, Any], genuine: tuple[tuple[str, str], ...]) -> Verdict:
    key = _key(credential)
    if key is not None and StatusEntry.objects.filter(certificate_key=key).exists():
        return Verdict(
            State.ENDED,
            "deleted",
            _("This certificate was deleted."),
            _("This site issued it once and has deleted it since. It is no longer valid."),
            genuine=genuine,
        )
    return Verdict(
        State.UNKNOWN,
        "no_record",
        _("This site has no record of this certificate."),
        _("Its signature is this site's, but no such certificate was issued here."),
        genuine=genuine,
    )


def _expired(
    credential: dict[str, Any],
    genuine: tuple[tuple[str, str], ...],
    record: Certificate | None = None,
) -> Verdict | None:
    until = _moment(credential.get("validUntil"))
    if until is None or until > timezone.now():
        return None
    return Verdict(
        State.ENDED,
        "expired",
        _("This certificate expired on %(date)s.") % {"date": _day(until)},
        _("It is genuine, but was valid until then only."),
        genuine=genuine,
        certificate=record,
    )


def _not_signed(found: Examination, record: Certificate | None) -> Verdict:
    """Return the answer about a file whose signature does not hold, or that has none."""
    unreadable = {
        Unreadable.UNKNOWN_KIND: _("This is not a PDF, JSON, SVG or PNG file."),
        Unreadable.CUT_OFF: _("This file is incomplete: its end is missing."),
        Unreadable.DAMAGED: _("This file is damaged and can't be read."),
        Unreadable.NO_CREDENTIAL: _("There is no signed certificate in this file."),
        Unreadable.SEVERAL: _("There is more than one certificate in this file."),
        Unreadable.TOO_LONG: _("What is in this file is too long to be a certificate."),
    }
    advice = _("Ask for the file again, or open the certificate's page by its link or QR code.")
    if found.reason is not None:
        return Verdict(State.UNKNOWN, found.reason.value, unreadable[found.reason], advice)
    headlines = {
        Outcome.TOO_COSTLY: (State.UNKNOWN, _("This file is too large to be a certificate.")),
        Outcome.NOT_JSON: (State.UNKNOWN, _("The data in this file can't be read.")),
        Outcome.NO_CREDENTIAL: (State.UNKNOWN, _("There is no signed certificate in this file.")),
        Outcome.OTHER_CONTEXT: (
            State.ALTERED,
            _("The file was altered: the definitions of its terms were exchanged."),
        ),
        Outcome.UNDEFINED_TERM: (
            State.ALTERED,
            _("The file was altered: something was added that is not signed."),
        ),
        Outcome.NO_PROOF: (
            State.ALTERED,
            _("The file was altered: its signature is missing or malformed."),
        ),
        Outcome.OTHER_KEY: (State.ALTERED, _("The file was signed with a key of somebody else.")),
        Outcome.BROKEN: (State.ALTERED, _("The file was altered after it was signed.")),
    }
    if found.outcome is Outcome.OTHER_ISSUER:
        return _other_issuer(found, record)
    if found.outcome is Outcome.BUSY:
        headline = _("Many files are being verified right now. Try again in a minute.")
        return Verdict(State.UNKNOWN, "busy", headline)
    state, headline = headlines[found.outcome]
    altered: list[Difference] = []
    if record is not None and found.credential is not None and state is State.ALTERED:
        altered = differences(unsigned_credential(record), found.credential)
        if not altered and found.outcome is Outcome.BROKEN:
            headline = _("The file was altered: its signature was changed.")
    return Verdict(
        state,
        found.outcome.value,
        headline,
        advice if state is State.UNKNOWN else _("Don't rely on anything that it says."),
        altered=tuple(altered),
        certificate=record,
    )


def _other_issuer(found: Examination, record: Certificate | None) -> Verdict:
    credential = found.credential or {}
    proof = credential.get("proof")
    method = str(proof.get("verificationMethod")) if isinstance(proof, dict) else ""
    if method.partition("#")[0] == site_did():
        return Verdict(
            State.ALTERED,
            "issuer_altered",
            _("The file was altered: it names another issuer than the one who signed it."),
            _("Don't rely on anything that it says."),
            altered=tuple(differences(unsigned_credential(record), credential)) if record else (),
            certificate=record,
        )
    return Verdict(
        State.UNKNOWN,
        "other_issuer",
        _("This certificate doesn't come from this site."),
        _("It names %(issuer)s as its issuer. Only that issuer can say whether it is genuine.")
        % {"issuer": found.detail[:100]},
    )


def _record(found: Examination) -> Certificate | None:
    key = _key(found.credential or {})
    return Certificate.objects.with_subject().filter(pk=key).first() if key else None


def _key(credential: dict[str, Any]) -> uuid.UUID | None:
    """Return the certificate's id, which its address ends with."""
    try:
        return uuid.UUID(str(credential.get("id")).rstrip("/").rpartition("/")[2])
    except ValueError:
        return None


def _facts(credential: dict[str, Any]) -> list[tuple[str, str]]:
    """Return what a signed credential says, in words."""
    subject = credential.get("credentialSubject", {})
    names = [
        one.get("identityHash", "")
        for one in subject.get("identifier", [])
        if one.get("identityType") == "name"
    ]
    issued = _moment(credential.get("validFrom"))
    issuer = credential.get("issuer", {})
    facts = [
        (_("Name"), ", ".join(names) or _("Name withheld by the holder")),
        (_("Course"), str(credential.get("name", ""))),
        (_("Issued on"), _day(issued) if issued else ""),
        (_("Issued by"), str(issuer.get("name", "") if isinstance(issuer, dict) else issuer)),
    ]
    return [(name, value[:300]) for name, value in facts if value]


def _moment(text: object) -> dt.datetime | None:
    try:
        found = dt.datetime.fromisoformat(str(text))
    except ValueError:
        return None
    return found if found.tzinfo else None


def _day(moment: dt.datetime) -> str:
    return formats.date_format(moment.astimezone(dt.UTC), "j F Y")
