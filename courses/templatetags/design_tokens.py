"""The tokens of the design as the style guide shows them, read from the style sheet itself."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from django import template

register = template.Library()

FILE: Final = Path(__file__).parents[2] / "config" / "static" / "css" / "tokens.css"
_LINE: Final = re.compile(
    r"^\s*(?:/\* (?P<group>.+?) \*/|--(?P<name>[\w-]+): (?P<value>[^;]+);)", re.MULTILINE
)
_PAIR: Final = re.compile(r"light-dark\((#\w+), (#\w+)\)")


@dataclass(frozen=True)
class Token:
    """A value that has a name.

    Attributes:
        kind: ``colour``, ``size`` (of type), ``space``, or ``other``.
    """

    name: str
    value: str

    @property
    def kind(self) -> str:
        """Return how it can be shown."""
        if _PAIR.fullmatch(self.value):
            return "colour"
        for prefix, kind in (("text-", "size"), ("space-", "space")):
            if self.name.startswith(prefix):
                return kind
        return "other"

    @property
    def pair(self) -> tuple[str, ...]:
        """Return a colour's values in the light and the dark theme."""
        found = _PAIR.fullmatch(self.value)
        return found.groups() if found else ()


@dataclass(frozen=True)
class Group:
    """Tokens under one heading."""

    title: str
    tokens: list[Token] = field(default_factory=list)


@register.simple_tag
def design_tokens() -> list[Group]:
    """Return all tokens of the site, in the order and under the headings of tokens.css."""
    text = FILE.read_text(encoding="utf-8")
    groups: list[Group] = []
    for found in _LINE.finditer(text[text.index(":root {") :]):
        if found["group"]:
            groups.append(Group(found["group"]))
        elif groups:
            groups[-1].tokens.append(Token(found["name"], " ".join(found["value"].split())))
    return groups
