"""Frames made to cost the host memory or time: each is refused or read within a ceiling."""

from __future__ import annotations

import json
import time
import tracemalloc
from typing import TYPE_CHECKING

import pytest

from grader.errors import NotebookRefused
from grader.notebook import MAX_BYTES, read_notebook
from grader.sandbox import validation
from grader.sandbox.inside import frames
from grader.sandbox.inside.frames import BadFrame
from grader.sandbox.monitor import STRUCTURE_COST_BYTES, _structure_cost
from grader.sandbox.outputs import MAX_OUTPUTS, CellOutputs

if TYPE_CHECKING:
    from collections.abc import Callable

MIB = 2**20
MOST_PEAK_BYTES = 150 * MIB
"""Before, the header of 40 MiB of empty lists took 1,217 MiB."""
MOST_SECONDS = 3.0


def peak_and_seconds(work: Callable[[], object]) -> tuple[int, float]:
    """Return the bytes that `work` allocates at most, and its CPU seconds without measuring."""
    started = time.process_time()
    work()
    seconds = time.process_time() - started
    tracemalloc.start()
    try:
        work()
        return tracemalloc.get_traced_memory()[1], seconds
    finally:
        tracemalloc.stop()


def answer(body: bytes) -> object:
    """Read an answer's frame as the monitor does."""
    return validation.validate_answer(body, declared=("x",), cell=0, bound_bytes=16 * MIB)


def shaped(shape: list[int], dtype: str = "<f8", raw: bytes = b"") -> bytes:
    """Make the frame of an answer with one array."""
    header = {
        "name": "x",
        "source": "ndarray",
        "arrays": [{"key": "", "dtype": dtype, "shape": shape}],
    }
    return json.dumps(header).encode() + b"\n" + raw


@pytest.mark.parametrize(
    "header",
    [
        b"[" + b"[]," * (40 * MIB // 3),
        b'{"name":"x","a":[' + b"[]," * (7 * MIB // 3) + b"1]}",
        b'{"name":"x","a":[' + b"{}," * (7 * MIB // 3) + b"1]}",
        b'{"name":"x","a":[' + b'"ab",' * (7 * MIB // 5) + b"1]}",
        b'{"name":"x","a":[' + b"0.1," * (7 * MIB // 4) + b"1]}",
        b'{"name":"x","a":"' + b"," * (40 * MIB) + b'"}',
        b'"' * (7 * MIB),
        b"\\" * (7 * MIB),
    ],
    ids=["lists", "few lists", "objects", "strings", "numbers", "long", "quotes", "escapes"],
)
def test_a_header_of_many_values_is_refused_before_it_is_parsed(header: bytes) -> None:
    """Neither its length nor the objects that it would become cost more than the ceiling."""

    def read() -> None:
        with pytest.raises(BadFrame):
            answer(header + b"\n")

    peak, seconds = peak_and_seconds(read)
    assert peak < MOST_PEAK_BYTES
    assert seconds < MOST_SECONDS


@pytest.mark.parametrize(
    ("shape", "dtype"),
    [
        ([0, 2**31 - 1, 2**31 - 1, 2**31 - 1], "<f8"),
        ([2**31 - 1, 0, 2**31 - 1, 2**31 - 1], "|b1"),
        ([2**31 - 1] * 8, "<i8"),
        ([0] * 8, "<U99999999"),
        ([0, 2**30], "<U99999999"),
    ],
)
def test_an_impossible_shape_is_a_bad_frame(shape: list[int], dtype: str) -> None:
    """A shape that numpy could not even describe raises nothing but BadFrame."""
    try:
        answer(shaped(shape, dtype))
    except BadFrame:
        return
    assert 0 in shape  # an empty array of a possible shape is an answer


def test_empty_arrays_of_ordinary_shapes_are_answers() -> None:
    """The bound does not touch what a learner's empty table looks like."""
    found = validation.validate_answer(
        shaped([0, 30]), declared=("x",), cell=0, bound_bytes=16 * MIB
    )
    assert found.array is not None
    assert found.array.shape == (0, 30)


def test_the_names_of_the_longest_table_are_read() -> None:
    """A hundred thousand row names stay below the bounds."""
    header = json.loads(shaped([100_000, 1]).split(b"\n")[0])
    header["index"] = [f"row {number}" for number in range(100_000)]
    raw = bytes(8 * 100_000)
    found = validation.validate_answer(
        json.dumps(header).encode() + b"\n" + raw, declared=("x",), cell=0, bound_bytes=16 * MIB
    )
    assert found.index is not None
    assert len(found.index) == 100_000


def test_an_output_of_many_values_costs_more_than_its_text() -> None:
    """A JSON output of 1.9 MB of empty lists uses up the run's output limit; text does not."""
    lists = json.dumps({"data": {"application/json": [[]] * 100_000}, "metadata": {}}).encode()
    text = json.dumps({"name": "stdout", "text": "[1, 2, 3], " * 40_000}).encode()

    assert _structure_cost(lists) > 100_000 * STRUCTURE_COST_BYTES
    assert _structure_cost(text) == 0
    with pytest.raises(BadFrame):
        frames.parse(b'{"data":{"application/json":[' + b"[]," * 630_000 + b"1]}}")


def test_many_tracebacks_are_bounded() -> None:
    """Tracebacks count like other outputs; beyond the bound the latest replaces the one before."""
    cell = CellOutputs(bound_bytes=2 * MIB)
    for number in range(3 * MAX_OUTPUTS):
        body = {"name": "E", "message": str(number), "traceback": "\n" * 5000}
        cell.add_frame(frames.ERROR, body, cost=100)

    outputs = cell.outcome().outputs
    assert len(outputs) <= MAX_OUTPUTS + 2
    assert outputs[-1]["evalue"] == str(3 * MAX_OUTPUTS - 1)
    assert max(len(one.get("traceback", ())) for one in outputs) <= 2000


@pytest.mark.parametrize("piece", [b"{},", b"[],", b'"ab",', b'"a",', b"0.1,"])
def test_an_upload_of_many_values_is_read_within_the_ceiling(piece: bytes) -> None:
    """Two megabytes of metadata cost the web process no more than the ceiling."""
    start, end = b'{"nbformat":4,"nbformat_minor":5,"cells":[],"metadata":{"a":[', b"1]}}"
    data = start + piece * ((MAX_BYTES - len(start) - len(end)) // len(piece)) + end

    def read() -> None:
        with pytest.raises(NotebookRefused):
            read_notebook(data)

    peak, seconds = peak_and_seconds(read)
    assert peak < MOST_PEAK_BYTES
    assert seconds < MOST_SECONDS
