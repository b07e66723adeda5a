"""Files that people upload as rosters: what is read of them, and what is refused with a reason."""

from __future__ import annotations

import io
import time
import zipfile

import pytest
from openpyxl import Workbook

from classes.roster.reading import MAX_ROWS, Cell, FileRefused, read_table


def workbook(*rows: list[object]) -> bytes:
    """Return an XLSX file of these rows."""
    book = Workbook()
    assert book.active is not None
    for row in rows:
        book.active.append(row)
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def texts(data: bytes) -> list[list[str]]:
    """Return the cells of the rows."""
    return [[cell.text for cell in cells] for _line, cells in read_table(data).rows]


@pytest.mark.parametrize(
    "data",
    [
        "email,name\nzoe@example.org,Zoë\n".encode(),
        b"\xef\xbb\xbf" + "email,name\r\nzoe@example.org,Zoë\r\n".encode(),
        "email;name\nzoe@example.org;Zoë\n".encode(),
        "email\tname\nzoe@example.org\tZoë\n".encode(),
        "email,name\nzoe@example.org,Zoë\n".encode("cp1252"),
        "email,name\nzoe@example.org,Zoë\n".encode("utf-16"),
        "sep=;\nemail;name\nzoe@example.org;Zoë\n".encode(),
        '\n\nemail,name\n"zoe@example.org","Zoë"\n,,\n'.encode(),
        workbook(["email", "name"], ["zoe@example.org", "Zoë"], [None, None]),
    ],
    ids=["utf-8", "bom", "semicolons", "tabs", "cp1252", "utf-16", "sep", "blank lines", "xlsx"],
)
def test_a_roster_is_read_in_every_form_that_is_met(data: bytes) -> None:
    """The bytes say what it is, never the name; an XLSX named .csv is read too."""
    table = read_table(data)

    assert table.header == ["email", "name"]
    assert texts(data) == [["zoe@example.org", "Zoë"]]


def test_what_was_guessed_is_told() -> None:
    """Windows-1252 and other separators are named, so that odd accents do not surprise."""
    notes = read_table("email;name\na@example.org;Zoë\n".encode("cp1252")).notes

    assert len(notes) == 2
    assert "Windows-1252" in notes[0]


def test_formula_cells_are_named_and_never_evaluated() -> None:
    """In CSV by their first character, in XLSX by their type; ="00123" is a number kept as text."""
    text = b'email,name,number\na@example.org,=1+1,"=""00123"""\n'
    found = read_table(text).rows[0][1]
    assert found[1] == Cell("=1+1", formula=True)
    assert found[2] == Cell("00123")

    book = workbook(["email", "name"], ["a@example.org", "=1+1"])
    assert read_table(book).rows[0][1][1].formula


def test_our_own_guard_is_taken_off_again() -> None:
    """A name that an export has guarded comes back as it was."""
    assert texts(b"email,name\na@example.org,'=x\n") == [["a@example.org", "=x"]]


def test_numbers_of_a_workbook_are_read_as_written() -> None:
    """A student number that a spreadsheet holds as 700001.0 is 700001."""
    assert texts(workbook(["email", "number"], ["a@example.org", 700001.0])) == [
        ["a@example.org", "700001"]
    ]


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "empty"),
        (b"  \n ", "empty"),
        (b"\xd0\xcf\x11\xe0" + b"x" * 100, "old Excel"),
        (b"PK\x03\x04 not a zip at all", "cannot be read"),
        (b"\x89PNG\r\n\x00\x00", "neither a CSV nor"),
        (b"email\n" + b"a@example.org\n" * 50_000, "more than 10,000 rows"),
        (b"email," + b"x," * 80 + b"\n", "columns"),
        (b"email\n" + b"a" * 2_000_000, "larger than 2 MB"),
        (b'email\n"' + b"a" * 200_000 + b'"\n', "not CSV"),
    ],
)
def test_what_cannot_be_a_roster_is_refused_with_a_reason(data: bytes, reason: str) -> None:
    """A clear sentence for each, and within a moment."""
    begin = time.process_time()

    with pytest.raises(FileRefused, match=reason):
        read_table(data)

    assert time.process_time() - begin < 5


def test_a_workbook_of_50_000_rows_is_refused() -> None:
    """It is not read to its end."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet()
    for number in range(MAX_ROWS + 2_000):
        sheet.append([f"a{number}@example.org"])
    file = io.BytesIO()
    book.save(file)

    with pytest.raises(FileRefused, match="rows"):
        read_table(file.getvalue())


def _zip(files: dict[str, bytes]) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return file.getvalue()


def test_a_zip_bomb_as_xlsx_is_refused_before_it_is_unpacked() -> None:
    """40 MB of one letter in 40 kB: its directory tells, and nothing is unpacked."""
    bomb = _zip({"[Content_Types].xml": b"-", "xl/worksheets/sheet1.xml": b"A" * 40_000_000})
    assert len(bomb) < 100_000
    begin = time.process_time()

    with pytest.raises(FileRefused, match="unpacks to more"):
        read_table(bomb)

    assert time.process_time() - begin < 0.5


def test_a_directory_that_lies_about_a_size_does_not_help() -> None:
    """The archive claims a small size: no more than that is read, and the file is refused."""
    size = (40_000_000).to_bytes(4, "little")
    bomb = _zip({"[Content_Types].xml": b"A" * 40_000_000}).replace(size, b"\x64\x00\x00\x00")

    with pytest.raises(FileRefused, match="cannot be read"):
        read_table(bomb)


def test_an_archive_that_is_no_workbook_is_refused() -> None:
    """A ZIP of documents is named as what it is."""
    with pytest.raises(FileRefused, match="ZIP archive"):
        read_table(_zip({"notes.txt": b"-"}))
