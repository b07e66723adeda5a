"""Linked data of a credential: the contexts pinned on disk, and the canonical form that is signed.

No address is ever fetched. PyLD drops a term that the contexts do not define, so that it would be
shown but not signed: here such a document has no canonical form.
"""

from __future__ import annotations

import hashlib
import json
import threading
from functools import cache
from pathlib import Path
from typing import Any, Final

from pyld import jsonld

FOLDER: Final = Path(__file__).resolve().parent / "contexts"

CREDENTIALS: Final = "https://www.w3.org/ns/credentials/v2"
OPEN_BADGES: Final = "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json"
PINNED: Final = {
    CREDENTIALS: (
        "credentials-v2.json",
        "59955ced6697d61e03f2b2556febe5308ab16842846f5b586d7f1f7adec92734",
    ),
    OPEN_BADGES: (
        "ob-v3p0-context-3.0.3.json",
        "3d34f4d4ef1bce691106e63798beb5e7b862ba841423f5ee1e53ab7ddf3bca84",
    ),
}
"""Address of a context -> its file and the file's SHA-256."""

UNDEFINED: Final = "https://undefined.invalid/"
"""The base of relative addresses: a type that no context defines would begin with it."""

_lock: Final = threading.Lock()
"""PyLD's cache of contexts is shared by all threads and guarded by none."""


class LinkedDataError(Exception):
    """The document has no canonical form that everybody would agree on."""


class UnknownContextError(LinkedDataError):
    """The document names a context that is not pinned."""


class UndefinedTermError(LinkedDataError):
    """The document has a term that its contexts do not define; a signature would not cover it."""


@cache
def context(address: str) -> dict[str, Any]:
    """Return a pinned context.

    Raises:
        UnknownContextError: no such context is pinned, or its file was changed.
    """
    if address not in PINNED:
        raise UnknownContextError(address)
    name, digest = PINNED[address]
    text = (FOLDER / name).read_bytes()
    if hashlib.sha256(text).hexdigest() != digest:
        raise UnknownContextError(f"{name} is not the file that was pinned")
    found: dict[str, Any] = json.loads(text)
    return found


def canonical(document: dict[str, Any]) -> bytes:
    """Return a document's N-Quads by RDFC-1.0, which do not depend on the order of its keys.

    Raises:
        LinkedDataError: a context is unknown, a term is undefined, or the JSON-LD is malformed.
    """
    dropped: list[str] = []
    try:
        with _lock:
            options = {"documentLoader": _pinned_document, "base": UNDEFINED}
            expanded = jsonld.expand(document, options, on_property_dropped=dropped.append)
            if dropped:
                raise UndefinedTermError(", ".join(map(str, dropped)))
            quads: str = jsonld.normalize(
                expanded,
                {**options, "algorithm": "URDNA2015", "format": "application/n-quads"},
            )
    except (jsonld.JsonLdError, TypeError, ValueError, AttributeError, KeyError) as error:
        cause: BaseException | None = error
        while cause is not None:
            if isinstance(cause, LinkedDataError):
                raise cause from None
            cause = cause.__cause__ or getattr(cause, "cause", None)
        raise LinkedDataError(str(error)[:200]) from error
    if f"<{UNDEFINED}" in quads:
        raise UndefinedTermError("a type or an address is not defined")
    return quads.encode()


def _pinned_document(address: str, _options: object = None) -> dict[str, Any]:
    return {
        "contentType": "application/ld+json",
        "contextUrl": None,
        "documentUrl": address,
        "document": context(address),
    }
