"""A run's outputs as the page gets them: bounded, cleaned, and built anew on the worker's side.

What comes in are nbformat outputs that the sandbox's host has rebuilt; what goes out is described
in `docs/features/workbench-protocol.md`.
"""

from __future__ import annotations

import base64
import binascii
import re
import struct
from typing import TYPE_CHECKING, Any, Final

import nh3
from django.utils.translation import gettext as _

from courses.markup.cleaning import plain_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

MAX_OUTPUTS: Final = 100
TEXT_BYTES: Final = 64 * 1024
IMAGES: Final = 8
IMAGE_BYTES: Final = 500 * 1024
TRACEBACK_CHARACTERS: Final = 16 * 1024
NAME_CHARACTERS: Final = 200
MESSAGE_CHARACTERS: Final = 4000

TAGS: Final = {
    *("table", "caption", "thead", "tbody", "tfoot", "tr", "th", "td", "colgroup", "col"),
    *("p", "div", "span", "br", "hr", "pre", "code", "samp", "kbd", "b", "strong", "i", "em"),
    *("u", "s", "sub", "sup", "small", "mark", "ul", "ol", "li", "dl", "dt", "dd", "blockquote"),
    *("h1", "h2", "h3", "h4", "h5", "h6"),
}
ATTRIBUTES: Final = {"td": {"colspan", "rowspan"}, "th": {"colspan", "rowspan", "scope"}}
DROPPED_WITH_CONTENT: Final = {"script", "style", "template", "svg", "math", "iframe", "object"}

_TERMINAL: Final = re.compile(
    r"\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)?|\x1b\[[0-?]*[ -/]*[@-~]|\x1b[@-Z\\-_]"
)
_CONTROL: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_PNG: Final = struct.Struct(">8s4x4sII")
_PNG_START: Final = (b"\x89PNG\r\n\x1a\n", b"IHDR")


class CellOutputs:
    """Turns the outputs of one cell into those of the page, and keeps their bounds."""

    def __init__(self) -> None:
        self._count = 0
        self._text_bytes = 0
        self._images = 0
        self._stream = ""
        self._left_out = 0
        self._lines_left_out = 0

    def add(self, output: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
        """Yield what the page is shown of an nbformat output; nothing beyond the bounds."""
        made = _made(output)
        if made is None:
            return
        if made["type"] == "error":  # kept whatever came before: it says what went wrong
            yield made
            return
        if self._is_beyond(made):
            self._left_out += 1
            self._lines_left_out += made.get("text", "").count("\n")
            return
        goes_on = made["type"] == "stream" and made["name"] == self._stream
        self._stream = made["name"] if made["type"] == "stream" else ""
        self._count += not goes_on
        yield made

    def note(self) -> dict[str, Any] | None:
        """Return the note that says what was left out; None when nothing was."""
        if self._lines_left_out:
            words = _("%(number)s more lines were not shown.")
            return {"type": "note", "text": words % {"number": f"{self._lines_left_out:,}"}}
        if self._left_out:
            words = _("%(number)s more outputs were not shown.")
            return {"type": "note", "text": words % {"number": f"{self._left_out:,}"}}
        return None

    def _is_beyond(self, made: dict[str, Any]) -> bool:
        if self._count >= MAX_OUTPUTS:
            return True
        if made["type"] == "image":
            if self._images >= IMAGES:
                return True
            self._images += 1
            return False
        key = "html" if made["type"] == "html" else "text"
        room = TEXT_BYTES - self._text_bytes
        size = len(made[key].encode())
        if made["type"] == "html":
            if size > room:
                return True
        elif size > room:
            if room <= 0:
                return True
            whole = made["text"]
            made["text"] = whole.encode()[:room].decode(errors="ignore")
            self._lines_left_out += whole.count("\n") - made["text"].count("\n")
            self._left_out += 1
            size = room
        self._text_bytes += size
        return False


def _made(output: Mapping[str, Any]) -> dict[str, Any] | None:
    kind = output.get("output_type")
    if kind == "stream":
        text = plain(output["text"])
        return {"type": "stream", "name": output["name"], "text": text} if text else None
    if kind == "error":
        return error(
            name=output["ename"],
            message=output["evalue"],
            line=output.get("line"),
            traceback="\n".join(output["traceback"]),
        )
    return _display(output.get("data", {}), output.get("metadata", {}))


def error(*, name: str, message: str, line: object, traceback: str) -> dict[str, Any]:
    """Return an error as the page shows it."""
    return {
        "type": "error",
        "name": plain(name)[:NAME_CHARACTERS],
        "message": plain(message)[:MESSAGE_CHARACTERS],
        "line": line if type(line) is int and 0 < line < 10**6 else None,
        "traceback": plain(traceback)[-TRACEBACK_CHARACTERS:],
    }


def plain(text: str) -> str:
    """Return text without terminal codes; a line that was written over shows its last state."""
    text = _TERMINAL.sub("", text).replace("\r\n", "\n")
    if "\r" in text:
        lines = (line.rstrip("\r").rpartition("\r")[2] for line in text.split("\n"))
        text = "\n".join(lines)
    return _CONTROL.sub("", text)


def _display(data: Mapping[str, Any], metadata: Mapping[str, Any]) -> dict[str, Any] | None:
    for mime in ("image/png", "image/jpeg"):
        if isinstance(data.get(mime), str):
            return _image(mime, "".join(data[mime].split()), metadata.get(mime) or {})
    if isinstance(data.get("image/svg+xml"), str):
        encoded = base64.b64encode(data["image/svg+xml"].encode()).decode()
        return _image("image/svg+xml", encoded, {})
    if isinstance(data.get("text/html"), str):
        cleaned = _cleaned(data["text/html"])
        if cleaned is not None:
            return {"type": "html", "html": cleaned}
    for mime in ("text/plain", "text/markdown", "text/latex"):
        if isinstance(data.get(mime), str):
            return {"type": "text", "text": plain(data[mime])}
    return None


def _cleaned(source: str) -> str | None:
    """Return the tables and phrases of some HTML; None when it says nothing without its scripts."""
    if len(source) > TEXT_BYTES * 4:
        return None
    cleaned = nh3.clean(
        source,
        tags=TAGS,
        attributes=ATTRIBUTES,
        clean_content_tags=DROPPED_WITH_CONTENT,
        link_rel=None,
        strip_comments=True,
    )
    return cleaned if plain_text(cleaned) else None


def _image(mime: str, encoded: str, size: Mapping[str, Any]) -> dict[str, Any]:
    if len(encoded) * 3 // 4 > IMAGE_BYTES:
        words = _("A picture of %(size)s KiB was not shown; the limit is %(limit)s KiB.")
        facts = {"size": len(encoded) * 3 // 4096, "limit": IMAGE_BYTES // 1024}
        return {"type": "note", "text": words % facts}
    width, height = size.get("width"), size.get("height")
    if not (width and height) and mime == "image/png":
        width, height = _png_size(encoded)
    made = {"type": "image", "src": f"data:{mime};base64,{encoded}", "alt": ""}
    if width and height:
        made |= {"width": round(width), "height": round(height)}
    return made


def _png_size(encoded: str) -> tuple[int, int] | tuple[None, None]:
    try:
        start, kind, width, height = _PNG.unpack(base64.b64decode(encoded[:32], validate=True))
    except (binascii.Error, struct.error):
        return None, None
    fits = (start, kind) == _PNG_START and 0 < width < 10**4 and 0 < height < 10**4
    return (width, height) if fits else (None, None)
