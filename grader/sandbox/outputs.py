"""Rebuilds nbformat 4 outputs from a run's frames: allowed MIME types, bounded size and depth.

Nothing of a learner's output is copied unchecked: each dictionary here is built on the host.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from grader.sandbox.inside import frames
from grader.sandbox.inside.frames import BadFrame
from grader.sandbox.job import CellOutcome

if TYPE_CHECKING:
    from collections.abc import Mapping

TEXT_TYPES: Final = frozenset(
    {"text/plain", "text/html", "text/markdown", "text/latex", "image/svg+xml"}
)
IMAGE_TYPES: Final = frozenset({"image/png", "image/jpeg", "image/gif"})
JSON_TYPES: Final = frozenset({"application/json"})
MAX_JSON_DEPTH: Final = 16
MAX_OUTPUTS: Final = 1000
"""The maximum number of outputs of one cell."""
MAX_TRACEBACK_LINES: Final = 2000
OUTPUT_COST_BYTES: Final = 64
"""What each output costs in addition to its content, so that many empty ones are bounded too."""
SIZE_METADATA: Final = ("width", "height")
MAX_PIXELS: Final = 10_000
TRUNCATED: Final = "\n[output truncated]\n"

_BASE64 = re.compile(r"[A-Za-z0-9+/\s]*={0,2}\s*")


class CellOutputs:
    """The outputs of one cell, collected during the run."""

    def __init__(self, *, bound_bytes: int) -> None:
        self._bound = bound_bytes
        self._used = 0
        self._outputs: list[dict[str, Any]] = []
        self._texts: dict[int, list[str]] = {}
        self._by_display: dict[str, list[dict[str, Any]]] = {}
        self._clear_next = False
        self._extra_error = False
        self.truncated = False
        self.execution_count: int | None = None
        self.wall_seconds: float | None = None

    @classmethod
    def recorded(cls, outcome: CellOutcome, *, bound_bytes: int) -> CellOutputs:
        """Return the outputs of a cell that an earlier run executed."""
        made = cls(bound_bytes=bound_bytes)
        made._outputs = [dict(output) for output in outcome.outputs]
        made.truncated = outcome.truncated
        made.execution_count = outcome.execution_count
        made.wall_seconds = outcome.wall_seconds
        return made

    def add_frame(
        self, kind: bytes, body: Mapping[str, Any], *, cost: int
    ) -> Mapping[str, Any] | None:
        """Add the output of one frame; return it, or None when nothing is simply added.

        Raises:
            BadFrame: its fields are not those that the runner sends.
        """
        if kind == frames.CLEAR:
            self._clear_next = True
            if body.get("wait") is not True:
                self._clear()
            return None
        if kind == frames.DROPPED:
            return self._truncate()
        if self._clear_next:
            self._clear()
        return self._added(kind, body, cost)

    def _added(self, kind: bytes, body: Mapping[str, Any], cost: int) -> Mapping[str, Any] | None:
        has_room = self._has_room(cost + OUTPUT_COST_BYTES)
        if kind == frames.ERROR:
            return self._add_error(body, has_room=has_room)
        if not has_room:
            return self._truncate()
        if kind == frames.STREAM:
            return self._add_text(body)
        if kind == frames.RESULT:
            self._outputs.append(result_output(body))
            return self._outputs[-1]
        return self._add_display(body)

    def _add_error(self, body: Mapping[str, Any], *, has_room: bool) -> Mapping[str, Any]:
        """Add a traceback; without room only the latest is kept: it says what failed."""
        error = error_output(body)
        if not has_room:
            self._truncate()
        if self._extra_error and not has_room:
            self._outputs[-1] = error
        else:
            self._extra_error = not has_room
            self._outputs.append(error)
        return {**error, "line": body.get("line")}

    def outcome(self) -> CellOutcome:
        """Return the cell's current state."""
        for position, parts in self._texts.items():
            self._outputs[position]["text"] = "".join(parts)
        return CellOutcome(
            outputs=tuple(self._outputs),
            execution_count=self.execution_count,
            truncated=self.truncated,
            wall_seconds=self.wall_seconds,
        )

    def _has_room(self, cost: int) -> bool:
        self._used += cost
        return not (self.truncated or self._used > self._bound or len(self._outputs) >= MAX_OUTPUTS)

    def _truncate(self) -> Mapping[str, Any] | None:
        if self.truncated:
            return None
        self.truncated = True
        return self._append_text("stderr", TRUNCATED)

    def _clear(self) -> None:
        self._outputs.clear()
        self._texts.clear()
        self._clear_next = False
        self._extra_error = False

    def _add_text(self, body: Mapping[str, Any]) -> Mapping[str, Any]:
        name, text = body.get("name"), body.get("text")
        if name not in ("stdout", "stderr") or not isinstance(text, str):
            raise BadFrame("a stream frame without name or text")
        return self._append_text(name, text)

    def _append_text(self, name: str, text: str) -> Mapping[str, Any]:
        last = len(self._outputs) - 1
        if last < 0 or self._outputs[last].get("name") != name:
            self._outputs.append({"output_type": "stream", "name": name, "text": ""})
            last += 1
        self._texts.setdefault(last, []).append(text)
        return {"output_type": "stream", "name": name, "text": text}

    def _add_display(self, body: Mapping[str, Any]) -> Mapping[str, Any] | None:
        data, metadata = rebuilt_bundle(body)
        display = body.get("display_id")
        shown = self._by_display.setdefault(display, []) if isinstance(display, str) else []
        if body.get("update") is True:
            for output in shown:
                output["data"], output["metadata"] = data, metadata
            return None
        output = {"output_type": "display_data", "data": data, "metadata": metadata}
        shown.append(output)
        self._outputs.append(output)
        return output


