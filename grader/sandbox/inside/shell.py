"""IPython without a terminal: everything that a cell shows becomes a frame."""

from __future__ import annotations

import base64
import io
import json
import os
import sys
import threading
import traceback
from typing import Any, Final

from IPython.core.displayhook import DisplayHook
from IPython.core.displaypub import DisplayPublisher
from IPython.core.interactiveshell import InteractiveShell

from . import forgiveness, frames, hints

EAGER_WRITES: Final = 200
"""The first writes of a cell are sent at once, so that a kill loses none of them; later ones are
buffered up to 8 KiB or the end of the cell, so that a print loop costs few frames."""
BUFFERED_CHARACTERS: Final = 8192
CHUNK_CHARACTERS: Final = 16384
TRACEBACK_CHARACTERS: Final = 32768
SMALL_BYTES: Final = 4096
"""A display below this is never left out: many of them are an endless loop, not a rich page."""
PATIENCE: Final = 4
"""An endless print is ended after this many times the output limit; less is only left out."""
NO_SHELL: Final = "Shell commands are disabled here; nothing was run: {command}\n"


class FrameWriter:
    """Sends a cell's outputs as frames on the pipe, with bounded sizes."""

    def __init__(self, pipe: int, *, cell_bytes: int, total_bytes: int) -> None:
        self._pipe = pipe
        self._room = total_bytes - max(total_bytes // 8, min(65536, total_bytes // 2))
        self._patience = PATIENCE * total_bytes
        self._cell_is_cut = False
        self._pid = os.getpid()
        self._lock = threading.RLock()
        self._cell_bytes = cell_bytes
        self._text: list[str] = []
        self._text_size = 0
        self._name = "stdout"
        self._writes = 0
        self._count = 0
        self.shown_error: BaseException | None = None

    @property
    def is_own(self) -> bool:
        """Whether this is the process whose frames are sent, and no fork of the learner's."""
        return os.getpid() == self._pid

    def adopt(self) -> None:
        """Send the frames of this process from now on."""
        self._pid = os.getpid()

    def attach(self, shell: Any) -> None:
        """Become the shell's stdout, stderr, display publisher and display hook."""
        sys.stdout = sys.__stdout__ = Stream(self, "stdout")  # type: ignore[misc,assignment]
        sys.stderr = sys.__stderr__ = Stream(self, "stderr")  # type: ignore[misc,assignment]
        shell.display_pub.writer = self
        shell.displayhook.writer = self
        shell.writer = self

    def send(self, frame: bytes) -> None:
        """Write one complete frame; processes forked by the learner send nothing."""
        if not self.is_own:
            return
        with self._lock:
            view = memoryview(frame)
            while view:
                view = view[os.write(self._pipe, view) :]

    def write(self, name: str, text: str) -> None:
        """Buffer text for stdout or stderr."""
        with self._lock:
            if name != self._name:
                self.flush()
                self._name = name
            self._text.append(text)
            self._text_size += len(text)
            self._writes += 1
            if self._writes <= EAGER_WRITES or self._text_size >= BUFFERED_CHARACTERS:
                self.flush()

    def flush(self) -> None:
        """Send the buffered text."""
        with self._lock:
            text, self._text, self._text_size = "".join(self._text), [], 0
            for start in range(0, len(text), CHUNK_CHARACTERS):
                chunk = text[start : start + CHUNK_CHARACTERS]
                frame = frames.pack(frames.STREAM, {"name": self._name, "text": chunk})
                if self._has_room(len(frame)):
                    self.send(frame)

    def show(self, kind: bytes, body: dict[str, Any]) -> None:
        """Send a display or a result; one too large for the cell is replaced by a marker."""
        self.flush()
        body["data"] = {str(mime): _plain(value) for mime, value in body["data"].items()}
        frame = frames.pack(kind, body)
        if len(frame) > self._cell_bytes:
            self._cut(len(frame))
        elif len(frame) < SMALL_BYTES or self._has_room(len(frame)):
            self.send(frame)

    def _has_room(self, size: int) -> bool:
        """Whether the run may show more; what it may not is left out, with one mark per cell."""
        if self._room >= size or self._patience <= 0:
            self._room -= size
            return True
        self._patience -= size
        if not self._cell_is_cut:
            self._cut(size)
        return False

    def _cut(self, size: int) -> None:
        self._cell_is_cut = True
        self.send(frames.pack(frames.DROPPED, {"bytes": size}))

    def begin_cell(self, number: int, execution_count: int) -> None:
        """Send the start of a cell."""
        self._writes = 0
        self._count = execution_count
        self.shown_error = None
        self._cell_is_cut = False
        self.send(frames.pack(frames.CELL, {"cell": number}))

    def end_cell(self, number: int, *, ok: bool) -> None:
        """Send the end of a cell, and whether it ended without an exception."""
        body = {"cell": number, "execution_count": self._count, "ok": ok}
        self.send(frames.pack(frames.CELL_END, body))

    def finish(self) -> None:
        """Send the end of the notebook."""
        self.flush()
        self.send(frames.pack(frames.FINISHED, {}))

    def show_error(self, shell: Any, error: BaseException, lines: list[str]) -> None:
        """Send an exception with its formatted traceback."""
        self.flush()
        hint = _hint_for(error)
        body = {
            "name": str(type(error).__name__)[:200],
            "message": "\n".join([_text_of(error)[:4000], *hint]),
            "line": _line_of(shell, self._count, error),
            "traceback": "\n".join(["\n".join(lines)[-TRACEBACK_CHARACTERS:], *hint]),
        }
        self.send(frames.pack(frames.ERROR, body))
        self.shown_error = error


class Stream(io.TextIOBase):
    """A text stream that writes frames; it has no descriptor."""

    encoding = "utf-8"
    errors = "replace"

    def __init__(self, writer: FrameWriter, name: str) -> None:
        self._writer = writer
        self.name = name

    def write(self, text: str) -> int:
        """Write `text`."""
        if not isinstance(text, str):
            raise TypeError(f"write() argument must be str, not {type(text).__name__}")
        self._writer.write(self.name, text)
        return len(text)

    def flush(self) -> None:
        """Send the buffered text."""
        self._writer.flush()

    def writable(self) -> bool:
        """Return True: it can be written."""
        return True


class FramePublisher(DisplayPublisher):
    """Sends the outputs of IPython's `display()` as frames."""

    writer: FrameWriter | None = None

    def publish(
        self,
        data: Any,
        metadata: Any = None,
        source: Any = None,  # noqa: ARG002 - the superclass takes it
        *,
        transient: Any = None,
        update: Any = False,
        **kwargs: Any,  # noqa: ARG002 - the same
    ) -> None:
        """Send one display."""
        if self.writer is not None:
            body = {
                "data": data,
                "metadata": _jsonable(metadata or {}),
                "display_id": (transient or {}).get("display_id"),
                "update": bool(update),
            }
            self.writer.show(frames.DISPLAY, body)

    def clear_output(self, wait: bool = False) -> None:  # noqa: FBT001, FBT002 - IPython's signature
        """Send a request to clear the cell."""
        if self.writer is not None:
            self.writer.flush()
            self.writer.send(frames.pack(frames.CLEAR, {"wait": bool(wait)}))


class FrameDisplayHook(DisplayHook):
    """Sends the value of a cell's last expression as a frame."""

    writer: FrameWriter | None = None

    def write_output_prompt(self) -> None:
        """Print no prompt: the frame contains the execution count."""

    def write_format_data(self, format_dict: dict[str, Any], md_dict: Any = None) -> None:
        """Send one result."""
        if self.writer is not None and format_dict:
            body = {
                "data": format_dict,
                "metadata": _jsonable(md_dict or {}),
                "execution_count": self.prompt_count,
            }
            self.writer.show(frames.RESULT, body)

    def finish_displayhook(self) -> None:
        """Print no line end."""
        self._is_active = False


class NotebookShell(InteractiveShell):
    """IPython's shell without a front end."""

    display_pub_class = FramePublisher
    displayhook_class = FrameDisplayHook
    writer: FrameWriter | None = None

    def enable_gui(self, gui: Any = None) -> None:
        """Do nothing: figures are shown inline."""

    def enable_matplotlib(self, gui: Any = None) -> Any:
        """Show figures below their cells, whatever window or widget was asked for."""
        if gui not in (None, "inline", "auto"):
            forgiveness.note(f"%matplotlib {gui}; figures appear below their cells")
        return super().enable_matplotlib("inline")  # type: ignore[no-untyped-call]

    def run_line_magic(self, magic_name: str, line: str, _stack_depth: int = 1) -> Any:
        """Run a magic; one that belongs to another front end is skipped with a note."""
        known = self.find_line_magic(magic_name) is not None  # type: ignore[no-untyped-call]
        if magic_name in forgiveness.SKIPPED_MAGICS or not known:
            forgiveness.note(f"%{magic_name}, which isn't available here")
            return None
        try:
            return super().run_line_magic(magic_name, line, _stack_depth + 1)
        except Exception as error:
            if magic_name not in forgiveness.LENIENT_MAGICS:
                raise
            forgiveness.note(f"%{magic_name} {line} ({type(error).__name__}: {error})"[:500])
            return None

    def ask_exit(self) -> None:
        """Handle `exit` and `quit` like any other exit: the notebook ends here."""
        raise SystemExit

    def _showtraceback(self, etype: Any, evalue: Any, stb: Any) -> None:  # noqa: ARG002
        """Send what the superclass would print; parameter names match its keyword call."""
        if self.writer is not None:
            self.writer.show_error(self, evalue, stb)


def disable_shell_escapes(shell: Any) -> None:
    """Make `!command`, `%sx` and `%pip` print that they did nothing, and continue."""

    def refuse(command: object, *_: object, **__: object) -> Any:
        sys.stderr.write(NO_SHELL.format(command=str(command).strip()[:200]))
        shell.user_ns["_exit_code"] = 1
        return []

    shell.system = shell.system_raw = shell.system_piped = refuse
    shell.getoutput = refuse


def _plain(value: Any) -> Any:
    return base64.b64encode(value).decode() if isinstance(value, bytes) else _jsonable(value)


def _jsonable(value: Any) -> Any:
    try:
        json.dumps(value)
    except (TypeError, ValueError, RecursionError):
        return str(value)
    return value


def _text_of(error: BaseException) -> str:
    try:
        return str(error)
    except Exception:  # noqa: BLE001 - a learner's own __str__ may do anything
        return "<the exception's message could not be read>"


def _hint_for(error: BaseException) -> list[str]:
    try:
        return [hint] if (hint := hints.hint_for(error)) else []
    except Exception:  # noqa: BLE001 - the same
        return []


def _line_of(shell: Any, count: int, error: BaseException) -> int | None:
    """Return the line of the cell that runs now, from 1."""
    names = shell.compile._filename_map  # noqa: SLF001 - IPython's map from file name to cell
    cells = {name for name, number in names.items() if number == count}
    if isinstance(error, SyntaxError):
        return error.lineno
    lines = [
        number
        for frame, number in traceback.walk_tb(error.__traceback__)
        if frame.f_code.co_filename in cells
    ]
    return lines[-1] if lines else None
