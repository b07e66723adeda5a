"""Outputs on their way to the page: bounded, cleaned, built anew."""

from __future__ import annotations

import base64
import struct
from typing import Any

from exercises.workbench.outputs import IMAGE_BYTES, IMAGES, TEXT_BYTES, CellOutputs, plain


def _shown(*outputs: dict[str, Any]) -> list[dict[str, Any]]:
    cell = CellOutputs()
    made = [shown for output in outputs for shown in cell.add(output)]
    note = cell.note()
    return made if note is None else [*made, note]


def _display(**data: str) -> dict[str, Any]:
    names = {"png": "image/png", "svg": "image/svg+xml", "html": "text/html", "text": "text/plain"}
    return {
        "output_type": "display_data",
        "data": {names[kind]: value for kind, value in data.items()},
        "metadata": {},
    }


def _stream(text: str, name: str = "stdout") -> dict[str, Any]:
    return {"output_type": "stream", "name": name, "text": text}


def test_terminal_codes_and_progress_bars_become_text() -> None:
    """Colours, cursor movements and titles go; a line that was written over shows its end."""
    assert plain("\x1b[1;31mred\x1b[0m\x1b]0;title\x07\x00") == "red"
    assert plain("10%\r50%\r100%\ndone\r\n") == "100%\ndone\n"


def test_pieces_of_a_stream_count_as_one_output() -> None:
    """A loop that prints a thousand short lines is shown whole."""
    shown = _shown(*(_stream(f"{number}\n") for number in range(1000)))

    assert len(shown) == 1000
    assert shown[-1]["text"] == "999\n"


def test_text_beyond_its_bound_is_counted() -> None:
    """What fits is shown, then a note says how many lines were not."""
    shown = _shown(_stream("x" * TEXT_BYTES), _stream("one\ntwo\n"), _display(text="more"))

    assert [one["type"] for one in shown] == ["stream", "note"]
    assert shown[-1]["text"] == "2 more lines were not shown."


def test_pictures_are_bounded_in_size_and_number() -> None:
    """A large one becomes a note; after eight, the rest is counted; a PNG tells its size."""
    head = struct.pack(">8sI4sII", b"\x89PNG\r\n\x1a\n", 13, b"IHDR", 640, 480)
    small = base64.b64encode(head + bytes(40)).decode()
    large = base64.b64encode(bytes(IMAGE_BYTES + 1000)).decode()

    assert _shown(_display(png=large))[0]["type"] == "note"
    shown = _shown(*[_display(png=small)] * (IMAGES + 2))
    assert [one["type"] for one in shown] == ["image"] * IMAGES + ["note"]
    assert (shown[0]["width"], shown[0]["height"]) == (640, 480)


def test_a_drawing_is_a_picture_and_never_markup() -> None:
    """An SVG goes into an address of its own, where it runs nothing."""
    (shown,) = _shown(_display(svg="<svg onload='bad()'/>"))

    assert shown["src"].startswith("data:image/svg+xml;base64,")


def test_html_keeps_its_table_and_nothing_that_acts() -> None:
    """Without what its scripts would draw, the text of an output is shown instead."""
    table = "<style>a</style><table id=x class=y style=z><tr><th scope=row>1</th></tr></table>"
    (shown,) = _shown(_display(html=table + "<a href=javascript:bad()>l</a>", text="t"))
    assert shown["html"] == '<table><tbody><tr><th scope="row">1</th></tr></tbody></table>l'
    assert _shown(_display(html="<script>bad()</script>", text="t"))[0] == {
        "type": "text",
        "text": "t",
    }