def error_output(body: Mapping[str, Any]) -> dict[str, Any]:
    """Return an nbformat error output."""
    name, message, trace = (body.get(key) for key in ("name", "message", "traceback"))
    if not (isinstance(name, str) and isinstance(message, str) and isinstance(trace, str)):
        raise BadFrame("an error frame without name, message or traceback")
    return {
        "output_type": "error",
        "ename": name,
        "evalue": message,
        "traceback": trace.split("\n", MAX_TRACEBACK_LINES)[:MAX_TRACEBACK_LINES],
    }


def result_output(body: Mapping[str, Any]) -> dict[str, Any]:
    """Return an nbformat execute_result output."""
    data, metadata = rebuilt_bundle(body)
    count = body.get("execution_count")
    return {
        "output_type": "execute_result",
        "execution_count": count if type(count) is int and 0 <= count < 10**6 else None,
        "data": data,
        "metadata": metadata,
    }


def rebuilt_bundle(body: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the allowed part of a MIME bundle and of its metadata."""
    data, metadata = body.get("data"), body.get("metadata")
    if not isinstance(data, dict) or not isinstance(metadata, dict):
        raise BadFrame("a display frame without data or metadata")
    kept: dict[str, Any] = {}
    sizes: dict[str, Any] = {}
    for mime, value in data.items():
        is_image = mime in IMAGE_TYPES and isinstance(value, str) and _BASE64.fullmatch(value)
        is_text = mime in TEXT_TYPES and isinstance(value, str)
        if is_image or is_text or (mime in JSON_TYPES and _depth_is_fine(value)):
            kept[mime] = value
        if is_image and isinstance(metadata.get(mime), dict):
            sizes[mime] = _sizes(metadata[mime])
    return kept, {mime: size for mime, size in sizes.items() if size}


def _sizes(metadata: Mapping[str, Any]) -> dict[str, float]:
    return {
        key: metadata[key]
        for key in SIZE_METADATA
        if type(metadata.get(key)) in (int, float) and 0 < metadata[key] < MAX_PIXELS
    }


def _depth_is_fine(value: Any) -> bool:
    level = [value]
    for _ in range(MAX_JSON_DEPTH):
        level = [
            item
            for node in level
            if isinstance(node, list | dict)
            for item in (node.values() if isinstance(node, dict) else node)
        ]
        if not level:
            return True
    return False
