"""The tool's key pairs: made, encrypted, published, used for signing, rotated.

Private keys lie in the database, encrypted (Fernet) with a key that follows from
`WHYBOX_SECRET_KEY`: a copy of the database alone signs nothing. Each key is published for
`OVERLAP` before it signs, and for `OVERLAP` after its successor does, so that a platform that
caches the set always knows the key of a message.
"""

from __future__ import annotations

import base64
import json
import secrets
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

import jwt
from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.db import transaction

from classes.lti.models import ToolKey
from courses.database import database_now

if TYPE_CHECKING:
    from datetime import datetime

ALGORITHM: Final = "RS256"
KEY_BITS: Final = 2048
OVERLAP: Final = timedelta(hours=24)
"""Platforms keep a key set for hours at most."""

MESSAGE_SECONDS: Final = 60
"""How long a message of ours is valid."""


def sign(claims: dict[str, Any], *, seconds: int = MESSAGE_SECONDS) -> str:
    """Return a signed message with issue time, expiry and an id of its own.

    The times are the database's: platforms refuse what a host with a wrong clock would date.
    """
    kid, private = _signing_key()
    now = int(database_now().timestamp())
    times = {"iat": now, "exp": now + seconds, "jti": new_nonce()}
    return jwt.encode({**times, **claims}, private, ALGORITHM, {"kid": kid})


def new_nonce() -> str:
    """Return a value that no other message of ours has."""
    return secrets.token_urlsafe(24)


def published() -> dict[str, list[dict[str, Any]]]:
    """Return the JSON Web Key Set for platforms."""
    if not ToolKey.objects.exists():
        _signing_key()
    keys = []
    for key in _current(database_now()):
        private = _open(key)
        if private is not None:
            facts = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(private.public_key()))
            facts.pop("key_ops", None)
            keys.append({**facts, "kid": key.kid, "alg": ALGORITHM, "use": "sig"})
    return {"keys": keys}


@transaction.atomic
def rotate(*, now: datetime | None = None) -> ToolKey:
    """Publish a new key, which signs after the overlap, and forget keys that nobody needs.

    Args:
        now: the database's time; a later one does what would be done then.
    """
    now = now or database_now()
    current = _current(now)
    ToolKey.objects.exclude(pk__in=[key.pk for key in current]).delete()
    return _create(signs_from=now + OVERLAP if current else now)


def _current(now: datetime) -> list[ToolKey]:
    """Return the keys to publish: those to come, the one that signs, and those just replaced."""
    shown = []
    for key in ToolKey.objects.order_by("-signs_from", "-pk"):
        shown.append(key)
        if key.signs_from <= now - OVERLAP:
            break  # whatever is older was replaced before the overlap began
    return shown


def _signing_key() -> tuple[str, rsa.RSAPrivateKey]:
    now = database_now()
    for key in ToolKey.objects.filter(signs_from__lte=now).order_by("-signs_from", "-pk"):
        private = _open(key)
        if private is not None:
            return key.kid, private
    # The first key of a site, or its secret key has changed: nothing can sign any more.
    key = _create(signs_from=now)
    private = _open(key)
    if private is None:
        raise AssertionError("a key that was just encrypted can be decrypted")
    return key.kid, private


def _create(*, signs_from: datetime) -> ToolKey:
    private = rsa.generate_private_key(public_exponent=65_537, key_size=KEY_BITS)
    pem = private.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    return ToolKey.objects.create(
        kid=secrets.token_hex(10), private_key=_cipher().encrypt(pem), signs_from=signs_from
    )


def _open(key: ToolKey) -> rsa.RSAPrivateKey | None:
    """Return a private key; None when the site's secret key is another one now."""
    try:
        pem = _cipher().decrypt(bytes(key.private_key))
    except InvalidToken:
        return None
    private = serialization.load_pem_private_key(pem, password=None)
    return private if isinstance(private, rsa.RSAPrivateKey) else None


def _cipher() -> MultiFernet:
    return MultiFernet(
        [_fernet(secret) for secret in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)]
    )


def _fernet(secret: str | bytes) -> Fernet:
    raw = secret if isinstance(secret, bytes) else secret.encode()
    derived = HKDF(hashes.SHA256(), 32, salt=None, info=b"whybox lti tool keys").derive(raw)
    return Fernet(base64.urlsafe_b64encode(derived))
