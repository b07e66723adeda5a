"""The table of tamperings: what a forger might do to a credential, one thing at a time."""

from __future__ import annotations

import copy
import json
from typing import TYPE_CHECKING, Any, Final

from courses.certificates.proofs import multibase, sign
from courses.certificates.status_lists import encoded

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable

    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

Document = dict[str, Any]


def at(*path: str | int, value: Any) -> Callable[[Document], None]:
    """Return a change of one place."""

    def change(document: Document) -> None:
        place: Any = document
        for step in path[:-1]:
            place = place[step]
        place[path[-1]] = value

    return change


def without(name: str) -> Callable[[Document], None]:
    """Return a change that takes a member away."""

    def change(document: Document) -> None:
        del document[name]

    return change


def _other_signature(document: Document) -> None:
    document["proof"]["proofValue"] = multibase(bytes(range(64)))


def _cut_signature(document: Document) -> None:
    document["proof"]["proofValue"] = document["proof"]["proofValue"][:-4]


def _other_place(document: Document) -> None:
    status = document["credentialStatus"]
    index = str((int(status["statusListIndex"]) + 1) % 131_072)
    status["statusListIndex"] = index
    status["id"] = f"{status['statusListCredential']}#{index}"


def _appended_skill(document: Document) -> None:
    document["credentialSubject"]["achievement"]["tag"] = ["Everything"]


def _added_result(document: Document) -> None:
    document["credentialSubject"]["result"] = [{"type": ["Result"], "value": "100"}]


TAMPERINGS: Final[dict[str, Callable[[Document], None]]] = {
    "name": at("credentialSubject", "identifier", 1, "identityHash", value="Mallory"),
    "email": at("credentialSubject", "identifier", 0, "identityHash", value="sha256$" + "0" * 64),
    "salt": at("credentialSubject", "identifier", 0, "salt", value="pepper"),
    "date of issue": at("validFrom", value="2020-01-01T00:00:00Z"),
    "later end": at("validUntil", value="2199-01-01T00:00:00Z"),
    "course": at("credentialSubject", "achievement", "name", value="Everything about models"),
    "title": at("name", value="Everything about models"),
    "version": at("credentialSubject", "achievement", "version", value="9.9"),
    "what was passed": at(
        "credentialSubject", "achievement", "criteria", "narrative", value="Everything."
    ),
    "skills": _appended_skill,
    "added result": _added_result,
    "certificate id": at("id", value="https://whybox.example/api/v1/certificates/other/"),
    "issuer": at("issuer", "id", value="did:web:university.example"),
    "issuer's name": at("issuer", "name", value="A famous university"),
    "context": at("@context", 1, value="https://example.org/context.json"),
    "added context": lambda document: document["@context"].append(
        {"name": "https://example.org/other-name"}
    ),
    "added term": at("grade", value="A+"),
    "place in the status list": _other_place,
    "status list": at(
        "credentialStatus", "statusListCredential", value="https://mallory.example/status/1"
    ),
    "no status": without("credentialStatus"),
    "no proof": without("proof"),
    "other signature": _other_signature,
    "cut signature": _cut_signature,
    "time of signing": at("proof", "created", value="2020-01-01T00:00:00Z"),
    "purpose": at("proof", "proofPurpose", value="authentication"),
    "suite": at("proof", "cryptosuite", value="eddsa-jcs-2022"),
    "key named": at(
        "proof",
        "verificationMethod",
        value="did:web:mallory.example#z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK",
    ),
}
"""Name of a tampering -> what it does to a copy of a signed credential."""


def tampered(credential: Document, name: str) -> Document:
    """Return a copy of a signed credential with one thing altered."""
    document = copy.deepcopy(credential)
    TAMPERINGS[name](document)
    return document


def signed_by(
    credential: Document, key: Ed25519PrivateKey, *, method: str, created: dt.datetime
) -> Document:
    """Return the credential as somebody else would sign it, in the site's name."""
    unsigned = {name: value for name, value in credential.items() if name != "proof"}
    return sign(json.loads(json.dumps(unsigned)), key=key, method=method, created=created)


def list_with(document: Document, positions: set[int]) -> Document:
    """Return a status list, without its proof, that has these bits set."""
    changed = copy.deepcopy({name: one for name, one in document.items() if name != "proof"})
    changed["credentialSubject"]["encodedList"] = encoded(positions)
    return changed
