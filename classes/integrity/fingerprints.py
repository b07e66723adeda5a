"""Fingerprints of code by winnowing; nothing here reads a database.

Source: Schleimer, Wilkerson and Aiken, *Winnowing: Local Algorithms for Document Fingerprinting*
(SIGMOD 2003). Any run of `GUARANTEED` tokens that two texts share gives them a common fingerprint;
a shared run shorter than `NOISE` tokens never does.
"""

from __future__ import annotations

import builtins
import hashlib
import json
import keyword
import re
from typing import TYPE_CHECKING, Final, TypeVar

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

Key = TypeVar("Key")

NOISE: Final = 12
"""Tokens of one hash."""
WINDOW: Final = 6
GUARANTEED: Final = NOISE + WINDOW - 1
MAX_CHARACTERS: Final = 64 * 1024
"""Of code that is looked at; nobody writes more by hand, and no text makes this slow."""
MAX_CELLS: Final = 1000

# A string without its end reaches to the end of the line or of the text, so that no text is
# read twice.
_STRING: Final = (
    r"[rbfuRBFU]{0,2}(?:"
    r"\"\"\"(?:.*?\"\"\"|.*)|'''(?:.*?'''|.*)"
    r"|\"(?:\\.|[^\"\\\n])*\"?|'(?:\\.|[^'\\\n])*'?)"
)
_TOKEN: Final = re.compile(
    rf"(?P<comment>\#[^\n]*)|(?P<string>{_STRING})|(?P<number>\d[\w.]*)"
    r"|(?P<name>[^\W\d]\w*)|(?P<sign>[^\s\w])",
    re.DOTALL,
)
_KEPT: Final = frozenset(keyword.kwlist) | frozenset(dir(builtins))


def code_of(notebook: bytes) -> str:
    """Return the code of a notebook's code cells, at most `MAX_CHARACTERS` of it.

    Args:
        notebook: nbformat 4, as it was accepted; anything else has no code.
    """
    try:
        cells = json.loads(notebook)["cells"][:MAX_CELLS]
        sources = [cell["source"] for cell in cells if cell["cell_type"] == "code"]
        texts = ["".join(source) for source in sources]
    except (ValueError, KeyError, TypeError, RecursionError):
        return ""
    return "\n".join(texts)[:MAX_CHARACTERS]


def tokens(code: str) -> list[str]:
    """Return code as tokens that renaming, comments, strings' and numbers' values do not change.

    Names after a dot, keywords and builtins stay, since they say what is called; every other name
    is one token, as is every string and every number.
    """
    found: list[str] = []
    for match in _TOKEN.finditer(code):
        kind, text = match.lastgroup, match.group()
        if kind == "comment":
            continue
        if kind == "name" and text not in _KEPT and not (found and found[-1] == "."):
            text = "name"
        found.append(text if kind in {"name", "sign"} else str(kind))
    return found


def fingerprints(code: str) -> frozenset[int]:
    """Return the fingerprints of code."""
    stream = tokens(code)
    hashes = [_hash(stream[at : at + NOISE]) for at in range(len(stream) - NOISE + 1)]
    windows = max(1, len(hashes) - WINDOW + 1) if hashes else 0
    return frozenset(min(hashes[at : at + WINDOW]) for at in range(windows))


def _hash(run: Sequence[str]) -> int:
    digest = hashlib.blake2b("\0".join(run).encode(), digest_size=7).digest()
    return int.from_bytes(digest)


def rare(
    prints: Mapping[Key, frozenset[int]], known: Iterable[int], most: int
) -> dict[Key, frozenset[int]]:
    """Return fingerprints without those of the starter and those that many share.

    Args:
        prints: by whatever tells the texts apart.
        known: of what everybody was given.
        most: in more texts than this a fingerprint is how the task is done, and tells nothing.
    """
    counts: dict[int, int] = {}
    for own in prints.values():
        for one in own:
            counts[one] = counts.get(one, 0) + 1
    common = {one for one, number in counts.items() if number > most} | set(known)
    return {key: own - common for key, own in prints.items()}
