"""Status lists: which certificates do not hold any more, for software that asks nobody else.

https://www.w3.org/TR/vc-bitstring-status-list/: a list of 131,072 bits in a signed credential. One
who checks a certificate fetches the whole list, so the site does not learn which one is checked.
"""

from __future__ import annotations

import base64
import gzip
import secrets
from typing import TYPE_CHECKING, Any, Final

import jwt
from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Max
from django.urls import reverse

from courses.certificates.keys import method_of, signing_key, site_did
from courses.certificates.linked_data import CREDENTIALS
from courses.certificates.models import Certificate, StatusEntry
from courses.certificates.proofs import sign

if TYPE_CHECKING:
    import datetime as dt
    import uuid

BITS: Final = 131_072
"""The least that the standard allows: fewer would tell who is meant."""

FULL: Final = BITS // 2
"""From here on a new list begins; a free place is drawn in two tries on average."""

MOST_DRAWS: Final = 200


def allot(certificate_key: uuid.UUID) -> StatusEntry:
    """Give a certificate its place, drawn at random.

    Raises:
        IntegrityError: the certificate has one already.
    """
    number = StatusEntry.objects.aggregate(last=Max("list_number"))["last"] or 1
    if StatusEntry.objects.filter(list_number=number).count() >= FULL:
        number += 1
    for _draw in range(MOST_DRAWS):
        position = secrets.randbelow(BITS)
        if StatusEntry.objects.filter(list_number=number, position=position).exists():
            continue
        try:
            with transaction.atomic():
                return StatusEntry.objects.create(
                    certificate_key=certificate_key, list_number=number, position=position
                )
        except IntegrityError:  # somebody else drew the same at the same moment
            if StatusEntry.objects.filter(certificate_key=certificate_key).exists():
                raise
    raise IntegrityError("no free place in the status list was found")


def list_address(number: int) -> str:
    """Return the full address of a status list, which is also its id."""
    return settings.SITE_URL + reverse("courses:certificate_status_list", args=[number])


def encoded(positions: set[int]) -> str:
    """Return a list with these bits set, compressed, as the standard writes it."""
    bits = bytearray(BITS // 8)
    for position in positions:
        bits[position // 8] |= 0x80 >> (position % 8)
    packed = gzip.compress(bytes(bits), mtime=0)
    return "u" + base64.urlsafe_b64encode(packed).rstrip(b"=").decode()


def list_credential(number: int, *, now: dt.datetime) -> dict[str, Any] | None:
    """Return a status list without its proof; None when there is no list of this number.

    A place whose certificate was revoked or deleted is set.
    """
    entries = StatusEntry.objects.filter(list_number=number)
    if not entries.exists():
        return None
    holding = Certificate.objects.filter(revoked_at=None).values("pk")
    ended = entries.exclude(certificate_key__in=holding).values_list("position", flat=True)
    address = list_address(number)
    return {
        "@context": [CREDENTIALS],
        "id": address,
        "type": ["VerifiableCredential", "BitstringStatusListCredential"],
        "issuer": site_did(),
        "validFrom": now.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "credentialSubject": {
            "id": f"{address}#list",
            "type": "BitstringStatusList",
            "statusPurpose": "revocation",
            "encodedList": encoded(set(ended)),
        },
    }


def with_proof(document: dict[str, Any], *, now: dt.datetime) -> dict[str, Any]:
    """Return a status list with an embedded proof, as credentials have it."""
    private, record = signing_key()
    return sign(document, key=private, method=method_of(record.public), created=now)


def as_jwt(document: dict[str, Any], *, now: dt.datetime) -> str:
    """Return a status list as a signed JWT, which is what some verifiers accept only."""
    private, record = signing_key()
    claims = {**document, "iss": document["issuer"], "nbf": int(now.timestamp())}
    headers = {"typ": "vc+jwt", "kid": method_of(record.public)}
    return jwt.encode(claims, private, "EdDSA", headers)
