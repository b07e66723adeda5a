"""Reads the weights in a PyTorch file of the format before 1.6, without PyTorch and its risks.

Such a file is a row of pickles with raw numbers after them. Unpickling runs whatever the file
names; this reader knows three harmless names and refuses every other.
"""

from __future__ import annotations

import io
import pickle
import struct
from collections import OrderedDict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from grader.errors import GraderError

if TYPE_CHECKING:
    from numpy.typing import NDArray

_MAGIC: Final = 0x1950A86A20F9469CFC6C
_KINDS: Final = {"FloatStorage": np.dtype("<f4"), "LongStorage": np.dtype("<i8")}


class TorchFileError(GraderError):
    """A file is no PyTorch file of this format, or names something that is not read."""


@dataclass(frozen=True)
class _Storage:
    key: str
    kind: np.dtype[Any]


@dataclass(frozen=True)
class _View:
    storage: _Storage
    offset: int
    shape: tuple[int, ...]
    steps: tuple[int, ...]


def _rebuild(
    storage: _Storage, offset: int, shape: tuple[int, ...], steps: tuple[int, ...], *_: object
) -> _View:
    """Stand for torch._utils._rebuild_tensor_v2; steps are in numbers, not bytes."""
    return _View(storage, offset, shape, steps)


class _Unpickler(pickle.Unpickler):
    """An unpickler that builds ordered dictionaries and views, and nothing else."""

    def find_class(self, module: str, name: str) -> Any:
        """Return what stands for one of the known names.

        Raises:
            TorchFileError: the file names something else.
        """
        if (module, name) == ("collections", "OrderedDict"):
            return OrderedDict
        if (module, name) == ("torch._utils", "_rebuild_tensor_v2"):
            return _rebuild
        if module == "torch" and name in _KINDS:
            return _KINDS[name]
        raise TorchFileError(f"The file names {module}.{name}, which is not read.")

    def persistent_load(self, pid: Any) -> _Storage:
        """Return the storage that a tensor names."""
        _, kind, key, *_ = pid
        return _Storage(str(key), kind)


def read_weights(raw: bytes) -> dict[str, NDArray[np.generic]]:
    """Return the arrays of a file by name.

    Raises:
        TorchFileError: the bytes are of another format, cut off, or name something else.
    """
    file = io.BytesIO(raw)
    try:
        if _Unpickler(file).load() != _MAGIC:
            raise TorchFileError("The file does not begin as PyTorch's older format does.")
        for _ in range(2):  # the protocol's version and the machine's sizes
            _Unpickler(file).load()
        views = _Unpickler(file).load()
        keys = _Unpickler(file).load()
        kinds = {view.storage.key: view.storage.kind for view in views.values()}
        numbers = {str(key): _numbers(file, kinds[str(key)]) for key in keys}
        return {name: _array(view, numbers) for name, view in views.items()}
    except (pickle.UnpicklingError, EOFError, struct.error, ValueError, KeyError) as error:
        raise TorchFileError(f"The file cannot be read: {error}") from error


def _numbers(file: io.BytesIO, kind: np.dtype[Any]) -> NDArray[np.generic]:
    (count,) = struct.unpack("<q", file.read(8))
    found: NDArray[np.generic] = np.frombuffer(file.read(count * kind.itemsize), kind)
    if found.size != count:
        raise TorchFileError("The file is cut off.")
    return found


def _array(view: _View, numbers: dict[str, NDArray[np.generic]]) -> NDArray[np.generic]:
    """Return a view's numbers in its shape: a transposed tensor is stored as it was before."""
    places = np.array(view.offset)
    for size, step in zip(view.shape, view.steps, strict=True):
        places = places[..., None] + np.arange(size) * step
    flat = numbers[view.storage.key]
    if places.size and not 0 <= places.min() <= places.max() < flat.size:
        raise TorchFileError("A tensor lies outside the numbers that the file holds.")
    found: NDArray[np.generic] = flat[places]
    return found
