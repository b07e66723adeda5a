"""Write all that the site keeps of one person into a zip: rows as JSON, and files."""

from __future__ import annotations

import json
import zipfile
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, Any, Final

from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.db.models import BinaryField, Field
from django.template.loader import render_to_string
from django.utils.translation import override

from courses.accounts.models import User
from courses.privacy.files import files_of
from courses.privacy.table import SUBJECTS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from courses.privacy.rows import Rows

MOST_FILE_BYTES: Final = 512 * 2**20
"""Of all files together, before compression: some thousand notebooks. What does not fit is listed
in the zip with the address where it can be had one by one."""
ROWS_AT_ONCE: Final = 500


@dataclass
class Written:
    """What a zip holds.

    Attributes:
        counts: rows by JSON file.
        left_out: name and address of each file that did not fit or could not be read.
    """

    counts: dict[str, int]
    left_out: list[tuple[str, str]]


def write_export(user: User, out: IO[bytes], *, most: int = MOST_FILE_BYTES) -> Written:
    """Write one person's data as a zip.

    Args:
        user: whose data.
        out: a file that can be written and sought.
        most: bytes of files; further ones are listed, not written.
    """
    written = Written({}, [])
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
        for subject in SUBJECTS:
            for rows in subject.rows:
                if rows.file:
                    name = f"{rows.file}.json"
                    written.counts[name] = _write_rows(archive, name, rows, user)
        _write_files(archive, user, written, most)
        with override(user.locale or settings.LANGUAGE_CODE):
            facts = {"user": user, "written": written, "subjects": SUBJECTS}
            archive.writestr("README.txt", render_to_string("privacy/readme.txt", facts))
    return written


def _write_rows(archive: zipfile.ZipFile, name: str, rows: Rows, user: User) -> int:
    """Write rows as a JSON list, a chunk at a time; return how many."""
    number = 0
    with archive.open(name, "w", force_zip64=True) as file:
        file.write(b"[")
        for row in plain_rows(rows, user):
            file.write(b",\n" if number else b"\n")
            text = json.dumps(row, cls=DjangoJSONEncoder, ensure_ascii=False, indent=1)
            file.write(text.encode())
            number += 1
        file.write(b"\n]\n")
    return number


def columns(rows: Rows) -> list[Field[Any, Any]]:
    """Return the columns that are exported."""
    fields = rows.model._meta.concrete_fields  # noqa: SLF001  # Django's documented API
    return [one for one in fields if one.name not in rows.left_out]


def plain_rows(rows: Rows, user: User) -> Iterator[dict[str, Any]]:
    """Yield rows about one person as JSON holds them; other people are not named."""
    fields = columns(rows)
    binary = [one.name for one in fields if isinstance(one, BinaryField)]
    if binary:
        raise TypeError(f"{rows.label}: {binary} cannot be written as JSON")
    people = {one.attname for one in fields if one.related_model is User}
    found = rows.of(user).order_by("pk").values(*(one.attname for one in fields), *rows.names)
    for row in found.iterator(ROWS_AT_ONCE):
        yield {
            name: _person(value, user) if name in people else value for name, value in row.items()
        }


def _person(key: Any, user: User) -> str | None:
    if key is None:
        return None
    return "you" if key == user.pk else "another person"


def _write_files(archive: zipfile.ZipFile, user: User, written: Written, most: int) -> None:
    used = 0
    for file in files_of(user):
        try:
            data = file.read() if used < most else None
        except (OSError, ValueError):  # it is gone, or unfolds beyond what its package allows
            data = None
        if data is None or used + len(data) > most:
            written.left_out.append((file.name, file.address))
            continue
        if data:
            used += len(data)
            archive.writestr(file.name, data)
