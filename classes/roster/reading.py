"""A table that somebody uploads, as rows of text: CSV in the encodings that are met, or XLSX.

What it is, its first bytes say, never its name. Everything is bounded before it is parsed: bytes,
rows, columns, and what an XLSX unpacks to, as its directory says; zipfile reads no more than that.
"""

from __future__ import annotations

import csv
import io
import re
import zipfile
from dataclasses import dataclass, field
from typing import Final

from django.utils.translation import gettext as _

MAX_BYTES: Final = 2_000_000
MAX_ROWS: Final = 10_000
MAX_COLUMNS: Final = 60
MAX_CELL: Final = 500
"""Characters of a cell; names and addresses are shorter."""

MAX_UNPACKED_BYTES: Final = 16_000_000
"""What an XLSX may unpack to; 10,000 rows of six columns need about four million."""
MAX_MEMBERS: Final = 200

_XLSX: Final = b"PK\x03\x04"
_XLS: Final = b"\xd0\xcf\x11\xe0"
_NUMBER_AS_TEXT: Final = re.compile(r'^="([^"]*)"$')
"""How Excel is told to leave a number's zeros alone."""
_FORMULA: Final = ("=", "@", "+", "\uff1d", "\uff20", "\uff0b")
_GUARDED: Final = re.compile(r"^'(?=[=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20])")


class FileRefused(Exception):  # noqa: N818  # named after what happened, as in grader.errors
    """The file as a whole cannot be read; the text says why and what to do."""


@dataclass(frozen=True)
class Cell:
    """What stands in a cell; a formula is named, never evaluated."""

    text: str
    formula: bool = False


@dataclass(frozen=True)
class Table:
    """A file's rows.

    Attributes:
        header: the names of the columns, as they stand in the file.
        rows: the line in the file, and the cells, as many as the header has.
        notes: how it was read, where that is not self-evident.
    """

    header: list[str]
    rows: list[tuple[int, list[Cell]]]
    notes: list[str] = field(default_factory=list)


def read_table(data: bytes) -> Table:
    """Read an uploaded table.

    Raises:
        FileRefused: it is too large, is no table, or has no header.
    """
    if not data.strip():
        raise FileRefused(_("The file is empty."))
    if len(data) > MAX_BYTES:
        raise FileRefused(
            _("The file is larger than %(size)s MB.") % {"size": f"{MAX_BYTES / 1e6:.0f}"}
        )
    if data.startswith(_XLS):
        raise FileRefused(
            _("This is an old Excel file (.xls). Save it as .xlsx or CSV and upload that.")
        )
    notes: list[str] = []
    lines = _xlsx(data) if data.startswith(_XLSX) else _csv(_text(data, notes), notes)
    if not lines:
        raise FileRefused(_("The file is empty."))
    (_line, head), *rest = lines
    header = [cell.text for cell in head]
    while header and not header[-1]:
        header.pop()
    if len(header) > MAX_COLUMNS:
        raise FileRefused(_("The file has more than %(number)s columns.") % {"number": MAX_COLUMNS})
    width = len(header)
    rows = [
        (line, (cells + [Cell("")] * width)[:width])
        for line, cells in rest
        if any(cell.text for cell in cells)
    ]
    if len(rows) > MAX_ROWS:
        raise _too_many_rows()
    return Table(header, rows, notes)


def _text(data: bytes, notes: list[str]) -> str:
    for mark, encoding in ((b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16")):
        if data.startswith(mark):
            try:
                return data.decode(encoding)
            except UnicodeDecodeError as error:
                raise FileRefused(_("The file is not text.")) from error
    if b"\x00" in data:
        raise FileRefused(_("This is neither a CSV nor an XLSX file."))
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        notes.append(_("Read as Windows-1252, as it is not UTF-8. Check names with accents."))
        return data.decode("cp1252", errors="replace")


def _csv(text: str, notes: list[str]) -> list[tuple[int, list[Cell]]]:
    first = text.lstrip("\r\n").partition("\n")[0]
    if first.lower().startswith("sep=") and len(first.strip()) == len("sep=;"):
        delimiter = first.strip()[-1]
        text = text.lstrip("\r\n").partition("\n")[2]
    else:
        delimiter = max((",", ";", "\t"), key=first.count)
    if delimiter != ",":
        name = {";": _("semicolons"), "\t": _("tabs")}.get(delimiter, delimiter)
        notes.append(_("Columns are separated by %(name)s.") % {"name": name})
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    lines: list[tuple[int, list[Cell]]] = []
    try:
        for row in reader:
            if len(lines) > MAX_ROWS + 1:
                raise _too_many_rows()
            cells = [_cell(value) for value in row[: MAX_COLUMNS + 1]]
            if lines or any(cell.text for cell in cells):
                lines.append((reader.line_num, cells))
    except csv.Error as error:
        raise FileRefused(
            _("Line %(line)s is not CSV: %(error)s.") % {"line": reader.line_num, "error": error}
        ) from error
    return lines


def _xlsx(data: bytes) -> list[tuple[int, list[Cell]]]:
    unreadable = FileRefused(_("This XLSX file cannot be read. Save it anew, or as CSV."))
    try:
        members = zipfile.ZipFile(io.BytesIO(data)).infolist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError) as error:
        raise unreadable from error
    if len(members) > MAX_MEMBERS or sum(one.file_size for one in members) > MAX_UNPACKED_BYTES:
        raise FileRefused(
            _("This XLSX file unpacks to more than a roster can be. Save the table alone as CSV.")
        )
    if "[Content_Types].xml" not in {one.filename for one in members}:
        raise FileRefused(_("This is a ZIP archive, not an XLSX file."))
    import openpyxl  # noqa: PLC0415  # imports numpy: only where a workbook is read

    lines: list[tuple[int, list[Cell]]] = []
    try:
        book = openpyxl.load_workbook(io.BytesIO(data), read_only=True, keep_links=False)
        sheet = book.worksheets[0]
        for row in sheet.iter_rows(max_row=MAX_ROWS + 2, max_col=MAX_COLUMNS + 1):
            cells = [_cell(_shown(cell.value), formula=cell.data_type == "f") for cell in row]
            if lines or any(cell.text for cell in cells):
                lines.append((len(lines) + 1 if not row else _line(row, lines), cells))
    except FileRefused:
        raise
    except Exception as error:  # whatever a broken workbook makes openpyxl raise
        raise unreadable from error
    return lines


def _line(row: tuple[object, ...], lines: list[tuple[int, list[Cell]]]) -> int:
    numbers = (getattr(cell, "row", None) for cell in row)
    return next((number for number in numbers if isinstance(number, int)), len(lines) + 1)


def _shown(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def _cell(value: str, *, formula: bool = False) -> Cell:
    text = " ".join(value[:MAX_CELL].replace("\x00", "").split())
    if number := _NUMBER_AS_TEXT.match(text):
        return Cell(number[1])
    if _GUARDED.match(text):
        return Cell(text[1:])
    return Cell(text, formula=formula or text.startswith(_FORMULA))


def _too_many_rows() -> FileRefused:
    return FileRefused(
        _("The file has more than %(number)s rows. Split it, or remove what is no roster.")
        % {"number": f"{MAX_ROWS:,}"}
    )
