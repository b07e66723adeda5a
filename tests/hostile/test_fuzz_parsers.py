"""Every parser that reads what learners, strangers or damaged files say: bytes, and nearly right.

Each either returns what it promises or raises the error that its docstring names; nothing else.
"""

from __future__ import annotations

import contextlib
import functools
import io
import json
import os
import socket
import zipfile
import zlib
from pathlib import Path
from typing import Any, Final

import numpy as np
import openpyxl
from django.core.exceptions import ValidationError
from hypothesis import given
from hypothesis import strategies as st

from classes.integrity import fingerprints
from classes.roster.reading import FileRefused, Table, read_table
from courses.certificates.baking import PNG_SIGNATURE, bake_png, bake_svg
from courses.certificates.examination import Examination, examined
from courses.certificates.linked_data import CREDENTIALS, OPEN_BADGES
from courses.discussion import posts
from exercises.workbench import documents
from grader.errors import GraderError, NotebookRefused
from grader.explanation import ParameterUsage, RunAnswers, pack, unpack
from grader.grading_process import messages, processes
from grader.notebook import read_notebook
from grader.notebook_page import render_notebook
from grader.report import GradeReport
from grader.sandbox.job import Answer, Verdict
from tests.malformed import ANY, TREES, WORDS, bounded_memory, damaged, mutated, sent

ISSUER: Final = "did:web:site.example"
CREDENTIAL: Final[dict[str, Any]] = {
    "@context": [CREDENTIALS, OPEN_BADGES],
    "id": "https://site.example/api/v1/certificates/0f0e0d0c-0000-4000-8000-000000000000/",
    "type": ["VerifiableCredential", "OpenBadgeCredential"],
    "issuer": {"id": ISSUER, "type": ["Profile"], "name": "Site"},
    "validFrom": "2026-01-01T00:00:00Z",
    "name": "A course",
    "credentialSubject": {"type": ["AchievementSubject"], "achievement": {"id": "urn:x"}},
    "proof": {
        "type": "DataIntegrityProof",
        "cryptosuite": "eddsa-rdfc-2022",
        "created": "2026-01-01T00:00:00Z",
        "verificationMethod": f"{ISSUER}#key-1",
        "proofPurpose": "assertionMethod",
        "proofValue": "z" + "1" * 64,
    },
}
KEYS: Final = {f"{ISSUER}#key-1": "z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK"}
TEXT: Final = json.dumps(CREDENTIAL)
ONE_PIXEL: Final = b"".join(
    len(body).to_bytes(4, "big") + kind + body + zlib.crc32(kind + body).to_bytes(4, "big")
    for kind, body in (
        (b"IHDR", b"\0\0\0\1\0\0\0\1\x08\0\0\0\0"),
        (b"IDAT", zlib.compress(b"\0\0")),
        (b"IEND", b""),
    )
)
FILES: Final = (
    TEXT.encode(),
    bake_svg('<svg xmlns="http://www.w3.org/2000/svg"></svg>', TEXT).encode(),
    bake_png(PNG_SIGNATURE + ONE_PIXEL, TEXT),
    b"%PDF-1.7\n1 0 obj\n<< /Type /Catalog /AF [2 0 R] >>\nendobj\ntrailer << /Root 1 0 R >>",
    b'<?xml version="1.0" encoding="utf-7"?><svg/>',
    b'<!DOCTYPE svg [<!ENTITY a "a"><!ENTITY b "&a;&a;">]><svg>&b;</svg>',
)
PICTURE: Final = {"image/png": "iVBORw0KGgo="}
NOTEBOOK: Final[dict[str, Any]] = {
    "nbformat": 4,
    "nbformat_minor": 5,
    "metadata": {"kernelspec": {"name": "python3", "display_name": "-"}},
    "cells": [
        {
            "cell_type": "markdown",
            "id": "text",
            "metadata": {},
            "source": "![a](attachment:a.png) $x$ <b>b</b> [c](javascript:alert(1))",
            "attachments": {"a.png": PICTURE},
        },
        {
            "cell_type": "code",
            "id": "code",
            "metadata": {"tags": ["parameters"]},
            "source": ["rows = [0, 1]\n", "print(rows)"],
            "execution_count": 1,
            "outputs": [
                {"output_type": "stream", "name": "stdout", "text": ["1\n"]},
                {"output_type": "display_data", "data": PICTURE, "metadata": {}},
                {"output_type": "error", "ename": "E", "evalue": "", "traceback": ["\x1b[31mE"]},
            ],
        },
    ],
}
MARKDOWN: Final = st.lists(
    st.sampled_from(
        [
            *("> ", "- ", "1. ", "# ", "```", "```python\n", "~~~", "|a|b|\n|-|-|\n", "---\n"),
            *(
                "[a](",
                "![a](",
                "](http://x)",
                "[a]: <",
                "<b>",
                "<script>",
                "<!--",
                "&#0;",
                "&#x110000;",
            ),
            *(
                "$",
                "$$",
                "\\frac{",
                "}",
                "\\begin{a}",
                "**",
                "_",
                "~~",
                "`",
                "\\",
                "\n",
                "\n\n",
                " ",
            ),
        ]
    )
    | st.text(max_size=8)
    | WORDS.filter(lambda word: len(word) < 1000),
    max_size=12,
).map("".join)


