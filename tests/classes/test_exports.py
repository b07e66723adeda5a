"""The gradebook as files, and as a page."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import load_workbook

from classes.exports import Shape, as_csv, as_xlsx, export, safe
from classes.models import Class, Override, Role
from classes.records import gradebook
from classes.roster.reading import read_table
from tests.classes.material import DUE, make_class, make_course, make_member, schedule, submit

if TYPE_CHECKING:
    from django.test import Client

FORMULA = "=HYPERLINK(1)"


@pytest.fixture
def klass(db: None) -> Class:
    """A class with a learner whose name is a formula, one with marks, and an instructor."""
    made = make_class(make_course())
    make_member(made, "ines@example.org", Role.INSTRUCTOR)
    eve = make_member(made, "eve@example.org", name=FORMULA, number="0042", section="B")
    zoe = make_member(made, "zoe@example.org", name="Zoë", section="A")
    first = schedule(made, "exercise:treeshap", due_at=DUE)
    schedule(made, "exercise:lime", due_at=DUE)
    submit(zoe.user, "treeshap", 87.5, DUE)
    Override.objects.create(member=eve, part=first, points=None, reason="excused")
    return made


def rows(data: bytes) -> list[list[str]]:
    """Return the rows of a CSV file."""
    return list(csv.reader(io.StringIO(data.decode("utf-8-sig"))))


def test_the_csv_says_what_the_gradebook_says(klass: Class) -> None:
    """Names, marks, totals; accents survive, formulas do not."""
    table = rows(export(gradebook(klass), Shape.CSV))

    assert table[0][4:6] == ["Exercise treeshap", "Exercise lime"]
    assert table[1][4:6] == ["100.0", "100.0"]
    by_mail = {row[1]: row for row in table[2:]}
    assert by_mail["zoe@example.org"][0] == "Zoë"
    assert by_mail["zoe@example.org"][4:] == ["87.5", "0.0", "87.5", "200.0", "43.75"]
    assert by_mail["eve@example.org"][0] == "'" + FORMULA
    assert by_mail["eve@example.org"][4] == "excused"


def test_the_workbook_holds_text_where_people_wrote_and_numbers_where_marks_are(
    klass: Class,
) -> None:
    """No cell is a formula; a student number keeps its zeros."""
    sheet = load_workbook(io.BytesIO(export(gradebook(klass), Shape.XLSX))).active
    assert sheet is not None
    kinds = {cell.data_type for row in sheet.iter_rows() for cell in row}
    by_mail = {row[1].value: row for row in sheet.iter_rows()}

    assert "f" not in kinds
    assert by_mail["eve@example.org"][0].value == FORMULA
    assert by_mail["eve@example.org"][2].value == "0042"
    assert by_mail["zoe@example.org"][4].value == 87.5


def test_canvas_and_moodle_get_their_shapes(klass: Class) -> None:
    """The columns by which each finds people, and the points that Canvas asks for."""
    canvas = rows(export(gradebook(klass), Shape.CANVAS))
    assert canvas[0][:5] == ["Student", "ID", "SIS User ID", "SIS Login ID", "Section"]
    assert canvas[1][0].strip() == "Points Possible"
    assert {row[3]: row[5] for row in canvas[2:]} == {
        "eve@example.org": "EX",
        "zoe@example.org": "87.5",
    }

    moodle = rows(export(gradebook(klass), Shape.MOODLE))
    assert moodle[0][:3] == ["Email address", "ID number", "Full name"]
    assert len(moodle) == 3


@given(text=st.text(max_size=40))
def test_no_text_is_a_formula_in_a_csv(text: str) -> None:
    """Whatever anybody is called, no cell begins with a character that begins a formula."""
    cell = safe(text)

    assert isinstance(cell, str)
    assert not cell.startswith(tuple("=+-@\t\r\n\uff1d\uff0b\uff0d\uff20"))
    assert cell in {text, "'" + text}


@pytest.mark.parametrize("name", ["=1+1", "+49", "-x", "@SUM(A1)", "=cmd|' /C calc'!A0"])
def test_a_guarded_name_comes_back_by_the_import(name: str) -> None:
    """Exported and imported again it is the same."""
    data = as_csv([["email", "name"], ["a@example.org", name]])

    assert read_table(data).rows[0][1][1].text == name


def test_a_workbook_opens_with_text_cells() -> None:
    """A text that begins like a formula is a text."""
    sheet = load_workbook(io.BytesIO(as_xlsx([["=1+1", 2.5]]))).active
    assert sheet is not None

    assert [(cell.value, cell.data_type) for cell in sheet[1]] == [("=1+1", "s"), (2.5, "n")]


def test_the_gradebook_page_filters_searches_and_sorts(client: Client, klass: Class) -> None:
    """By name, section, state, total and part; pseudonyms hide who it is."""
    user = klass.members.get(role=Role.INSTRUCTOR).user
    assert user is not None
    client.force_login(user)
    address = reverse("classes:gradebook", args=[klass.pk])

    def emails(query: str) -> list[str]:
        page = client.get(address + query).context["page"]
        return [row.member.email.partition("@")[0] for row in page]

    assert emails("") == ["eve", "zoe"]
    assert emails("?sort=-name") == ["zoe", "eve"]
    assert emails("?sort=-total") == ["zoe", "eve"]
    assert emails("?q=ZOË") == ["zoe"]
    assert emails("?q=0042") == ["eve"]
    assert emails("?section=A") == ["zoe"]
    assert emails("?state=overridden") == ["eve"]
    assert emails("?sort=0") == ["eve", "zoe"]
    assert emails("?sort=-0&size=nonsense&page=99") == ["zoe", "eve"]
    assert FORMULA in client.get(address).content.decode()

    hidden = client.get(address + "?names=0").content.decode()
    for secret in ("Zoë", FORMULA, "zoe@", "eve@", *map(str, klass.members.values_list("pk"))):
        assert secret not in hidden


def test_names_are_escaped(client: Client, klass: Class) -> None:
    """The grid is built without a template; nothing in it is markup that somebody wrote."""
    klass.members.filter(name="Zoë").update(name="<script>alert(1)</script>", section="<b>")
    user = klass.members.get(role=Role.INSTRUCTOR).user
    assert user is not None
    client.force_login(user)

    for name in ("gradebook", "progress", "roster", "home"):
        page = client.get(reverse(f"classes:{name}", args=[klass.pk])).content.decode()
        assert "<script>alert" not in page
        assert "<b>" not in page


@pytest.mark.parametrize("name", ["gradebook", "progress", "roster", "submissions", "home"])
def test_the_queries_of_a_page_do_not_grow(client: Client, klass: Class, name: str) -> None:
    """One learner or ten: the same number."""
    user = klass.members.get(role=Role.INSTRUCTOR).user
    assert user is not None
    client.force_login(user)
    address = reverse(f"classes:{name}", args=[klass.pk])

    def queries() -> int:
        with CaptureQueriesContext(connection) as seen:
            client.get(address)
        return len(seen)

    few = queries()
    for number in range(8):
        member = make_member(klass, f"l{number}@example.org", section="A")
        submit(member.user, "lime", 10, DUE)

    assert queries() == few
    assert name == "home" or few <= 12
