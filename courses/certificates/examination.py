"""A process that examines one file: ``python -m courses.certificates.examination``.

It finds the credential in the file and checks its signature; whether the certificate still holds,
it does not know. The file is a stranger's: the process has limits of time and memory, and when it
dies, one file is not examined.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import threading
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from courses.certificates.baking import Unreadable, UnreadableError, credential_text, kind_of
from courses.certificates.linked_data import (
    CREDENTIALS,
    OPEN_BADGES,
    LinkedDataError,
    UndefinedTermError,
)
from courses.certificates.proofs import (
    MalformedProofError,
    from_multikey,
    proof_holds,
    proof_of,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

MOST_BYTES: Final = 2_000_000
"""Of a file; a certificate's PDF has a tenth of it."""

SECONDS: Final = 20
WAIT_SECONDS: Final = 3
"""How long a request waits for its turn: a crowd must not hold every thread of the site."""

CPU_SECONDS: Final = 5
MEMORY_BYTES: Final = 1 << 30
MOST_VALUES: Final = 1000
"""Objects, lists and members of a credential; ours has about sixty."""

MOST_DEPTH: Final = 12

_turns: Final = threading.BoundedSemaphore(2)
"""However many people ask, a web process has two files examined at a time."""


class Outcome(StrEnum):
    """What the signature says."""

    SIGNED = "signed"
    UNREADABLE = "unreadable"
    TOO_COSTLY = "too_costly"
    BUSY = "busy"
    NOT_JSON = "not_json"
    NO_CREDENTIAL = "no_credential"
    OTHER_CONTEXT = "other_context"
    OTHER_ISSUER = "other_issuer"
    UNDEFINED_TERM = "undefined_term"
    NO_PROOF = "no_proof"
    OTHER_KEY = "other_key"
    BROKEN = "broken"


@dataclass(frozen=True)
class Examination:
    """What one file turned out to be.

    Attributes:
        reason: of an unreadable file: why.
        detail: what the outcome is about, such as the term that no context defines.
        kind: pdf, png, svg or json; empty for anything else.
        credential: as the file says it, whether or not it is true.
    """

    outcome: Outcome
    reason: Unreadable | None = None
    detail: str = ""
    kind: str = ""
    credential: dict[str, Any] | None = None


def examine(data: bytes, *, issuer: str, keys: Mapping[str, str]) -> Examination:
    """Examine a file in a process of its own.

    Args:
        data: the file.
        issuer: the identity whose certificates are looked for.
        keys: address of each of the issuer's keys -> the key.
    """
    order = json.dumps({"issuer": issuer, "keys": dict(keys)}).encode() + b"\n"
    if len(data) > MOST_BYTES:
        return Examination(Outcome.TOO_COSTLY)
    if not _turns.acquire(timeout=WAIT_SECONDS):
        return Examination(Outcome.BUSY)
    try:
        done = subprocess.run(
            [sys.executable, "-m", "courses.certificates.examination"],
            cwd=Path(__file__).resolve().parents[2],
            input=order + data,
            capture_output=True,
            check=True,
            timeout=SECONDS,
        )
        found = json.loads(done.stdout)
    except (subprocess.SubprocessError, ValueError):
        return Examination(Outcome.TOO_COSTLY)
    finally:
        _turns.release()
    reason = found.pop("reason")
    return Examination(
        outcome=Outcome(found.pop("outcome")),
        reason=Unreadable(reason) if reason else None,
        **found,
    )


def examined(data: bytes, *, issuer: str, keys: Mapping[str, str]) -> Examination:
    """Examine a file in this process."""
    kind = ""
    try:
        kind = kind_of(data).value
        text = credential_text(data, kind_of(data))
    except UnreadableError as error:
        return Examination(Outcome.UNREADABLE, reason=error.reason, kind=kind)
    try:
        credential = json.loads(text, object_pairs_hook=_once, parse_constant=_no_number)
    except (ValueError, RecursionError):
        cut = not text.rstrip().endswith("}")
        reason = Unreadable.CUT_OFF if cut else None
        return Examination(Outcome.NOT_JSON, reason=reason, kind=kind)
    if not _is_small(credential):
        return Examination(Outcome.TOO_COSTLY, kind=kind)
    if not isinstance(credential, dict):
        return Examination(Outcome.NO_CREDENTIAL, kind=kind)
    outcome, detail = _signature(credential, issuer, keys)
    return Examination(outcome, detail=detail[:200], kind=kind, credential=credential)


def _signature(
    credential: dict[str, Any], issuer: str, keys: Mapping[str, str]
) -> tuple[Outcome, str]:
    claim = _claim(credential, issuer)
    if claim is not None:
        return claim
    try:
        method = proof_of(credential)["verificationMethod"]
        if method not in keys:
            return Outcome.OTHER_KEY, method
        holds = proof_holds(credential, from_multikey(keys[method]))
    except UndefinedTermError as error:
        return Outcome.UNDEFINED_TERM, str(error)
    except MalformedProofError as error:
        return Outcome.NO_PROOF, str(error)
    except LinkedDataError as error:
        return Outcome.BROKEN, str(error)
    return (Outcome.SIGNED, method) if holds else (Outcome.BROKEN, "")


def _claim(credential: dict[str, Any], issuer: str) -> tuple[Outcome, str] | None:
    """Return why a document is no certificate of this issuer; None when it says that it is one."""
    types = credential.get("type")
    if not isinstance(types, list) or "OpenBadgeCredential" not in types:
        return Outcome.NO_CREDENTIAL, ""
    if credential.get("@context") != [CREDENTIALS, OPEN_BADGES]:
        return Outcome.OTHER_CONTEXT, ""
    named = credential.get("issuer")
    name = named.get("id") if isinstance(named, dict) else named
    if name != issuer:
        return Outcome.OTHER_ISSUER, str(name)
    return None


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return an object's members; a name that stands twice could be read in two ways."""
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name stands twice")
    return found


def _no_number(text: str) -> float:
    raise ValueError(text)


def _is_small(value: Any) -> bool:
    """Say whether a document is of the size of a certificate; canonical forms can cost much."""
    left = MOST_VALUES
    waiting = [(value, 0)]
    while waiting:
        one, depth = waiting.pop()
        left -= 1
        if left < 0 or depth > MOST_DEPTH:
            return False
        if isinstance(one, dict):
            waiting += [(member, depth + 1) for member in one.values()]
        elif isinstance(one, list):
            waiting += [(member, depth + 1) for member in one]
    return True


def main() -> None:
    """Read an order in one line and a file after it; write the examination."""
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    order = json.loads(sys.stdin.buffer.readline())
    found = examined(sys.stdin.buffer.read(MOST_BYTES + 1), **order)
    sys.stdout.write(json.dumps(asdict(found)))


if __name__ == "__main__":
    main()
