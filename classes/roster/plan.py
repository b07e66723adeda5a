"""What a roster file would do, before anything is written."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.translation import gettext as _

from classes.models import Member, Role
from classes.roster.reading import FileRefused, Table

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

COLUMNS: Final[dict[str, tuple[str, ...]]] = {
    "email": ("email", "emailaddress", "mail", "sisloginid", "loginid", "adresseemail", "courriel"),
    "name": ("name", "fullname", "student", "studentname", "displayname", "nom", "nomcomplet"),
    "first": ("firstname", "givenname", "prenom", "prénom"),
    "last": ("lastname", "surname", "familyname", "nomdefamille"),
    "number": (
        "number",
        "studentnumber",
        "idnumber",
        "studentid",
        "sisuserid",
        "matriculation",
        "numero",
        "numéro",
    ),
    "section": ("section", "sections", "group", "groups", "groupe"),
    "role": ("role", "rôle"),
}
"""What each column may be called, in lower case without spaces and marks."""

LIMITS: Final = {"name": 200, "number": 80, "section": 80}
ROLES: Final = {
    **{str(role): str(role) for role in Role},
    "student": Role.LEARNER,
    "ta": Role.ASSISTANT,
    "teachingassistant": Role.ASSISTANT,
    "teststudent": Role.TEST,
}


@dataclass(frozen=True)
class Line:
    """One person as the file has it; only the columns that the file has."""

    line: int
    email: str
    facts: dict[str, str]


@dataclass(frozen=True)
class Change:
    """A member whom the file would change.

    Attributes:
        fields: field -> [old, new].
        returning: left before, and comes back.
    """

    line: int
    member: Member
    fields: dict[str, list[str]]
    returning: bool = False


@dataclass(frozen=True)
class Refusal:
    """A line that is not taken, and why."""

    line: int
    text: str
    reason: str


@dataclass
class Plan:
    """The difference that a file would make."""

    added: list[Line] = field(default_factory=list)
    changed: list[Change] = field(default_factory=list)
    unchanged: int = 0
    refused: list[Refusal] = field(default_factory=list)
    leaving: list[Member] = field(default_factory=list)

    @property
    def writes(self) -> int:
        """Return how many members would be written."""
        return len(self.added) + len(self.changed) + len(self.leaving)

    @property
    def digest(self) -> str:
        """Return what tells this difference from another one."""
        facts = [
            [[line.email, line.facts] for line in self.added],
            [[str(one.member.pk), one.fields, one.returning] for one in self.changed],
            sorted(str(member.pk) for member in self.leaving),
        ]
        return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()


def columns_in(table: Table, wanted: dict[str, tuple[str, ...]] = COLUMNS) -> dict[str, int]:
    """Return where each known column stands.

    Raises:
        FileRefused: there is no column of addresses, or one column stands there twice.
    """
    found: dict[str, int] = {}
    for at, title in enumerate(table.header):
        key = re.sub(r"[^a-zà-ÿ]", "", title.lower())
        for name, aliases in wanted.items():
            if key in aliases:
                if name in found:
                    raise FileRefused(
                        _("Two columns could be the %(name)s: “%(one)s” and “%(other)s”.")
                        % {"name": name, "one": table.header[found[name]], "other": title}
                    )
                found[name] = at
    if "email" not in found:
        raise FileRefused(
            _(
                "No column of email addresses was found. The first line must name the columns; "
                "this one says: %(header)s."
            )
            % {"header": ", ".join(f"“{title[:40]}”" for title in table.header[:10]) or "-"}
        )
    return found


def rows_of(table: Table, wanted: dict[str, tuple[str, ...]] = COLUMNS) -> list[list[Any]]:
    """Return the known columns of each row as plain data: [line, {column: text}, formula?]."""
    found = columns_in(table, wanted)
    return [
        [
            line,
            {name: cells[at].text for name, at in found.items()},
            next((name for name, at in found.items() if cells[at].formula), ""),
        ]
        for line, cells in table.rows
    ]


def plan(
    rows: Sequence[Sequence[Any]], members: Iterable[Member], *, drop_absent: bool = False
) -> Plan:
    """Compare rows with the roster: no query.

    Args:
        rows: from `rows_of`.
        members: everybody who is or was in the class.
        drop_absent: learners whom the file does not name would leave.
    """
    found = Plan()
    known = {member.email.lower(): member for member in members}
    seen: dict[str, int] = {}
    for line, cells, formula in rows:
        try:
            one = _person(line, cells, formula, seen)
        except ValueError as error:
            found.refused.append(Refusal(line, cells.get("email", "")[:80], str(error)))
            continue
        seen[one.email] = line
        member = known.get(one.email)
        if member is None:
            found.added.append(one)
        elif member.role == Role.INSTRUCTOR and one.facts.get("role", member.role) != member.role:
            reason = _("An instructor's role is changed on the roster page only.")
            found.refused.append(Refusal(line, one.email, reason))
        else:
            _compare(found, one, member)
    if drop_absent:
        # Who stands in a line that is refused is not absent.
        named = {cells.get("email", "").lower() for _line, cells, _formula in rows}
        found.leaving = [
            member
            for email, member in known.items()
            if email not in named and member.role == Role.LEARNER and member.left_at is None
        ]
    return found


def _compare(found: Plan, one: Line, member: Member) -> None:
    changes = {
        name: [getattr(member, name), value]
        for name, value in one.facts.items()
        if value and getattr(member, name) != value
    }
    returning = member.left_at is not None
    if changes or returning:
        found.changed.append(Change(one.line, member, changes, returning))
    else:
        found.unchanged += 1


def _person(line: int, cells: dict[str, str], formula: str, seen: dict[str, int]) -> Line:
    """Return a row as a person.

    Raises:
        ValueError: it is none, for the reason that the text gives.
    """
    if formula:
        raise ValueError(
            _("The column “%(name)s” holds a formula. Save the values instead.") % {"name": formula}
        )
    email = cells.get("email", "").lower()
    try:
        validate_email(email)
    except ValidationError as error:
        raise ValueError(
            _("There is no email address.") if not email else _("This is no email address.")
        ) from error
    if email in seen:
        raise ValueError(_("The same address as in line %(line)s.") % {"line": seen[email]})
    names: tuple[str, ...] = ("name", "number", "section")
    facts = {name: cells[name] for name in names if name in cells}
    if "first" in cells or "last" in cells:
        both = f"{cells.get('first', '')} {cells.get('last', '')}".strip()
        facts["name"] = facts.get("name") or both
    for name, limit in LIMITS.items():
        if len(facts.get(name, "")) > limit:
            raise ValueError(
                _("The %(name)s is longer than %(limit)s characters.")
                % {"name": name, "limit": limit}
            )
    if role := re.sub(r"[^a-z]", "", cells.get("role", "").lower()):
        if role not in ROLES:
            raise ValueError(_("“%(role)s” is no role.") % {"role": cells["role"]})
        if ROLES[role] == Role.INSTRUCTOR:
            raise ValueError(_("Instructors are named on the roster page, not by a file."))
        facts["role"] = str(ROLES[role])
    return Line(line, email, facts)
