"""What the lessons say of the law, dated: `content/law.yaml`, and the table in the lesson.

Law changes while a lesson stands. Each statement says when it was last looked up and what was
read then. After a year `make check` reminds of it; after two years it fails, so that a date alone
never stops the work of somebody who has come for something else.
"""

from __future__ import annotations

import re
from datetime import date
from typing import TYPE_CHECKING, Any, Final

from courses.authoring.files import Document, parse_yaml, read_text, schema_problems
from courses.markup.problems import InvalidContentError, Problem

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from courses.authoring.shapes import Schema

FILE: Final = "law.yaml"
REMIND_AFTER_DAYS: Final = 365
FAIL_AFTER_DAYS: Final = 2 * 365

READ: Final = {
    "wording": "the wording",
    "account": "what others say of it",
    "nothing": "not checked again",
}
"""What was read at the last look, as the table says it."""

_TEXT: Final[Schema] = {"type": "string", "minLength": 1}
_STATEMENT: Final[Schema] = {
    "type": "object",
    "properties": {
        "id": {"type": "string", "pattern": "^[a-z0-9]+(-[a-z0-9]+)*$"},
        "law": _TEXT,
        "says": _TEXT,
        "source": {"type": "string", "pattern": r"^https://\S+$"},
        "as_of": {"type": "string", "pattern": r"^\d{4}-\d{2}-\d{2}$"},
        "read": {"enum": list(READ)},
        "note": _TEXT,
    },
    "required": ["id", "law", "says", "source", "as_of", "read"],
    "additionalProperties": False,
}
_LAW: Final[Schema] = {
    "type": "object",
    "properties": {
        "lesson": {"type": "string", "pattern": "^[a-z0-9-]+/[0-9]{2}-[a-z0-9-]+$"},
        "statements": {"type": "array", "items": _STATEMENT, "minItems": 1},
    },
    "required": ["lesson", "statements"],
    "additionalProperties": False,
}
_HEAD: Final = "| Law | What it says | Looked up | Read |\n|---|---|---|---|\n"
_TABLE: Final = re.compile(re.escape(_HEAD) + r"(?:\|.*\n)*")


def read_law(root: Path) -> Document | None:
    """Return the statements; None when the content folder has none.

    Raises:
        InvalidContentError: the file is wrong.
    """
    path = root / FILE
    if not path.exists():
        return None
    name = f"{root.name}/{FILE}"
    document = parse_yaml(read_text(path, name), name)
    found = schema_problems(document, _LAW) or list(_wrong_entries(document))
    if found:
        raise InvalidContentError(found)
    return document


def law_problems(root: Path, law: Document, today: date) -> list[Problem]:
    """Return statements not looked at for two years, and a table that says something else."""
    found = [
        law.problem(
            ("statements", at, "as_of"),
            f"{statement['id']}: last looked up on {statement['as_of']}, more than two years ago. "
            "Read the source again, correct the statement and the lesson, and date it anew.",
        )
        for at, statement in _older(law, today, FAIL_AFTER_DAYS)
    ]
    lesson = _lesson(root, law)
    if not lesson.exists():
        found.append(law.problem(("lesson",), f"There is no lesson {law.value['lesson']!r}."))
    elif law_table(law) not in lesson.read_text(encoding="utf-8"):
        reason = "The table in the lesson is stale: run `manage.py check_content --write`."
        found.append(law.problem(("lesson",), reason))
    return found


def law_reminders(law: Document, today: date) -> list[Problem]:
    """Return statements that were last looked up more than a year ago, and not yet two."""
    return [
        law.problem(
            ("statements", at, "as_of"),
            f"{statement['id']}: last looked up on {statement['as_of']}. Please look at "
            f"{statement['source']} again; this becomes an error after two years.",
        )
        for at, statement in _older(law, today, REMIND_AFTER_DAYS)
        if (today - _day(statement)).days <= FAIL_AFTER_DAYS
    ]


def law_table(law: Document) -> str:
    """Return the statements as a table in Markdown."""
    rows = (
        f"| [{one['law']}]({one['source']}) | {_words(one)} | {_day(one):%d %b %Y} "
        f"| {READ[one['read']]} |\n"
        for one in law.value["statements"]
    )
    return _HEAD + "".join(rows)


def write_law_table(root: Path, law: Document) -> None:
    """Put the present table into the lesson, in place of the one that stands there, if any does."""
    lesson = _lesson(root, law)
    if not lesson.exists():
        return
    text = lesson.read_text(encoding="utf-8")
    lesson.write_text(_TABLE.sub(lambda _match: law_table(law), text), encoding="utf-8")


def _words(statement: dict[str, Any]) -> str:
    return " ".join(text for text in (statement["says"], statement.get("note")) if text)


def _lesson(root: Path, law: Document) -> Path:
    return root / "courses" / str(law.value["lesson"]) / "lesson.md"


def _day(statement: dict[str, Any]) -> date:
    return date.fromisoformat(statement["as_of"])


def _older(law: Document, today: date, days: int) -> Iterator[tuple[int, dict[str, Any]]]:
    for at, statement in enumerate(law.value["statements"]):
        if (today - _day(statement)).days > days:
            yield at, statement


def _wrong_entries(law: Document) -> Iterator[Problem]:
    seen: set[str] = set()
    for at, statement in enumerate(law.value["statements"]):
        if statement["id"] in seen:
            yield law.problem(("statements", at, "id"), f"{statement['id']!r} stands here twice.")
        seen.add(statement["id"])
        try:
            _day(statement)
        except ValueError:
            yield law.problem(("statements", at, "as_of"), "This is no day of the calendar.")
        if "|" in statement["law"] + statement["says"] + statement.get("note", ""):
            yield law.problem(("statements", at), "A | would end the cell of the table.")
