"""The gradebook as a file: CSV, XLSX, and in the shapes that Canvas and Moodle import.

No cell that a person wrote is a formula when a spreadsheet opens it.
"""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING, Final

from django.db import models
from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from classes.marks import Mark
    from classes.records import Gradebook

Value = str | float | int | None

XLSX_TYPE: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
CSV_TYPE: Final = "text/csv; charset=utf-8"
_RISKY: Final = tuple("=+-@\t\r\n\uff1d\uff0b\uff0d\uff20")


class Shape(models.TextChoices):
    """Whom the file is for."""

    CSV = "csv", _("CSV")
    XLSX = "xlsx", _("Excel (XLSX)")
    CANVAS = "canvas", _("Canvas (CSV)")
    MOODLE = "moodle", _("Moodle (CSV)")


def safe(value: Value) -> Value:
    """Return a cell that no spreadsheet takes for a formula; numbers stay numbers."""
    if isinstance(value, str) and value.startswith(_RISKY):
        return "'" + value
    return value


def export(book: Gradebook, shape: Shape) -> bytes:
    """Return the gradebook as a file of this shape."""
    rows = {
        Shape.CSV: _own,
        Shape.XLSX: _own,
        Shape.CANVAS: _canvas,
        Shape.MOODLE: _moodle,
    }[shape](book)
    return as_xlsx(rows) if shape == Shape.XLSX else as_csv(rows)


def as_csv(rows: Iterable[Sequence[Value]]) -> bytes:
    """Return rows as CSV in UTF-8 with a mark, so that Excel reads accents."""
    text = io.StringIO(newline="")
    csv.writer(text).writerows([safe(value) for value in row] for row in rows)
    return text.getvalue().encode("utf-8-sig")


def as_xlsx(rows: Iterable[Sequence[Value]]) -> bytes:
    """Return rows as a workbook; every text is a text cell, whatever it begins with."""
    from openpyxl import Workbook  # noqa: PLC0415  # imports numpy: only where one is written
    from openpyxl.cell import WriteOnlyCell  # noqa: PLC0415  # the same

    book = Workbook(write_only=True)
    sheet = book.create_sheet("Gradebook")
    sheet.freeze_panes = "B2"
    for row in rows:
        cells = []
        for value in row:
            cell = WriteOnlyCell(sheet, value=value)
            if isinstance(value, str):
                cell.data_type = "s"
            cells.append(cell)
        sheet.append(cells)
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def points(mark: Mark) -> float | None:
    """Return what counts, as it is shown everywhere: two decimals."""
    return None if mark.points is None else round(mark.points, 2)


def titles_of(book: Gradebook) -> list[str]:
    """Return the columns' titles, each once: a number tells two of one title apart."""
    seen: dict[str, int] = {}
    titles = []
    for column in book.columns:
        number = seen[column.title] = seen.get(column.title, 0) + 1
        titles.append(column.title if number == 1 else f"{column.title} ({number})")
    return titles


def _own(book: Gradebook) -> Iterable[Sequence[Value]]:
    yield [
        "Name",
        "Email",
        "Student number",
        "Section",
        *titles_of(book),
        "Earned",
        "Possible",
        "Percent",
    ]
    yield ["Points", "", "", "", *(one.scheduled.points for one in book.columns), "", "", ""]
    for row in book.rows:
        member, record = row.member, row.record
        percent = record.percent
        yield [
            member.shown_name,
            member.email,
            member.number,
            member.section,
            *("excused" if mark.excused else points(mark) for mark in record.marks),
            round(record.earned, 2),
            round(record.possible, 2),
            None if percent is None else round(percent, 2),
        ]


def _canvas(book: Gradebook) -> Iterable[Sequence[Value]]:
    head = ["Student", "ID", "SIS User ID", "SIS Login ID", "Section"]
    yield [*head, *titles_of(book)]
    yield ["    Points Possible", "", "", "", "", *(one.scheduled.points for one in book.columns)]
    for row in book.rows:
        member = row.member
        marks = ("EX" if mark.excused else points(mark) for mark in row.record.marks)
        yield [member.shown_name, "", member.number, member.email, member.section, *marks]


def _moodle(book: Gradebook) -> Iterable[Sequence[Value]]:
    yield ["Email address", "ID number", "Full name", *titles_of(book)]
    for row in book.rows:
        member = row.member
        yield [
            member.email,
            member.number,
            member.shown_name,
            *(points(mark) for mark in row.record.marks),
        ]
