"""Frames on a byte stream: a kind of one byte, a length, a body.

The host reads frames that a learner's code may have forged: it checks the declared length against
the limit for the kind before it buffers the body.
"""

from __future__ import annotations

import json
import re
import struct
from collections.abc import Callable, Iterator, Mapping
from itertools import islice
from typing import Any, Final

HEADER: Final = struct.Struct(">cI")
MAX_STRUCTURE: Final = 500_000
"""Brackets, commas and strings of one frame: each can become a Python object many times its size.

The names of two axes of the longest table are 400,000."""
_TOKEN: Final = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"?|[\[{,]', re.DOTALL)
"""A string, a bracket or a comma; the closing quote is optional so that nothing is read twice."""
_ESCAPED: Final = re.compile(rb"\\u(?:0000|[dD][89abABcCdDeEfF])")
_UNFIT: Final = re.compile("[\x00\ud800-\udfff]")

CELL: Final = b"C"
"""A cell begins: ``{"cell"}``."""
STREAM: Final = b"S"
"""Text on stdout or stderr: ``{"name", "text"}``."""
DISPLAY: Final = b"D"
"""A rich display: ``{"data", "metadata", "display_id", "update"}``."""
RESULT: Final = b"R"
"""The value of a cell's last expression: ``{"data", "metadata", "execution_count"}``."""
CLEAR: Final = b"L"
"""Clear the cell's outputs: ``{"wait"}``."""
ERROR: Final = b"E"
"""A traceback that was shown: ``{"name", "message", "line", "traceback"}``."""
DROPPED: Final = b"T"
"""An output was too large to send: ``{"bytes"}``."""
ANSWER: Final = b"A"
"""A declared output: a JSON line, then the raw bytes of its arrays."""
CELL_END: Final = b"X"
"""A cell has ended, and whether without an error: ``{"cell", "execution_count", "ok"}``."""
KEEP: Final = b"K"
"""The state after a cell could be kept: ``{"cell"}``; the host answers by the line."""
REPLY: Final = b"Q"
"""What an editor's question was answered, after the last cell: an object."""
FINISHED: Final = b"Z"
"""The notebook has ended, by its last cell or by an exception: ``{}``."""
FAILED: Final = b"F"
"""Isolation failed, so nothing was run: ``{"failure"}``; sent by us, before any cell."""


class BadFrame(Exception):  # noqa: N818 - it says what the data is, not what failed here
    """The stream contains something that the runner never sends."""


class FrameTooLarge(Exception):  # noqa: N818 - the same
    """A frame declares more bytes than its kind may have.

    Attributes:
        kind: the frame's kind.
        size: the declared length in bytes.
        bound: the allowed length in bytes.
    """

    def __init__(self, kind: bytes, size: int, bound: int) -> None:
        super().__init__(f"frame {kind!r} of {size} bytes, {bound} allowed")
        self.kind, self.size, self.bound = kind, size, bound


def pack(kind: bytes, body: bytes | Mapping[str, Any]) -> bytes:
    """Return the bytes of one frame; a mapping becomes JSON."""
    raw = json.dumps(body).encode() if isinstance(body, Mapping) else body
    return HEADER.pack(kind, len(raw)) + raw


def structure(body: bytes, *, most: int = MAX_STRUCTURE) -> int:
    """Count brackets, commas and strings, up to one more than `most`; time linear, memory none."""
    return sum(1 for _ in islice(_TOKEN.finditer(body), most + 1))


def parse(body: bytes) -> dict[str, Any]:
    """Parse a frame's JSON object; NUL and lone surrogates become U+FFFD.

    Raises:
        BadFrame: it is not a JSON object, is nested too deeply, or holds too many values.
    """
    if len(body) > MAX_STRUCTURE and structure(body) > MAX_STRUCTURE:
        raise BadFrame("more values than a frame may hold")
    try:
        value = json.loads(body.decode(errors="replace"), parse_constant=lambda _: None)
    except (ValueError, RecursionError) as error:
        raise BadFrame(str(error)[:200]) from error
    if not isinstance(value, dict):
        raise BadFrame("not an object")
    cleaned: dict[str, Any] = _clean(value) if _ESCAPED.search(body) else value
    return cleaned


def _clean(value: Any) -> Any:
    """Replace NUL and lone surrogates; parsing has already bounded the depth."""
    if isinstance(value, str):
        return _UNFIT.sub("\ufffd", value)
    if isinstance(value, list):
        return [_clean(item) for item in value]
    if isinstance(value, dict):
        return {_clean(key): _clean(item) for key, item in value.items()}
    return value


class Reader:
    """Splits a byte stream into frames."""

    def __init__(self, bound: Callable[[bytes], int | None]) -> None:
        """Limit each kind's body to `bound(kind)` bytes; None means an unknown kind."""
        self._bound = bound
        self._buffer = bytearray()

    def feed(self, data: bytes) -> Iterator[tuple[bytes, bytes]]:
        """Add bytes and yield the frames that are now complete.

        Raises:
            BadFrame: a frame of an unknown kind.
            FrameTooLarge: a frame that declares more than its kind is allowed.
        """
        self._buffer += data
        start = 0
        while len(self._buffer) - start >= HEADER.size:
            kind, size = HEADER.unpack_from(self._buffer, start)
            bound = self._bound(kind)
            if bound is None:
                raise BadFrame(f"unknown kind {kind!r}")
            if size > bound:
                raise FrameTooLarge(kind, size, bound)
            end = start + HEADER.size + size
            if len(self._buffer) < end:
                break
            yield kind, bytes(self._buffer[start + HEADER.size : end])
            start = end
        del self._buffer[:start]
