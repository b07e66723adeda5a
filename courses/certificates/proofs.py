"""Data Integrity proofs of the suite eddsa-rdfc-2022: an Ed25519 signature within the document.

https://www.w3.org/TR/vc-di-eddsa/#eddsa-rdfc-2022: the SHA-256 of the proof's options, followed by
the SHA-256 of the document without its proof, both in canonical form, is what is signed.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any, Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from courses.certificates.linked_data import LinkedDataError, canonical

if TYPE_CHECKING:
    import datetime as dt

SUITE: Final = "eddsa-rdfc-2022"
TYPE: Final = "DataIntegrityProof"
PURPOSE: Final = "assertionMethod"
ED25519_PUBLIC: Final = b"\xed\x01"
"""The multicodec prefix of an Ed25519 public key in a Multikey."""

ALPHABET: Final = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
SIGNATURE_CHARACTERS: Final = 90
"""64 bytes are at most 88 digits of base 58, and one says that it is base 58."""


class MalformedProofError(Exception):
    """The proof is not one of this suite, or its value is no signature."""


def multibase(raw: bytes) -> str:
    """Return bytes in base 58 with the "z" that says so."""
    number = int.from_bytes(raw, "big")
    digits = ""
    while number:
        number, digit = divmod(number, 58)
        digits = ALPHABET[digit] + digits
    return "z" + "1" * (len(raw) - len(raw.lstrip(b"\0"))) + digits


def from_multibase(text: str) -> bytes:
    """Return the bytes of a short base 58 text.

    Raises:
        ValueError: it is not base 58, or too long to be a key or a signature.
    """
    if not text.startswith("z") or len(text) > SIGNATURE_CHARACTERS:
        raise ValueError("not base 58")
    digits = text[1:]
    number = 0
    for digit in digits:
        number = number * 58 + ALPHABET.index(digit)
    zeros = len(digits) - len(digits.lstrip("1"))
    return b"\0" * zeros + number.to_bytes((number.bit_length() + 7) // 8, "big")


def multikey(public: Ed25519PublicKey) -> str:
    """Return a public key as `publicKeyMultibase` holds it."""
    return multibase(ED25519_PUBLIC + public.public_bytes_raw())


def from_multikey(text: str) -> Ed25519PublicKey:
    """Return the public key of a `publicKeyMultibase`.

    Raises:
        ValueError: it is no Ed25519 public key.
    """
    raw = from_multibase(text)
    if not raw.startswith(ED25519_PUBLIC):
        raise ValueError("not an Ed25519 public key")
    return Ed25519PublicKey.from_public_bytes(raw.removeprefix(ED25519_PUBLIC))


def sign(
    document: dict[str, Any], *, key: Ed25519PrivateKey, method: str, created: dt.datetime
) -> dict[str, Any]:
    """Return a document with its proof; the same document, key and time give the same bytes.

    Args:
        document: what is to be signed; it has no proof yet.
        key: the private key.
        method: the address of its public half.
        created: when it is signed.

    Raises:
        LinkedDataError: the document has a term that a signature would not cover.
    """
    options = {
        "type": TYPE,
        "cryptosuite": SUITE,
        "created": created.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "verificationMethod": method,
        "proofPurpose": PURPOSE,
    }
    value = multibase(key.sign(_digest(document, options)))
    return {**document, "proof": {**options, "proofValue": value}}


def proof_of(document: dict[str, Any]) -> dict[str, Any]:
    """Return the one proof of a document.

    Raises:
        MalformedProofError: there is none, or not one of this suite.
    """
    proof = document.get("proof")
    if isinstance(proof, list) and len(proof) == 1:
        proof = proof[0]
    if not isinstance(proof, dict):
        raise MalformedProofError("there is no proof, or more than one")
    expected = {"type": TYPE, "cryptosuite": SUITE, "proofPurpose": PURPOSE}
    for name, value in expected.items():
        if proof.get(name) != value:
            raise MalformedProofError(f"{name} is not {value}")
    if not isinstance(proof.get("verificationMethod"), str):
        raise MalformedProofError("verificationMethod is missing")
    return proof


def proof_holds(document: dict[str, Any], public: Ed25519PublicKey) -> bool:
    """Say whether the document is exactly what the owner of this key has signed.

    Raises:
        MalformedProofError: there is no proof of this suite.
        LinkedDataError: the document has a term that no signature covers.
    """
    proof = proof_of(document)
    unsigned = {name: value for name, value in document.items() if name != "proof"}
    options = {name: value for name, value in proof.items() if name != "proofValue"}
    try:
        signature = from_multibase(proof.get("proofValue", ""))
    except (AttributeError, TypeError, ValueError) as error:
        raise MalformedProofError("proofValue is no signature") from error
    try:
        public.verify(signature, _digest(unsigned, options))
    except InvalidSignature:
        return False
    return True


def _digest(document: dict[str, Any], options: dict[str, Any]) -> bytes:
    """Return what is signed: the digest of the options, then that of the document.

    Raises:
        LinkedDataError: one of them has no canonical form.
    """
    context = document.get("@context")
    if context is None:
        raise LinkedDataError("@context is missing")
    both = ({"@context": context, **options}, document)
    return b"".join(hashlib.sha256(canonical(one)).digest() for one in both)
