"""The parts of a lesson: level-2 headings of any name and order, and the roles they fill."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

    from markdown_it.token import Token

ROLES: Final = (
    "why-it-matters",
    "intuition",
    "method",
    "code",
    "how-one-is-misled",
    "check-yourself",
)
"""What the parts of a lesson are for; a part's first role is its anchor in every language."""
REQUIRED_ROLES: Final = ("why-it-matters", "method", "how-one-is-misled", "check-yourself")
LEAST_PARTS: Final = 3
_BY_TITLE: Final = {role.replace("-", " ").capitalize(): role for role in ROLES}
ROLE_MARK: Final = re.compile(r"\s*\{([a-z -]+)\}\s*$")
"""What an author writes at the end of a heading: its roles in braces."""


def take_marks(tokens: Sequence[Token], language: str) -> list[tuple[Token, list[str]]]:
    """Take the marks of roles out of a lesson's headings.

    Returns:
        Each level-2 heading with its roles, known and unknown. In a translation without any
        mark and as many headings as there are roles, they are taken in order.
    """
    found: list[tuple[Token, list[str]]] = []
    is_marked = False
    for token, inline in pairwise(tokens):
        if token.type != "heading_open" or token.tag != "h2":
            continue
        children = inline.children or []
        last = children[-1] if children and children[-1].type == "text" else None
        mark = ROLE_MARK.search(last.content) if last is not None else None
        if last is not None and mark is not None:
            last.content = last.content[: mark.start()]
            inline.content = ROLE_MARK.sub("", inline.content)
            found.append((token, mark[1].split()))
            is_marked = True
        else:
            role = _BY_TITLE.get(inline.content.strip())
            found.append((token, [role] if role else []))
    if language != "en" and len(found) == len(ROLES) and not is_marked:
        return [(token, [role]) for (token, _), role in zip(found, ROLES, strict=True)]
    return found


def part_problems(parts: Sequence[tuple[Token, list[str]]]) -> list[str]:
    """Return what a lesson with these headings and roles lacks."""
    found = []
    every = [role for _, roles in parts for role in roles]
    if len(parts) < LEAST_PARTS:
        found.append(
            f"A lesson has at least {LEAST_PARTS} parts (level-2 headings); found {len(parts)}."
        )
    if unknown := sorted(set(every) - set(ROLES)):
        known = ", ".join(ROLES)
        found.append(f"There is no role {', '.join(unknown)}; the roles of parts are {known}.")
    missing = [role for role in REQUIRED_ROLES if role not in every]
    if missing:
        marks = ", ".join(f"{{{role}}}" for role in missing)
        found.append(f"No part has the role {marks}: mark a level-2 heading with it at its end.")
    found.extend(f"Two parts have the role {{{role}}}." for role in ROLES if every.count(role) > 1)
    return found
