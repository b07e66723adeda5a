"""Where two credentials differ, in words: what somebody has altered, or what changed since."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from django.utils import formats
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

if TYPE_CHECKING:
    from django.utils.functional import Promise

SHOWN_CHARACTERS: Final = 300

LABELS: Final[dict[str, Promise]] = {
    "id": gettext_lazy("Certificate ID"),
    "name": gettext_lazy("Course"),
    "issuer": gettext_lazy("Issued by"),
    "validFrom": gettext_lazy("Issued on"),
    "awardedDate": gettext_lazy("Issued on"),
    "validUntil": gettext_lazy("Valid until"),
    "credentialStatus": gettext_lazy("Place in the list of revoked certificates"),
    "credentialSubject/identifier/name": gettext_lazy("Name"),
    "credentialSubject/identifier/emailAddress": gettext_lazy("Email address (hash)"),
    "credentialSubject/achievement/name": gettext_lazy("Course"),
    "credentialSubject/achievement/version": gettext_lazy("Course version"),
    "credentialSubject/achievement/description": gettext_lazy("Summary"),
    "credentialSubject/achievement/criteria": gettext_lazy("What was passed"),
    "credentialSubject/achievement/tag": gettext_lazy("Skills"),
}
"""Beginning of a path -> the words for it; the longest that fits counts."""


DATES: Final = frozenset({"validFrom", "awardedDate", "validUntil"})


@dataclass(frozen=True)
class Difference:
    """A place where two credentials differ.

    Attributes:
        record: as the site's record says it; empty where it says nothing.
        file: as the file says it; empty where it says nothing.
    """

    label: str
    record: str
    file: str


def differences(record: dict[str, Any], file: dict[str, Any]) -> list[Difference]:
    """Return each place where a file's credential differs from the record, proofs aside."""
    left, right = _flat(record), _flat(file)
    return [
        Difference(_label(path), *_words(path, left.get(path, ""), right.get(path, "")))
        for path in [*left, *(one for one in right if one not in left)]
        if left.get(path, "") != right.get(path, "")
    ]


def _words(path: str, record: str, file: str) -> tuple[str, str]:
    """Return both values as people write them; dates in words, unless they fall on one day."""
    if path not in DATES:
        return record, file
    left, right = _day(record), _day(file)
    return (left, right) if left != right else (record, file)


def _day(text: str) -> str:
    try:
        moment = dt.datetime.fromisoformat(text)
    except ValueError:
        return text
    return formats.date_format(moment.astimezone(dt.UTC), "j F Y") if moment.tzinfo else text


def _label(path: str) -> str:
    fits = [beginning for beginning in LABELS if f"{path}/".startswith(f"{beginning}/")]
    if fits:
        return str(LABELS[max(fits, key=len)])
    return _("Other data (%(path)s)") % {"path": path[:80]}


def _flat(credential: dict[str, Any]) -> dict[str, str]:
    found: dict[str, str] = {}
    waiting: list[tuple[str, Any]] = [
        (name, value) for name, value in credential.items() if name not in {"proof", "@context"}
    ]
    while waiting:
        path, value = waiting.pop(0)
        if isinstance(value, dict):
            waiting += [(f"{path}/{name}", member) for name, member in value.items()]
        elif isinstance(value, list):
            waiting += [(f"{path}/{_place(one, at)}", one) for at, one in enumerate(value)]
        else:
            found[path] = str(value)[:SHOWN_CHARACTERS]
    return found


def _place(value: Any, at: int) -> str:
    """Return what tells one member of a list from the others: its kind, or its place."""
    kind = value.get("identityType") if isinstance(value, dict) else None
    return str(kind or at)
