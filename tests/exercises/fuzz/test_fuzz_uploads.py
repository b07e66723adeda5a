"""Uploads that are no notebooks, or nearly: each is refused with a reason, or accepted."""

from __future__ import annotations

import gzip
import io
import json
import zipfile
from typing import TYPE_CHECKING, Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from hypothesis import given
from hypothesis import strategies as st

from exercises.submissions import queue
from exercises.submissions.uploads import checked_notebook
from grader.errors import NotebookRefused
from tests.exercises.worker_process import SLUG, SOLUTION
from tests.malformed import ANY, LONG, MIB, TREES, bounded_memory, damaged, mutated, sent

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.test import Client

    from courses.models import User
    from exercises.models import Exercise

CELLS = st.fixed_dictionaries(
    {},
    optional={
        "cell_type": st.sampled_from(["code", "markdown", "raw", "", "x"]) | TREES,
        "source": st.text(max_size=40) | st.lists(st.text(max_size=9), max_size=3) | TREES,
        "metadata": st.just({"tags": ["parameters"]}) | TREES,
        "outputs": TREES,
        "id": st.text(max_size=70) | TREES,
        "execution_count": TREES,
    },
)
NOTEBOOKS = st.fixed_dictionaries(
    {},
    optional={
        "nbformat": st.sampled_from([3, 4, 5, -1, "4"]) | TREES,
        "nbformat_minor": st.integers(-1, 9) | TREES,
        "metadata": TREES,
        "cells": st.lists(CELLS, max_size=5) | TREES,
        "worksheets": TREES,
    },
)


def as_json(tree: Any) -> bytes:
    """Return a tree as JSON, with what Python's own parser takes and JSON has not."""
    return json.dumps(tree).encode()


@pytest.fixture
def valid(notebook: Callable[..., bytes]) -> bytes:
    """A notebook that passes."""
    return notebook(SOLUTION)


def check(exercise: Exercise, data: bytes) -> None:
    """Check an upload as form and API do; a refusal has a reason."""
    sent("uploads")
    with bounded_memory(len(data)):
        assert refused(exercise, data)


def refused(exercise: Exercise, data: bytes) -> str:
    """Return why an upload is refused, with reason and text; or that it is a notebook."""
    try:
        kept = checked_notebook(SimpleUploadedFile("n.ipynb", data), exercise=exercise)
    except NotebookRefused as refusal:
        return refusal.reason and str(refusal)
    return "accepted" if json.loads(kept) else ""


def test_any_bytes(exercise: Exercise) -> None:
    """Bytes of any kind."""

    @given(data=st.binary(max_size=500))
    @ANY
    def attack(data: bytes) -> None:
        check(exercise, data)

    attack()


def test_any_tree(exercise: Exercise) -> None:
    """JSON that has some keys of a notebook, with values of any type."""

    @given(tree=NOTEBOOKS)
    @ANY
    def attack(tree: dict[str, Any]) -> None:
        check(exercise, as_json(tree))

    attack()


def test_damaged_notebooks(exercise: Exercise, valid: bytes) -> None:
    """A notebook that passes, with bytes cut out, doubled, and changed."""

    @given(data=damaged(valid))
    @ANY
    def attack(data: bytes) -> None:
        check(exercise, data)

    attack()


def test_wrong_values_at_every_key(exercise: Exercise, valid: bytes) -> None:
    """A notebook that passes, with some values of other types, far too large, deep, or gone."""

    @given(tree=mutated(json.loads(valid)))
    @ANY
    def attack(tree: Any) -> None:
        check(exercise, as_json(tree))

    attack()


def wrapped(data: bytes) -> dict[str, bytes]:
    """Return a notebook as it is not to be uploaded, by what was done to it."""
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("n.ipynb", data)
        file.writestr("zeros", bytes(8 * MIB))
    text, tree = data.decode(), json.loads(data)
    picture = {"output_type": "display_data", "metadata": {}, "data": {"image/png": "A" * MIB}}
    kinds = {"x/y": 1, "text/html": ["<script>"], "\ud800": "\ud800", "": None}
    strange = picture | {"data": kinds}
    attached = {"a.png": {"image/png": "A" * LONG}, "\x00": {"\ud800": [1]}, "b": 3}
    return {
        "gzip": gzip.compress(data),
        "gzip of zeros": gzip.compress(bytes(8 * MIB)),
        "zip": archive.getvalue(),
        "twice": data + data,
        "utf-16": text.encode("utf-16"),
        "utf-32": text.encode("utf-32"),
        "latin-1": (text + " \xe9").encode("latin-1"),
        "byte order mark": b"\xef\xbb\xbf" + data,
        "a key twice": b'{"cells": null, "nbformat": 3, ' + data.lstrip()[1:],
        "a key a thousand times": b"{" + b'"cells": [],' * 1000 + data.lstrip()[1:],
        "huge numbers": text.replace("null", "9" * 5000, 1).encode(),
        "no numbers": text.replace("null", "NaN", 1).encode(),
        "a large output": as_json(_with_first(tree, {"outputs": [picture]})),
        "strange outputs": as_json(_with_first(tree, {"outputs": [strange] * 9})),
        "attachments": as_json(
            _with_first(tree, {"cell_type": "markdown", "attachments": attached})
        ),
        "lone surrogates": as_json(_with_first(tree, {"source": "x = '\ud800'", "id": "\ud800"})),
        "a thousand cells": as_json(tree | {"cells": tree["cells"] * 1000}),
        "a long line": as_json(_with_first(tree, {"source": "x = 1 + " + "1 + " * LONG + "1"})),
        "deep code": as_json(_with_first(tree, {"source": "(" * LONG})),
        "nested metadata": b'{"metadata": ' + b'{"a":' * 3000 + b"1" + b"}" * 3001,
    }


def _with_first(tree: dict[str, Any], change: dict[str, Any]) -> dict[str, Any]:
    first, *rest = tree["cells"]
    return tree | {"cells": [first | change, *rest]}


def test_other_wrappings(exercise: Exercise, valid: bytes) -> None:
    """Archives, other encodings, doubled keys, huge attachments and outputs; some cut off."""
    kinds = wrapped(valid)

    @given(kind=st.sampled_from(sorted(kinds)), end=st.none() | st.integers(1, 400))
    @ANY
    def attack(kind: str, end: int | None) -> None:
        check(exercise, kinds[kind][:end])

    attack()


@pytest.mark.usefixtures("exercise")
def test_the_api_takes_or_refuses_them(
    learner: User,
    valid: bytes,
    client: Client,
    token_of: Callable[[User], dict[str, str]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """By the whole route: 202, or a problem with a code; never a server error."""
    header = token_of(learner)
    monkeypatch.setattr(queue, "enqueue", lambda _key: None)
    monkeypatch.setattr("exercises.api.views.SubmissionThrottle.rate", "1000000/min")

    @given(data=damaged(valid) | NOTEBOOKS.map(as_json))
    @ANY
    def attack(data: bytes) -> None:
        sent("uploads")
        file = SimpleUploadedFile("n.ipynb", data)
        answer = client.post(
            f"/api/v1/exercises/{SLUG}/submissions/", {"notebook": file}, headers=header
        )
        assert answer.status_code in {202, 400, 409}, answer.content
        if answer.status_code != 202:
            assert answer.json()["code"]

    attack()
