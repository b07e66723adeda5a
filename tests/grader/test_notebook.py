"""Uploaded bytes become a notebook, or a refusal that names the fix, at a bounded cost."""

from __future__ import annotations

import copy
import json
import time
from typing import Any

import nbformat
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.errors import NotebookRefused
from grader.json_scan import JsonScan
from grader.notebook import MAX_BYTES, find_parameters_cells, read_notebook, without_outputs

GOOD: dict[str, Any] = {
    "nbformat": 4,
    "nbformat_minor": 5,
    "metadata": {"kernelspec": {"name": "python3", "display_name": "Python 3"}},
    "cells": [
        {
            "cell_type": "code",
            "id": "parameters",
            "metadata": {"tags": ["parameters"]},
            "source": ["rows = [1]\n", "seed = 0"],
            "outputs": [],
            "execution_count": None,
        },
        {"cell_type": "markdown", "id": "words", "metadata": {}, "source": "Words."},
    ],
}


def notebook(**changes: Any) -> bytes:
    """Give a good notebook with some top-level keys replaced."""
    return json.dumps({**copy.deepcopy(GOOD), **changes}).encode()


def cells(*many: dict[str, Any]) -> bytes:
    """Give a notebook with these cells."""
    return notebook(cells=list(many))


def refused(data: bytes) -> NotebookRefused:
    """Read and return the refusal."""
    with pytest.raises(NotebookRefused) as caught:
        find_parameters_cells(read_notebook(data), ("rows", "seed"))
    return caught.value