def as_bytes(trees: st.SearchStrategy[Any]) -> st.SearchStrategy[bytes]:
    """Return trees as JSON, with what Python's own parser takes and JSON has not."""
    return trees.map(json.dumps).map(str.encode)


def workbook() -> bytes:
    """Return a small XLSX file."""
    book = openpyxl.Workbook()
    assert book.active is not None
    for row in (("email", "name"), ("a@example.org", "Ada"), ("=1+1", 2**70)):
        book.active.append(row)
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


WORKBOOK: Final = workbook()


@st.composite
def workbooks(draw: st.DrawFn) -> bytes:
    """Return an archive like an XLSX file, of which a member is damaged, doubled or gone."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(WORKBOOK)) as whole, zipfile.ZipFile(out, "w") as made:
        names = whole.namelist()
        chosen = draw(st.sampled_from(names))
        for name in names:
            content = whole.read(name)
            if name == chosen:
                content = draw(damaged(content) | st.binary(max_size=40))
                if draw(st.booleans()):
                    continue
            made.writestr(name, content)
    return out.getvalue()


CSV: Final = 'email;name\r\na@example.org;"Ada; ""A"""\r\n=1+1;\xe9\n'.encode("cp1252")
TABLES: Final = (
    st.binary(max_size=300)
    | damaged(CSV)
    | damaged(b"sep=;\n" + CSV)
    | damaged("email\tname\n".encode("utf-16"))
    | damaged(WORKBOOK)
    | workbooks()
    | st.lists(st.sampled_from(["sep=", '"', ",", ";", "\n", "\r", "\t", "a@b.c", "email", "\0"]))
    .map("".join)
    .map(str.encode)
)


@given(data=TABLES)
@ANY
def test_tables_of_people(data: bytes) -> None:
    """CSV in any encoding, workbooks with damaged members: a table, or a reason."""
    sent("tables of people and extensions")
    with bounded_memory(len(data)), contextlib.suppress(FileRefused):
        found = read_table(data)
        assert isinstance(found, Table)
        assert all(len(cells) == len(found.header) for _line, cells in found.rows)


@given(data=st.one_of(st.binary(max_size=300), *(damaged(file) for file in FILES)))
@ANY
def test_files_of_certificates(data: bytes) -> None:
    """JSON, SVG, PNG and PDF that are damaged: a result, never an exception."""
    sent("certificates to be verified")
    with bounded_memory(len(data)):
        assert isinstance(examined(data, issuer=ISSUER, keys=KEYS), Examination)


