"""The page of the command line, and its file: one zipapp, made from `exercises.command_line`."""

from __future__ import annotations

import hashlib
import io
import zipfile
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from exercises import command_line

if TYPE_CHECKING:
    from django.http import HttpRequest

NAME: Final = "whybox.pyz"
PACKAGE: Final = "whybox"
INTERPRETER: Final = b"#!/usr/bin/env python3\n"
START: Final = "from runpy import run_module\n\nrun_module('whybox', run_name='__main__')\n"
LONG_AGO: Final = (1980, 1, 1, 0, 0, 0)
"""The earliest time that a zip file can name: the same source gives the same bytes."""

TERMINAL: Final = f"""python3 {NAME} login %s
python3 {NAME} list
python3 {NAME} get EXERCISE
python3 {NAME} submit EXERCISE.ipynb --wait"""
CELL: Final = f"""import sys; sys.path.insert(0, "{NAME}")
%load_ext whybox
%whybox submit"""


@lru_cache(maxsize=1)
def archive() -> bytes:
    """Return the file: Python runs it, imports from it, and a shell starts it."""
    source = Path(command_line.__file__).parent
    files = {f"{PACKAGE}/{file.name}": file.read_bytes() for file in source.glob("*.py")}
    files["__main__.py"] = START.encode()
    made = io.BytesIO(INTERPRETER)
    made.seek(0, io.SEEK_END)
    # Stored, not compressed: another release of zlib would make other bytes.
    with zipfile.ZipFile(made, "a", zipfile.ZIP_STORED) as written:
        for name in sorted(files):
            entry = zipfile.ZipInfo(name, LONG_AGO)
            entry.create_system, entry.external_attr = 3, 0o644 << 16
            written.writestr(entry, files[name])
    return made.getvalue()


@require_safe
def page(request: HttpRequest) -> HttpResponse:
    """Explain the command line."""
    site = request.build_absolute_uri("/").rstrip("/")
    facts = {
        "terminal": TERMINAL % site,
        "cell": CELL,
        "digest": hashlib.sha256(archive()).hexdigest(),
        "kibibytes": round(len(archive()) / 1024),
    }
    return render(request, "exercises/command_line.html", facts)


@require_safe
def download(request: HttpRequest) -> HttpResponse:  # noqa: ARG001  # a view's first one
    """Return the file."""
    answer = HttpResponse(archive(), content_type="application/zip")
    answer["Content-Disposition"] = f'attachment; filename="{NAME}"'
    return answer
