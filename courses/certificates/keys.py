"""The keys that sign certificates: one private key in the environment, public halves in a table.

The site's identity is a `did:web`: its document lists the public keys, so that anybody's software
can verify a certificate without asking for more. A key that was replaced stays listed, since what
it has signed is still good; a retired one is taken out, since some verifiers accept any key that
the document lists, whatever it says of it.
"""

from __future__ import annotations

import base64
import binascii
import re
import secrets
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote, urlsplit

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured, ValidationError
from django.db import transaction
from django.utils import timezone

from courses.certificates.models import SigningKey
from courses.certificates.proofs import multikey

if TYPE_CHECKING:
    from django.core.checks import CheckMessage

SEED_BYTES: Final = 32
SEED: Final = re.compile(r"[A-Za-z0-9_-]{43}=?")
"""32 bytes in base64url, as `secrets.token_urlsafe(32)` writes them."""

DID_CONTEXTS: Final = ["https://www.w3.org/ns/did/v1", "https://w3id.org/security/multikey/v1"]


def new_private_key() -> str:
    """Return a new private key as the environment holds it."""
    return secrets.token_urlsafe(SEED_BYTES)


def private_key(text: str) -> Ed25519PrivateKey:
    """Return the private key that a text holds.

    Raises:
        ValueError: the text is not 32 bytes in base64url.
    """
    if not SEED.fullmatch(text):
        raise ValueError("a key is 32 bytes in base64url, 43 characters")
    try:
        raw = base64.urlsafe_b64decode(text.rstrip("=") + "=")
    except binascii.Error as error:
        raise ValueError("a key is 32 bytes in base64url") from error
    return Ed25519PrivateKey.from_private_bytes(raw)


def check_key(**_options: object) -> list[CheckMessage]:
    """Refuse a site that cannot sign the certificates that it issues: a system check."""
    from django.core.checks import Error  # noqa: PLC0415  # beside its use, as checks are rare

    hint = "Make one: python manage.py certificate_keys make (docs/settings.md)."
    if not settings.CERTIFICATE_KEY:
        return [Error("WHYBOX_CERTIFICATE_KEY is not set.", hint=hint, id="certificates.E001")]
    try:
        private_key(settings.CERTIFICATE_KEY)
    except ValueError as error:
        message = f"WHYBOX_CERTIFICATE_KEY is not a key: {error}."
        return [Error(message, hint=hint, id="certificates.E002")]
    return []


def signing_key() -> tuple[Ed25519PrivateKey, SigningKey]:
    """Return the key that signs, and the record of its public half.

    Raises:
        ImproperlyConfigured: no key is set, it is malformed, or it was retired.
    """
    try:
        private = private_key(settings.CERTIFICATE_KEY)
    except ValueError as error:
        raise ImproperlyConfigured(f"WHYBOX_CERTIFICATE_KEY: {error}") from error
    record = register(private)
    if record.retired_at is not None:
        raise ImproperlyConfigured(f"{record}, set in WHYBOX_CERTIFICATE_KEY, was retired")
    return private, record


def register(private: Ed25519PrivateKey) -> SigningKey:
    """Publish the public half of a key; a second time changes nothing."""
    record, _created = SigningKey.objects.get_or_create(public=multikey(private.public_key()))
    return record


@transaction.atomic
def retire(*, public: str, reason: str) -> SigningKey:
    """Declare that nothing signed with a key is accepted any more, as when it was stolen.

    Certificates lose nothing: what the site serves is signed anew with the key that signs now.

    Raises:
        ValidationError: there is no such key, it signs now, or no reason is given.
    """
    record = SigningKey.objects.select_for_update().filter(public=public).first()
    if record is None:
        raise ValidationError("There is no such key.")
    if multikey(private_key(settings.CERTIFICATE_KEY).public_key()) == public:
        raise ValidationError("This key signs now. Rotate first and restart the site.")
    if not reason.strip():
        raise ValidationError("Give a reason.")
    if record.retired_at is None:
        record.retired_at = timezone.now()
        record.retired_reason = reason.strip()[:300]
        record.save(update_fields=["retired_at", "retired_reason"])
    return record


def site_did() -> str:
    """Return the identity of this site, such as ``did:web:example.org``."""
    parts = urlsplit(settings.SITE_URL)
    path = [quote(step, safe="") for step in parts.path.split("/") if step]
    return ":".join(["did:web", quote(parts.netloc, safe=""), *path])


def method_of(public: str) -> str:
    """Return the address of a public key, as proofs name it."""
    return f"{site_did()}#{public}"


def did_document() -> dict[str, Any]:
    """Return the document that says which keys speak for this site; the one that signs is first.

    Some verifiers that are given no key take the first.
    """
    signs = signing_key()[1].public
    did = site_did()
    others = SigningKey.objects.filter(retired_at=None).exclude(public=signs)
    accepted = [signs, *others.order_by("-pk").values_list("public", flat=True)]
    methods = [
        {
            "id": method_of(public),
            "type": "Multikey",
            "controller": did,
            "publicKeyMultibase": public,
        }
        for public in accepted
    ]
    return {
        "@context": DID_CONTEXTS,
        "id": did,
        "alsoKnownAs": [settings.SITE_URL],
        "verificationMethod": methods,
        "assertionMethod": [method["id"] for method in methods],
    }
