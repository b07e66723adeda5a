"""The Link header (RFC 8288): where the next page of a list is.

Addresses keep their case; relation types have none. A parameter may be quoted or not, and an
address may hold commas and semicolons.
"""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import urljoin

_LINK: Final = re.compile(
    r"""\s*,*\s*<(?P<address>[^>]*)>
    (?P<parameters>(?:\s*;\s*[^\s=;,"]+\s*(?:=\s*(?:"(?:[^"\\]|\\.)*"|[^\s;,"]*))?)*)""",
    re.VERBOSE,
)
_PARAMETER: Final = re.compile(
    r""";\s*(?P<name>[^\s=;,"]+)\s*(?:=\s*(?:"(?P<quoted>(?:[^"\\]|\\.)*)"|(?P<bare>[^\s;,"]*)))?"""
)

MOST_CHARACTERS: Final = 16_384


def next_address(header: str, base: str) -> str | None:
    """Return the address of the next page, absolute; None on the last page.

    Args:
        header: the value; several headers joined by commas.
        base: the address of the page that had it.
    """
    at, header = 0, header[:MOST_CHARACTERS]
    while found := _LINK.match(header, at):
        at = found.end()
        if "next" in _relations(found["parameters"]):
            return str(urljoin(base, found["address"].strip()))
    return None


def _relations(parameters: str) -> list[str]:
    """Return the relation types of a link; of several `rel` parameters the first counts."""
    for one in _PARAMETER.finditer(parameters):
        if one["name"].lower() == "rel":
            value = one["quoted"] if one["quoted"] is not None else one["bare"] or ""
            return re.sub(r"\\(.)", r"\1", value).lower().split()
    return []
