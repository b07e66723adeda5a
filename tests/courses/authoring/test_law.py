"""Statements on the law are dated: an old one is asked for, a very old one is an error."""

from __future__ import annotations

from datetime import date, timedelta
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from django.core.management import CommandError, call_command

from courses.authoring import law
from courses.authoring.law import law_problems, law_reminders, law_table, read_law, write_law_table
from courses.markup.problems import InvalidContentError

if TYPE_CHECKING:
    from courses.authoring.files import Document
    from tests.courses.material import Material

CONTENT = Path(__file__).resolve().parents[3] / "content"
DAY = date(2026, 11, 29)
LESSON = "courses/tiny/01-page-1/lesson.md"
LAW = """\
lesson: tiny/01-page-1
statements:
  - id: reasons
    law: Some Act, section 9
    says: Reasons must be given.
    source: https://example.org/act
    as_of: "2026-11-29"
    read: wording
    note: Read in a copy.
  - id: dates
    law: Another Act
    says: It applies from 2027.
    source: https://example.org/other
    as_of: "2026-06-01"
    read: account
"""


@pytest.fixture
def dated(material: Material) -> Document:
    """Return two statements, with their table in the lesson."""
    material.course(lessons=1)
    material.write("law.yaml", LAW)
    material.replace(
        LESSON,
        "| a | b |",
        "| Law | What it says | Looked up | Read |\n|---|---|---|---|\n| old | row | 1 | x |\n\n"
        "| a | b |",
    )
    document = read_law(material.root)
    assert document is not None
    write_law_table(material.root, document)
    return document


def test_the_table_shows_each_statement_with_source_and_day(
    material: Material, dated: Document
) -> None:
    """It replaces the table that stood in the lesson, and nothing else."""
    text = (material.root / LESSON).read_text()

    assert (
        "| [Some Act, section 9](https://example.org/act) | Reasons must be given. Read in a copy. "
        "| 29 Nov 2026 | the wording |\n"
        "| [Another Act](https://example.org/other) | It applies from 2027. "
        "| 01 Jun 2026 | what others say of it |\n"
    ) in text
    assert "| old |" not in text
    assert "| a | b |" in text
    assert law_problems(material.root, dated, DAY) == []


def test_a_stale_table_is_reported(material: Material, dated: Document) -> None:
    """A statement cannot be changed in one place only."""
    material.replace(LESSON, "It applies from 2027", "It applies from 2028")

    (problem,) = law_problems(material.root, dated, DAY)

    assert "stale" in problem.reason
    assert "--write" in problem.reason


@pytest.mark.parametrize(
    ("days", "reminded", "failed"), [(365, 0, 0), (366, 1, 0), (730, 1, 0), (731, 0, 1)]
)
def test_age_reminds_after_a_year_and_fails_after_two(
    material: Material, dated: Document, days: int, reminded: int, failed: int
) -> None:
    """The reminder names the statement, its day and the source to look at."""
    today = date(2026, 6, 1) + timedelta(days=days)

    reminders = [one for one in law_reminders(dated, today) if "dates:" in one.reason]
    problems = [one for one in law_problems(material.root, dated, today) if "dates:" in one.reason]

    assert (len(reminders), len(problems)) == (reminded, failed)
    assert all("last looked up on 2026-06-01" in one.reason for one in reminders + problems)
    assert all("https://example.org/other" in one.reason for one in reminders)
    assert all("more than two years ago" in one.reason for one in problems)


@pytest.mark.usefixtures("dated")
def test_a_reminder_does_not_fail_the_check(
    material: Material, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The command prints what is to be looked up again, and stops only for errors."""
    monkeypatch.setattr(law, "REMIND_AFTER_DAYS", -1)
    printed = StringIO()

    with pytest.raises(CommandError) as stopped:
        call_command("check_content", str(material.root), stderr=printed)

    assert "To look up again: content/law.yaml:" in printed.getvalue()
    assert "law.yaml" not in str(stopped.value), "the tiny course has other problems"


@pytest.mark.usefixtures("dated")
def test_writing_renews_a_stale_table(material: Material) -> None:
    """`check_content --write` puts the present statements into the lesson."""
    material.replace("law.yaml", "It applies from 2027.", "It applies from 2030.")

    with pytest.raises(CommandError) as stopped:
        call_command("check_content", str(material.root), write=True)

    assert "It applies from 2030." in (material.root / LESSON).read_text()
    assert "law.yaml" not in str(stopped.value), "the tiny course has other problems"


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ("id: dates", "id: reasons", "'reasons' stands here twice"),
        ('"2026-06-01"', '"2026-02-30"', "no day of the calendar"),
        ("It applies from 2027.", "It | applies.", "would end the cell"),
        ("read: account", "read: hearsay", ": 'hearsay'"),
        ("https://example.org/other", "somewhere", "does not match"),
    ],
)
@pytest.mark.usefixtures("dated")
def test_a_wrong_entry_is_refused(material: Material, old: str, new: str, reason: str) -> None:
    """Ids, days, cells, sources and what was read are checked."""
    material.replace("law.yaml", old, new)

    with pytest.raises(InvalidContentError, match=reason):
        read_law(material.root)


def test_a_lesson_that_does_not_exist_is_reported(material: Material, dated: Document) -> None:
    """The table has to stand somewhere."""
    (material.root / LESSON).unlink()

    assert "There is no lesson" in law_problems(material.root, dated, DAY)[0].reason


def test_content_without_a_law_is_sound(material: Material) -> None:
    """The file is optional."""
    assert read_law(material.root) is None


def test_our_table_is_the_one_in_the_lesson() -> None:
    """On the day of the last look nothing is old and nothing stale."""
    document = read_law(CONTENT)
    assert document is not None

    assert law_problems(CONTENT, document, DAY) == []
    assert law_reminders(document, DAY) == []
    assert law_table(document).count("\n") == len(document.value["statements"]) + 2
