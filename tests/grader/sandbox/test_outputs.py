"""Outputs are rebuilt on the host from allowed types only; no sandbox is started here."""

from __future__ import annotations

from typing import Any

import pytest

from grader.sandbox.inside import frames
from grader.sandbox.inside.frames import BadFrame
from grader.sandbox.outputs import MAX_OUTPUTS, CellOutputs, rebuilt_bundle


def bundle(**data: Any) -> dict[str, Any]:
    """Return a display's body; underscores stand for slashes and plus signs."""
    names = {
        "html": "text/html",
        "png": "image/png",
        "svg": "image/svg+xml",
        "js": "text/javascript",
    }
    return {"data": {names.get(name, name): value for name, value in data.items()}, "metadata": {}}


def shown(*events: tuple[bytes, dict[str, Any]], bound_bytes: int = 10_000) -> CellOutputs:
    """Return a cell's outputs after the frames."""
    outputs = CellOutputs(bound_bytes=bound_bytes)
    for kind, body in events:
        outputs.add_frame(kind, body, cost=len(str(body)))
    return outputs


def test_only_allowed_types_are_kept() -> None:
    """Scripts, widgets and unknown types are dropped, whatever else the bundle contains."""
    data, _ = rebuilt_bundle(
        bundle(html="<b>x</b>", js="alert(1)", **{"application/vnd.jupyter.widget-view+json": {}})
    )
    assert data == {"text/html": "<b>x</b>"}


@pytest.mark.parametrize("value", ["not base64!", 5, None, ["x"], "\u00e4"])
def test_a_picture_must_be_base64(value: object) -> None:
    """An image that is not base64 is dropped."""
    assert rebuilt_bundle(bundle(png=value))[0] == {}


def test_a_picture_keeps_its_size_and_nothing_else() -> None:
    """Width and height are kept as plausible numbers; other metadata is not."""
    body = bundle(png="AAAA")
    body["metadata"] = {"image/png": {"width": 10, "height": -1, "style": "x"}, "other": 1}
    assert rebuilt_bundle(body) == ({"image/png": "AAAA"}, {"image/png": {"width": 10}})


def test_json_is_kept_to_a_depth() -> None:
    """Deeply nested JSON is dropped."""
    deep: list[Any] = []
    for _ in range(20):
        deep = [deep]
    assert rebuilt_bundle(bundle(**{"application/json": [[1]]}))[0] == {"application/json": [[1]]}
    assert rebuilt_bundle(bundle(**{"application/json": deep}))[0] == {}


def test_streams_of_one_name_are_joined() -> None:
    """Consecutive text is one output, as in a saved notebook."""
    texts = [("stdout", "a"), ("stdout", "b"), ("stderr", "c"), ("stdout", "d")]
    outputs = shown(*((frames.STREAM, {"name": name, "text": text}) for name, text in texts))
    assert [(o["name"], o["text"]) for o in outputs.outcome().outputs] == [
        ("stdout", "ab"),
        ("stderr", "c"),
        ("stdout", "d"),
    ]


def test_too_many_outputs_are_truncated() -> None:
    """A cell keeps a maximum number of outputs and a truncation marker."""
    event = (frames.DISPLAY, bundle(html="x"))
    outputs = shown(*[event] * (MAX_OUTPUTS + 5), bound_bytes=10**9)
    outcome = outputs.outcome()
    assert len(outcome.outputs) == MAX_OUTPUTS + 1
    assert outcome.truncated


def test_an_update_changes_what_was_shown() -> None:
    """A display with an id is replaced in place; an update of an unknown id shows nothing."""
    first = bundle(html="1") | {"display_id": "i", "update": False}
    second = bundle(html="2") | {"display_id": "i", "update": True}
    lost = bundle(html="3") | {"display_id": "other", "update": True}
    outputs = shown((frames.DISPLAY, first), (frames.DISPLAY, second), (frames.DISPLAY, lost))
    assert [o["data"]["text/html"] for o in outputs.outcome().outputs] == ["2"]


def test_clearing_waits_when_it_is_asked_to() -> None:
    """With ``wait`` the old output stays until there is new."""
    text = (frames.STREAM, {"name": "stdout", "text": "old"})
    waiting = shown(text, (frames.CLEAR, {"wait": True}))
    assert len(waiting.outcome().outputs) == 1
    assert shown(text, (frames.CLEAR, {"wait": False})).outcome().outputs == ()


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        (frames.STREAM, {"name": "stdout", "text": 1}),
        (frames.STREAM, {"name": "other", "text": ""}),
        (frames.ERROR, {"name": "E", "message": "m"}),
        (frames.DISPLAY, {"data": []}),
        (frames.RESULT, {"data": {}, "metadata": 1}),
    ],
)
def test_malformed_frames_are_refused(kind: bytes, body: dict[str, Any]) -> None:
    """The runner sends complete frames; others are forged by the learner."""
    with pytest.raises(BadFrame):
        shown((kind, body))
