"""Cells and outputs in order, under the page's bounds on size and time."""

from __future__ import annotations

import base64
import contextlib
import html
import json
import signal
import threading
import time
from typing import TYPE_CHECKING, Any, Final

from grader.notebook_page.formatted_text import latex_html, markdown_html, python_html
from grader.notebook_page.sanitising import note, output_html
from grader.notebook_page.terminal_text import terminal_html

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

MAX_PAGE_CHARACTERS: Final = 4 * 2**20
"""Pictures included; what comes after is replaced by a note."""
MAX_TEXT: Final = 200_000
"""Characters of one text output."""
MAX_JSON: Final = 20_000
RENDER_SECONDS: Final = 2.0
"""CPU time for formatting; what is left then is shown as plain text, in time linear in its size."""

NO_ROOM: Final = "The rest of this cell was left out: the notebook is too large to be shown here."
CUT: Final = "The output was cut off here: it is too long to be shown."
NO_VIEW: Final = "An output was left out: it has no form that can be shown here."
NO_TIME: Final = "Shown without formatting: the notebook takes too long to format."
RASTER: Final = ("image/png", "image/jpeg", "image/gif")


class _TimeIsUp(BaseException):
    """Raised by the timer; a BaseException, so that nothing on the way takes it for its own."""


def render_notebook(notebook: Mapping[str, Any], *, seconds: float = RENDER_SECONDS) -> str:
    """Return an nbformat 4 document as the HTML of a page's body.

    Args:
        notebook: with the outputs that `grader.sandbox.outputs` has rebuilt.
        seconds: CPU time for formatting; enforced in a main thread only.
    """
    cells = list(notebook.get("cells", ()))
    written: list[str] = []
    with contextlib.suppress(_TimeIsUp), _time_limit(seconds):
        started = time.process_time()
        for cell in cells:
            written.append(_cell(cell, formatted=True))  # kept when time is up
            if time.process_time() - started > seconds:
                break  # a callback of the sanitiser has swallowed the timer's exception
    done = len(written)
    if done < len(cells):
        written.append(note(NO_TIME))
        written += [_cell(cell, formatted=False) for cell in cells[done:]]
    return "".join(_bounded(written))


@contextlib.contextmanager
def _time_limit(seconds: float) -> Iterator[None]:
    """Raise `_TimeIsUp` once this much CPU time is used; without effect outside a main thread."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def ring(_number: int, _frame: object) -> None:
        raise _TimeIsUp

    before = signal.signal(signal.SIGPROF, ring)
    signal.setitimer(signal.ITIMER_PROF, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)


def _bounded(written: Sequence[str]) -> Iterator[str]:
    room = MAX_PAGE_CHARACTERS
    for piece in written:
        room -= len(piece)
        if room < 0:
            yield note(NO_ROOM)
            return
        yield piece


def _cell(cell: Mapping[str, Any], *, formatted: bool) -> str:
    source = _text(cell.get("source"))
    if cell.get("cell_type") != "code":
        shown = (
            markdown_html(source, cell.get("attachments") or {})
            if formatted and cell.get("cell_type") == "markdown"
            else f"<pre>{html.escape(source)}</pre>"
        )
        return f'<div class="cell">{shown}</div>'
    count = cell.get("execution_count")
    number = count if type(count) is int else " "
    code = python_html(source) if formatted else html.escape(source)
    outputs: list[str] = []
    room = MAX_PAGE_CHARACTERS
    for output in cell.get("outputs", ()):
        shown = _output(output, formatted=formatted)
        room -= len(shown)
        if room < 0:
            outputs.append(note(NO_ROOM))
            break
        outputs.append(shown)
    return (
        f'<div class="cell"><div class="prompt">In [{number}]:</div>'
        f'<div class="input_area highlight"><pre>{code}</pre></div>{"".join(outputs)}</div>'
    )


def _output(output: Mapping[str, Any], *, formatted: bool) -> str:
    kind = output.get("output_type")
    if kind == "stream":
        name = "stderr" if output.get("name") == "stderr" else "stdout"
        return _area(_pre(_text(output.get("text")), formatted=formatted), f"output_{name}")
    if kind == "error":
        trace = "\n".join(str(line) for line in output.get("traceback", ()))
        text = trace.strip("\n") or f"{output.get('ename')}: {output.get('evalue')}"
        return _area(_pre(text, formatted=formatted), "output_error")
    return _area(_display(output.get("data") or {}, formatted=formatted), "output_display")


def _area(shown: str, name: str) -> str:
    return f'<div class="output_area {name}">{shown}</div>'


def _pre(text: str, *, formatted: bool) -> str:
    kept = text[:MAX_TEXT]
    shown = terminal_html(kept) if formatted else html.escape(kept)
    return f"<pre>{shown}</pre>" + (note(CUT) if len(text) > MAX_TEXT else "")


def _display(data: Mapping[str, Any], *, formatted: bool) -> str:
    """The richest form of one display that a page without scripts can show."""
    plain = _text(data.get("text/plain"))
    return _picture(data, plain) or (
        _rich_text(data, plain) if formatted else _pre(plain, formatted=False)
    )


def _picture(data: Mapping[str, Any], plain: str) -> str:
    for mime in RASTER:
        if isinstance(data.get(mime), str):
            alt = html.escape(plain[:200])
            source = "".join(data[mime].split())
            return f'<img src="data:{mime};base64,{html.escape(source)}" alt="{alt}">'
    if drawing := _text(data.get("image/svg+xml")):
        # As a picture: a drawing inside the page could carry scripts.
        source = base64.b64encode(drawing.encode(errors="replace")).decode()
        return f'<img src="data:image/svg+xml;base64,{source}" alt="">'
    return ""


def _rich_text(data: Mapping[str, Any], plain: str) -> str:
    if markup := _text(data.get("text/html")):
        return output_html(markup)
    if latex := _text(data.get("text/latex")):
        return latex_html(latex)
    if markdown := _text(data.get("text/markdown")):
        return markdown_html(markdown, {})
    if not plain and "application/json" in data:
        plain = json.dumps(data["application/json"])[:MAX_JSON]
    return _pre(plain, formatted=True) if plain else note(NO_VIEW)


def _text(value: object) -> str:
    if isinstance(value, list):
        return "".join(str(part) for part in value)
    return value if isinstance(value, str) else ""
