"""What comes out of a run's pipe: forged frames and answers end the run, or mean something."""

from __future__ import annotations

import json
from typing import Any, Final

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from exercises.workbench import outputs
from exercises.workbench.documents import pack
from grader.errors import SandboxUnavailable
from grader.sandbox.inside import frames
from grader.sandbox.job import Answer, Event, Job, Verdict
from grader.sandbox.monitor import RunMonitor, Termination
from grader.sandbox.validation import validate_answer
from tests.malformed import ANY, MIB, TREES, bounded_memory, damaged, mutated, sent

KINDS = st.sampled_from([bytes([kind]) for kind in b"CSDRLETAXKQZF"]) | st.binary(
    min_size=1, max_size=1
)
NAMES = st.sampled_from(
    [
        *("cell", "name", "text", "data", "metadata", "display_id", "update", "wait", "ok"),
        *("execution_count", "message", "line", "traceback", "bytes", "failure", "found"),
    ]
)
BODIES = st.dictionaries(NAMES, TREES | st.just("stdout") | st.integers(0, 2), max_size=6)
ARRAY = st.fixed_dictionaries(
    {},
    optional={
        "key": st.sampled_from(["", "base_values", "data", "x"]) | TREES,
        "dtype": st.sampled_from(["<f8", "<i8", "|b1", "<U3", "|O", ">f4", "<M8[ns]"]) | TREES,
        "shape": st.lists(st.integers(-1, 3) | st.just(2**40), max_size=4) | TREES,
    },
)
HEADERS = st.fixed_dictionaries(
    {},
    optional={
        "name": st.just("x") | TREES,
        "source": st.sampled_from(["ndarray", "DataFrame", "dict"]) | TREES,
        "refusal": st.sampled_from([None, "ragged", "x"]) | TREES,
        "arrays": st.lists(ARRAY, max_size=4) | TREES,
        "columns": st.lists(st.text(max_size=4), max_size=4) | TREES,
        "index": TREES,
    },
)


def frame(kind: bytes, body: Any) -> bytes:
    """Return a frame with any JSON in it."""
    return frames.pack(kind, json.dumps(body).encode())


def read(data: bytes) -> None:
    """Read what a run sent, as its monitor does, in two pieces; show it as the workbench does."""
    sent("frames of a run")
    job = Job(cells=("a = 1", "b = 2"), outputs=("x",))
    events: list[Event] = []
    monitor = RunMonitor(job, {}, cores=frozenset({0}), received_at=0.0, on_event=events.append)
    monitor._begin()
    with bounded_memory(len(data)):
        try:
            for piece in (data[: len(data) // 2], data[len(data) // 2 :]):
                termination = monitor._read_frames(piece)
                if termination is not None:
                    assert isinstance(termination, Termination)
                    assert termination.verdict in {Verdict.BAD_OUTPUT, Verdict.OUTPUT_LIMIT}
                    break
        except SandboxUnavailable:
            pass  # a frame that says that isolation failed: our fault, tried again
        shown(events)


def shown(events: list[Event]) -> None:
    """Turn the outputs of a run into those of a page, and store them."""
    cell = outputs.CellOutputs()
    for event in events:
        outcome = event.outcome.outputs if event.outcome else ()
        for output in (event.output, *outcome):
            if output is not None:
                made = list(cell.add(output))
                pack([*made, cell.note()])
                json.dumps(made, ensure_ascii=False).encode()


@given(told=st.lists(st.tuples(KINDS, BODIES | TREES), max_size=8))
@ANY
def test_frames_with_any_content(told: list[tuple[bytes, Any]]) -> None:
    """Known and unknown kinds, in any order, with fields of any type."""
    read(b"".join(frame(kind, body) for kind, body in told))


@given(data=st.binary(max_size=300))
@ANY
def test_any_bytes_on_the_pipe(data: bytes) -> None:
    """No frames at all, or headers that declare any length."""
    read(data)


GENUINE = b"".join(
    [
        frame(frames.CELL, {"cell": 0}),
        frame(frames.STREAM, {"name": "stdout", "text": "1\n"}),
        frame(
            frames.RESULT,
            {"data": {"text/plain": "1"}, "metadata": {}, "execution_count": 1},
        ),
        frame(frames.CELL_END, {"cell": 0, "execution_count": 1, "ok": True}),
    ]
)


@given(data=damaged(GENUINE))
@ANY
def test_damaged_frames(data: bytes) -> None:
    """A genuine stream, with bytes cut out, doubled, and changed."""
    read(data)


DISPLAY: Final = {
    "data": {
        "text/plain": "1",
        "text/html": "<table><tr><td>1</table>",
        "image/png": "iVBORw0KGgo=",
        "image/svg+xml": "<svg/>",
        "application/json": {"a": [1]},
    },
    "metadata": {"image/png": {"width": 10, "height": 10}},
    "display_id": "d",
    "update": False,
}
ERROR: Final = {"name": "E", "message": "m", "traceback": "\x1b[31mE", "line": 1}


@given(
    bodies=st.lists(
        st.tuples(st.sampled_from([frames.DISPLAY, frames.RESULT]), mutated(DISPLAY))
        | st.tuples(st.just(frames.ERROR), mutated(ERROR)),
        min_size=1,
        max_size=4,
    )
)
@ANY
def test_outputs_of_any_kind(bodies: list[tuple[bytes, Any]]) -> None:
    """Pictures, tables, drawings and errors of which some values are no such thing."""
    begin = frame(frames.CELL, {"cell": 0})
    read(begin + b"".join(frame(kind, body) for kind, body in bodies))


@given(header=HEADERS, raw=st.binary(max_size=64))
@ANY
def test_answers_of_any_shape(header: dict[str, Any], raw: bytes) -> None:
    """An answer is plain arrays of declared types and sizes, or refused."""
    sent("answers of a run")
    body = json.dumps(header).encode() + b"\n" + raw
    try:
        answer = validate_answer(body, declared=("x",), cell=0, bound_bytes=MIB)
    except frames.BadFrame:
        return
    assert isinstance(answer, Answer)
    assert answer.name == "x"
    if answer.refusal is None:
        arrays = [answer.array, *answer.parts.values()]
        assert all(isinstance(array, np.ndarray) for array in arrays)
        assert all(array.dtype.kind in "biufcU" for array in arrays if array is not None)