@given(tree=mutated(CREDENTIAL))
@ANY
def test_credentials_with_wrong_values(tree: Any) -> None:
    """A certificate's JSON with values of other types and sizes at any place."""
    sent("certificates to be verified")
    data = json.dumps(tree).encode()
    with bounded_memory(len(data)):
        assert isinstance(examined(data, issuer=ISSUER, keys=KEYS), Examination)


@given(data=as_bytes(mutated(NOTEBOOK)) | damaged(json.dumps(NOTEBOOK).encode()))
@ANY
def test_notebooks_up_to_their_pages(data: bytes) -> None:
    """Read, shown as a page, kept as a draft, written again, and compared with others."""
    sent("notebooks, read and shown")
    with bounded_memory(len(data)):
        fingerprints.fingerprints(fingerprints.code_of(data))
        try:
            notebook = read_notebook(data)
        except NotebookRefused:
            return
        page = render_notebook(json.loads(json.dumps(notebook)))
        page.encode()
        document = documents.unpack(documents.pack(documents.from_notebook(notebook)))
        again = read_notebook(documents.to_notebook(document))
    assert [cell.source for cell in again.cells] == [cell.source for cell in notebook.cells]


@given(text=MARKDOWN)
@ANY
def test_posts_of_any_text(text: str) -> None:
    """A post is HTML without scripts, or refused with a reason."""
    sent("Markdown")
    with bounded_memory(len(text)), contextlib.suppress(ValidationError):
        html = posts.rendered(text)
        assert "<script" not in html
        assert 'href="javascript:' not in html
        html.encode()


@functools.cache
def packed_answers() -> bytes:
    """Return stored answers, as a grading keeps them."""
    answer = Answer("x", "ndarray", array=np.arange(6.0).reshape(2, 3), cell=0)
    run = RunAnswers("visible", {"rows": [0, 1]}, Verdict.OK, {"x": answer}, "")
    return pack([run], ParameterUsage(unread=(), reassigned={}, literals={}), version="1")


@given(data=st.deferred(lambda: damaged(packed_answers())) | st.binary(max_size=200))
@ANY
def test_stored_answers(data: bytes) -> None:
    """An archive of arrays that is damaged: the answers, or an error of the grader's."""
    sent("stored answers")
    with bounded_memory(len(data)), contextlib.suppress(GraderError):
        runs, _usage, _stamp = unpack(data)
        assert all(isinstance(run, RunAnswers) for run in runs)


@given(
    body=st.binary(max_size=300)
    | as_bytes(TREES)
    | mutated({"kind": "graded", "event": "cell", "cell": 1, "cells": 2})
    .map(json.dumps)
    .map(str.encode),
    files=st.integers(0, 4),
)
@ANY
def test_messages_of_a_grading_process(body: bytes, files: int) -> None:
    """Whatever a child that was taken over sends: a message with a kind, or `ChildError`."""
    sent("messages of a grading process")
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with ours, theirs, Path(os.devnull).open("rb") as null:
        if body:
            socket.send_fds(theirs, [body], [null.fileno()] * files)
        theirs.shutdown(socket.SHUT_WR)
        try:
            message, numbers = messages.receive(ours)
        except messages.ChildError:
            return
        messages.close(numbers)
    assert isinstance(message["kind"], str)
    assert len(numbers) == files
    processes._matches(message.get("matches"))


GRADE: Final = GradeReport(Verdict.OK, 1.0, 1.0, passed=True).as_json()


@given(
    report=as_bytes(mutated(GRADE)) | st.binary(max_size=99),
    executed=st.binary(max_size=40),
)
@ANY
def test_grades_of_a_grading_process(report: bytes, executed: bytes) -> None:
    """A grade whose values have other types: a report, or `ChildError`."""
    sent("messages of a grading process")
    numbers = [os.memfd_create("test") for _ in range(3)]
    try:
        for number, content in zip(numbers, (report, executed, b""), strict=True):
            os.write(number, content)
        with contextlib.suppress(messages.ChildError):
            assert isinstance(processes._report(numbers), GradeReport)
    finally:
        messages.close(numbers)