CODE = GOOD["cells"][0]
BAD: dict[str, tuple[bytes, str, str]] = {
    "100 MB": (b"x" * 100_000_000, "too_large_upload", "Clear all outputs"),
    "3 MB of text": (cells({**CODE, "source": "x" * 3_000_000}), "too_large", "Clear all outputs"),
    "10 million brackets": (b"[" * 10_000_000, "too_large", "Clear all outputs"),
    "10 million quotes": (b'"' * 10_000_000, "too_large", "Clear all outputs"),
    "10 million backslashes": (b"\\" * 10_000_000, "too_large", "Clear all outputs"),
    "a million outputs": (b'"outputs":[],' * 800_000, "too_large", "Clear all outputs"),
    "a Python file": (b"# %%\nimport numpy as np\n", "python_file", ".py"),
    "HTML": (b"<!DOCTYPE html>\n<html></html>", "html", "Download .ipynb"),
    "empty": (b"  \n", "empty", "Save"),
    "a picture": (b"\x89PNG\r\n\x1a\n" + b"\0" * 64, "not_text", ".ipynb"),
    "an archive": (b"PK\x03\x04 and more", "zip", ".ipynb"),
    "Windows-1252": (
        notebook(cells=[{**CODE, "source": "d#bts"}]).replace(b"#", b"\xe9"),
        "not_utf8",
        "UTF-8",
    ),
    "not UTF-8": (b'{"nbformat": "\xff"}', "not_utf8", "UTF-8"),
    "half a character": (cells({**CODE, "source": "\ud800"}), "not_text", ".ipynb"),
    "a million brackets": (b"[" * 1_000_000, "too_deep", "64"),
    "a million objects": (b'{"a":' * 200_000, "too_deep", "64"),
    "cut off": (notebook()[:-9], "not_json", "line"),
    "NaN": (b'{"nbformat": NaN}', "other_format", "nbconvert"),
    "an endless number": (b'{"nbformat": ' + b"9" * 100_000 + b"}", "not_json", "line"),
    "a list": (b"[]", "not_a_notebook", ".ipynb"),
    "another document": (b'{"a": 1}', "not_a_notebook", ".ipynb"),
    "cells that are no list": (notebook(cells={"a": 1}), "not_a_notebook", ".ipynb"),
    "cells that are no cells": (notebook(cells=[1, 2]), "not_a_notebook", ".ipynb"),
    "nbformat 3": (notebook(nbformat=3), "other_format", "nbconvert"),
    "a format of text": (notebook(nbformat="4" * 500), "other_format", "nbconvert"),
    "10,000 cells": (cells(*[CODE] * 10_000), "too_many_cells", "500"),
    "kernel R": (
        notebook(metadata={"kernelspec": {"name": "ir", "language": "R", "display_name": "R"}}),
        "other_language",
        "Python 3 kernel",
    ),
    "language Julia": (
        notebook(metadata={"language_info": {"name": "julia"}}),
        "other_language",
        "",
    ),
    "no code": (cells(GOOD["cells"][1]), "no_code", "starter"),
    "no parameters": (
        cells({**CODE, "metadata": {}, "source": "x = 1"}),
        "no_parameters_cell",
        "rows, seed",
    ),
    "source of numbers": (cells({**CODE, "source": 3}), "invalid", "Jupyter"),
    "an unknown cell type": (cells({**CODE, "cell_type": "code2"}), "invalid", "Jupyter"),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_files_are_refused_with_the_mend(name: str) -> None:
    """Each kind of bad file gets its own reason and a sentence that names the fix, quickly."""
    data, reason, fix = BAD[name]
    started = time.process_time()
    refusal = refused(data)
    assert refusal.reason == reason
    assert fix in str(refusal)
    assert time.process_time() - started < 2


def test_a_good_notebook_is_read() -> None:
    """Sources are joined and the parameters cell is found among the code cells."""
    read = read_notebook(notebook())
    assert read.cells[0].source == "rows = [1]\nseed = 0"
    assert find_parameters_cells(read, ("rows",)) == (0,)


def test_an_exercise_without_parameters_needs_no_cell() -> None:
    """Where nothing is drawn, nothing has to be tagged."""
    read = read_notebook(cells({**CODE, "metadata": {}}))
    assert find_parameters_cells(read, ()) == ()


def test_copied_cells_get_ids_of_their_own() -> None:
    """A copied cell shares its id; after reading, every id is unique and the notebook valid."""
    read = read_notebook(cells(CODE, CODE, CODE, {**CODE, "id": "cell-1"}))
    ids = [cell.id for cell in read.cells]
    assert len(set(ids)) == len(ids)
    nbformat.validate(read)


def test_older_minor_versions_are_read() -> None:
    """Format 4.2 knows no cell ids; it is read as 4.5."""
    old = {key: value for key, value in CODE.items() if key != "id"}
    read = read_notebook(notebook(nbformat_minor=2, cells=[old]))
    assert (read.nbformat_minor, read.cells[0].id) == (5, "cell-0")


def test_outputs_are_dropped() -> None:
    """What the learner's own run printed is not kept: ours replaces it."""
    output = {"output_type": "stream", "name": "stdout", "text": "hello"}
    read = read_notebook(cells({**CODE, "outputs": [output], "execution_count": 7}))
    assert read.cells[0].outputs == []
    assert read.cells[0].execution_count is None


REPAIRED: dict[str, dict[str, Any]] = {
    "tags of numbers": {"metadata": {"tags": 3}},
    "one tag": {"metadata": {"tags": "parameters"}},
    "a tag twice": {"metadata": {"tags": ["parameters", "parameters"]}},
    "metadata of text": {"metadata": "x"},
    "no metadata": {"metadata": None},
    "wrong metadata": {"metadata": {"collapsed": "yes", "name": "", "jupyter": 3}},
    "NaN": {"metadata": {"width": float("nan")}},
    "keys of another tool": {"colab_type": "code", "prompt_number": 3},
    "no source": {"source": None},
    "attachments of code": {"attachments": {}},
}


@pytest.mark.parametrize("name", REPAIRED)
def test_trivial_faults_are_repaired(name: str) -> None:
    """What does not matter to the run is no reason to refuse it."""
    read = read_notebook(cells({**CODE, **REPAIRED[name]}, CODE))
    nbformat.validate(read)


@pytest.mark.parametrize("metadata", ["x", None, {"kernelspec": {}}, {"kernelspec": {"name": 3}}])
def test_the_notebooks_metadata_is_repaired(metadata: Any) -> None:
    """A kernel without a name to show is completed."""
    nbformat.validate(read_notebook(notebook(metadata=metadata)))


def test_utf_16_is_read() -> None:
    """A notebook that a Windows editor saved as UTF-16 is read."""
    read = read_notebook(notebook().decode().encode("utf-16"))
    assert read.cells[0].source == "rows = [1]\nseed = 0"


def test_outputs_are_cut_out_before_the_size_is_measured() -> None:
    """Megabytes of outputs and of widgets' state leave a small file, with its lines."""
    html = {
        "output_type": "display_data",
        "metadata": {},
        "data": {"text/html": ('a\\"]' + "x" * 60) * 10**5},
    }
    source = '"outputs": [1], "widgets": {'
    tree = json.loads(cells({**CODE, "outputs": [html], "source": source}))
    tree["metadata"]["widgets"] = {"state": {"a": ["x" * 10**6]}}
    data = json.dumps(tree, indent=1).encode()
    assert len(data) > 3 * MAX_BYTES
    cut = without_outputs(data)
    assert len(cut) < 2000
    assert cut.count(b"\n") == data.count(b"\n")
    assert json.loads(cut)["cells"][0]["outputs"] == []
    assert read_notebook(data).cells[0].source == source


FOUND: dict[str, tuple[list[tuple[str, list[str]]], tuple[int, ...]]] = {
    "tagged": ([("rows = [1]\nseed = 0", ["parameters"]), ("x = rows", [])], (0,)),
    "no tag": ([("import os", []), ("rows = [1]\nseed = 0", [])], (1,)),
    "split": ([("rows = [1]", ["parameters"]), ("seed = 0", [])], (0, 1)),
    "copied": ([("rows = [1]", ["parameters"]), ("x = 1", []), ("seed = 0", ["params"])], (0, 2)),
    "renamed": ([("rows = [1]; seed = 0", ["Parameters"])], (0,)),
    "annotated": ([("rows: list = [1]\nseed: int = 0", [])], (0,)),
    "a tuple": ([("rows, seed = [1], 0", [])], (0,)),
    "no assignment": ([("rows == [1]\nf(rows=1)\n  seed = 1", []), ("rows = seed = 0", [])], (1,)),
}


@pytest.mark.parametrize("name", FOUND)
def test_the_parameters_cell_is_found_by_what_it_assigns(name: str) -> None:
    """Tags get lost, and cells split, copied and merged: what they assign tells."""
    sources, expected = FOUND[name]
    made = [{**CODE, "source": text, "metadata": {"tags": tags}} for text, tags in sources]
    assert find_parameters_cells(read_notebook(cells(*made)), ("rows", "seed")) == expected


def test_brackets_in_strings_do_not_count() -> None:
    """Code full of brackets is no deep nesting."""
    text = json.dumps({"a": "[" * 1000 + '"\\' + "{" * 1000})
    assert JsonScan(text.encode()).max_depth == 1


def test_unfinished_strings_cost_linear_time() -> None:
    """Two million quotes and backslashes are scanned once, not once per quote."""
    started = time.process_time()
    for unit in (b'"\\', b'\\"', b'"'):
        JsonScan(unit * 1_000_000)
    assert time.process_time() - started < 5


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4)
    ),
    max_leaves=12,
)
cell_like = st.dictionaries(
    st.sampled_from(["cell_type", "id", "metadata", "source", "outputs", "execution_count"]),
    st.sampled_from(["code", "markdown", "raw"]) | json_values,
)


@settings(max_examples=150, deadline=None)
@given(
    st.fixed_dictionaries(
        {
            "nbformat": st.just(4) | json_values,
            "cells": st.lists(cell_like, max_size=4) | json_values,
        },
        optional={"metadata": json_values, "nbformat_minor": json_values},
    )
)
def test_any_json_is_read_or_refused(tree: dict[str, Any]) -> None:
    """No tree of JSON makes the reader do anything but read or refuse."""
    try:
        read = read_notebook(json.dumps(tree).encode())
    except NotebookRefused as refusal:
        assert str(refusal)  # noqa: PT017 - either way is right, and both are looked at
    else:
        nbformat.validate(read)


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=400))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    """No bytes make the reader do anything but read or refuse."""
    with pytest.raises(NotebookRefused):
        read_notebook(data)
