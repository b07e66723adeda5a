"""People's names as they may be shown: in every script, but without what hides or reverses text."""

from __future__ import annotations

import unicodedata
from typing import Final

JOINERS: Final = frozenset("\u200c\u200d")
"""Persian and the scripts of India are written with these; they change nothing else."""

HIDDEN: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
"""Control and format characters, such as U+202E, and what is no character at all."""


def plain_name(name: str) -> str:
    """Return a name in one line, with single spaces and nothing that is not written."""
    kept = (
        " " if one.isspace() else one
        for one in unicodedata.normalize("NFC", name)
        if one.isspace() or one in JOINERS or unicodedata.category(one) not in HIDDEN
    )
    return " ".join("".join(kept).split())
