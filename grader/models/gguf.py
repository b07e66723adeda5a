"""Reads GGUF, the format in which language models are shared after quantisation.

Source: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md. Only what the pinned model uses:
version 3, little-endian, tensors of F32, F16, Q4_1 and Q8_0.
"""

from __future__ import annotations

import math
import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from grader.errors import GraderError

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    Array = NDArray[np.float32]

_NUMBERS: Final = {
    0: "B",
    1: "b",
    2: "H",
    3: "h",
    4: "I",
    5: "i",
    6: "f",
    7: "?",
    10: "Q",
    11: "q",
    12: "d",
}
_TEXT, _LIST = 8, 9
_F32, _F16, _Q4_1, _Q8_0 = 0, 1, 3, 8
_BLOCKS: Final = {_F32: (1, 4), _F16: (1, 2), _Q4_1: (32, 20), _Q8_0: (32, 34)}
"""Of each kind: numbers in a block, bytes of a block."""


class GgufError(GraderError):
    """A file is no GGUF of the kinds that are read here."""


@dataclass(frozen=True)
class _Tensor:
    shape: tuple[int, ...]
    kind: int
    offset: int


class Gguf:
    """One file: its facts, and its tensors as float32."""

    def __init__(self, path: Path) -> None:
        """Read the facts and where the tensors are.

        Raises:
            GgufError: the file is of another format or version, or cut off.
        """
        self._bytes = np.memmap(path, np.uint8, "r")
        self._at = 4
        if self._bytes[:4].tobytes() != b"GGUF" or self._number("I") != 3:  # noqa: PLR2004
            raise GgufError(f"{path.name} is no GGUF file of version 3.")
        try:
            tensors, facts = self._number("Q"), self._number("Q")
            self.facts: dict[str, Any] = {}
            for _ in range(facts):
                name = self._text()
                self.facts[name] = self._value(self._number("I"))
            self._tensors = dict(self._entry() for _ in range(tensors))
        except (struct.error, KeyError) as error:
            raise GgufError(f"{path.name} is cut off, or of an unknown kind.") from error
        alignment = int(self.facts.get("general.alignment", 32))
        self._start = -(-self._at // alignment) * alignment

    def names(self) -> list[str]:
        """Return the names of the tensors."""
        return list(self._tensors)

    def tensor(self, name: str) -> Array:
        """Return one tensor, float32, of its shape (rows first).

        Raises:
            GgufError: it is quantised in a way that is not read here, or cut off.
        """
        entry = self._tensors[name]
        if entry.kind not in _BLOCKS:
            raise GgufError(f"{name} is of kind {entry.kind}.")
        per_block, size = _BLOCKS[entry.kind]
        count = math.prod(entry.shape) // per_block
        start = self._start + entry.offset
        raw = self._bytes[start : start + count * size]
        if raw.size != count * size:
            raise GgufError(f"{name} is cut off.")
        return _values(raw.reshape(count, size), entry.kind).reshape(entry.shape)

    def _number(self, code: str) -> Any:
        size = struct.calcsize(f"<{code}")
        found = struct.unpack(f"<{code}", self._bytes[self._at : self._at + size].tobytes())[0]
        self._at += size
        return found

    def _text(self) -> str:
        length = self._number("Q")
        raw = self._bytes[self._at : self._at + length].tobytes()
        self._at += length
        return raw.decode("utf-8", "replace")

    def _value(self, kind: int) -> Any:
        if kind == _TEXT:
            return self._text()
        if kind == _LIST:
            inner, length = self._number("I"), self._number("Q")
            return [self._value(inner) for _ in range(length)]
        return self._number(_NUMBERS[kind])

    def _entry(self) -> tuple[str, _Tensor]:
        name = self._text()
        shape = [self._number("Q") for _ in range(self._number("I"))]
        return name, _Tensor(tuple(reversed(shape)), self._number("I"), self._number("Q"))


def _values(blocks: NDArray[np.uint8], kind: int) -> Array:
    """Return the numbers of blocks, shape (blocks, numbers)."""
    if kind == _F32:
        return np.ascontiguousarray(blocks).view(np.float32)
    if kind == _F16:
        return _halves(blocks)
    if kind == _Q8_0:
        signed = np.ascontiguousarray(blocks[:, 2:]).view(np.int8)
        return _halves(blocks[:, :2]) * signed
    nibbles = np.concatenate([blocks[:, 4:] & 15, blocks[:, 4:] >> 4], axis=1)
    found: Array = _halves(blocks[:, :2]) * nibbles + _halves(blocks[:, 2:4])
    return found


def _halves(raw: NDArray[np.uint8]) -> Array:
    return np.ascontiguousarray(raw).view(np.float16).astype(np.float32)
