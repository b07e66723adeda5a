"""Weights as read-only arrays that every process on a machine shares.

The format is safetensors (https://github.com/huggingface/safetensors): eight bytes with the length
of a JSON header, the header, and the numbers. The arrays are views of the mapped file: opening a
model costs no memory of its own, and the page cache holds one copy for all.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from pathlib import Path

Array = NDArray[np.floating[Any]]
"""Numbers of a network; they are computed in float32."""
KINDS: Final = {"F32": np.float32, "F16": np.float16, "I8": np.int8}
SCALE: Final = ".scale"
"""Ends the name of the factors, one per row, of a matrix that is stored in 8-bit integers."""
_LENGTH: Final = struct.Struct("<Q")
_MOST_HEADER_BYTES: Final = 1 << 20


def read(path: Path) -> dict[str, NDArray[np.generic]]:
    """Return the arrays of a file by name, mapped and read-only.

    Arrays of other kinds than F32, F16 and I8, such as lists of positions, are left out.

    Raises:
        ValueError: the file is no safetensors file, or cut off.
    """
    mapped = np.memmap(path, np.uint8, "r")
    length = (
        _LENGTH.unpack(mapped[: _LENGTH.size].tobytes())[0] if mapped.size > _LENGTH.size else 0
    )
    if not 0 < length <= min(_MOST_HEADER_BYTES, mapped.size - _LENGTH.size):
        raise ValueError(f"{path.name} is no safetensors file: its header has {length} bytes.")
    body = mapped[_LENGTH.size + length :]
    header = json.loads(mapped[_LENGTH.size : _LENGTH.size + length].tobytes())
    arrays: dict[str, NDArray[np.generic]] = {}
    for name, entry in header.items():
        if entry.get("dtype") not in KINDS:
            continue
        start, end = entry["data_offsets"]
        if not 0 <= start <= end <= body.size:
            raise ValueError(f"{path.name} is cut off at the array {name!r}.")
        arrays[name] = body[start:end].view(KINDS[entry["dtype"]]).reshape(entry["shape"])
    return arrays


class Weights(Mapping[str, Array]):
    """A model's matrices by name, each widened to float32 when it is asked for.

    A float32 array is the mapped file itself. A float16 one is widened at each use. An 8-bit one
    is multiplied by the factors of its rows, which costs a copy of this one matrix.
    """

    def __init__(self, arrays: Mapping[str, NDArray[np.generic]]) -> None:
        """Take arrays by name, as `read` returns them."""
        self._arrays = arrays
        self._names = [name for name in arrays if not name.endswith(SCALE)]

    def __getitem__(self, name: str) -> Array:
        """Return one matrix, float32, of the shape in which it is stored."""
        return self._widen(self._arrays[name], self._arrays.get(name + SCALE))

    def rows(self, name: str, which: NDArray[np.int64] | slice) -> Array:
        """Return some rows of a matrix (the embedding of some tokens), float32, shape (rows, d)."""
        factors = self._arrays.get(name + SCALE)
        return self._widen(self._arrays[name][which], None if factors is None else factors[which])

    def count(self, name: str) -> int:
        """Return how many rows a matrix has."""
        return int(self._arrays[name].shape[0])

    def part(self, beginning: str) -> Weights:
        """Return the matrices whose names begin so, by the rest of their names.

        Raises:
            ValueError: there are none.
        """
        arrays = self._arrays.items()
        found = {n.removeprefix(beginning): array for n, array in arrays if n.startswith(beginning)}
        if not found:
            raise ValueError(f"nothing here begins with {beginning!r}.")
        return Weights(found)

    def __iter__(self) -> Iterator[str]:
        """Go over the names."""
        return iter(self._names)

    def __len__(self) -> int:
        """Return how many matrices there are."""
        return len(self._names)

    @staticmethod
    def _widen(stored: NDArray[np.generic], factors: NDArray[np.generic] | None) -> Array:
        wide: Array = stored.astype(np.float32, copy=False)
        return wide if factors is None else wide * factors.astype(np.float32, copy=False)
