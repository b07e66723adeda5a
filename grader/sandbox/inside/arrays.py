"""Plain arrays of plain items: numbers and text, bounded before they are copied."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from itertools import islice
from typing import Any, Final

import numpy as np

MAX_DIMENSIONS: Final = 8
MAX_LABELS: Final = 100_000
MAX_LABEL_CHARACTERS: Final = 200
MAX_ITEMS_OF_A_LIST: Final = 4_000_000
NUMBERS: Final = (bool, int, float, Decimal, Fraction)
SEQUENCES: Final[tuple[type, ...]] = (list, tuple, range, type({}.keys()), type({}.values()))


class RefusedError(Exception):
    """The value cannot be sent; the argument is the id of the reason."""


def packed(array: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Return the array as float64, int64, bool or unicode, contiguous, little-endian."""
    kind = array.dtype.kind
    if array.ndim > MAX_DIMENSIONS:
        raise RefusedError("too_many_dimensions")
    if kind not in "fiubU":
        raise RefusedError("unsupported_dtype")
    if kind == "u" and array.size and int(array.max()) > np.iinfo(np.int64).max:
        raise RefusedError("unsupported_dtype")
    wanted = {"f": "<f8", "i": "<i8", "u": "<i8", "b": "|b1", "U": array.dtype.newbyteorder("<")}
    return np.ascontiguousarray(array, dtype=wanted[kind]).reshape(array.shape)


def exact(value: Any, bound: int) -> np.ndarray[Any, Any]:
    """Return an ndarray's own bytes, without calling methods of a subclass.

    An object array, as pandas keeps text in, is read like a list of its items.
    """
    array = np.ndarray.view(value, np.ndarray)
    if isinstance(value, np.ma.MaskedArray) and np.ma.getmaskarray(value).any():
        raise RefusedError("masked")
    if array.size * min(8, array.itemsize) > bound:
        raise RefusedError("too_large")
    if array.dtype.kind == "O":
        items = [_unwrapped(item) for item in array.ravel().tolist()]
        return from_items(items, bound).reshape(array.shape)
    return array


def _unwrapped(item: Any) -> Any:
    """Return a missing number of pandas as NaN: it is told as such, not as an object."""
    missing = item is None or type(item).__name__ in ("NAType", "NaTType")
    return float("nan") if missing else item


def from_list(value: Any, bound: int) -> np.ndarray[Any, Any]:
    """Return a rectangular array of a nested list of plain numbers or of plain strings."""
    shape: list[int] = []
    level = value
    while type(level) in SEQUENCES:
        shape.append(len(level))
        if len(shape) > MAX_DIMENSIONS:
            raise RefusedError("too_many_dimensions")
        if not level:
            break
        level = next(iter(level))
    if np.prod(shape, dtype=float) > min(MAX_ITEMS_OF_A_LIST, bound):
        raise RefusedError("too_large")
    flat = [value]
    for size in shape:
        if any(type(item) not in SEQUENCES or len(item) != size for item in flat):
            raise RefusedError("ragged")
        flat = [item for part in flat for item in part]
    array = from_items(flat, bound)
    return array.reshape([*shape, *array.shape[1:]])


def from_items(items: list[Any], bound: int) -> np.ndarray[Any, Any]:
    """Return a flat list of plain numbers, of plain strings or of equal arrays as an array."""
    if all(issubclass(type(item), str) for item in items) and items:
        texts = [_text(item) for item in items]
        longest = max(len(text) for text in texts)
        if 4 * longest * len(texts) > bound:
            raise RefusedError("too_large")
        return np.array(texts, dtype=f"<U{max(1, longest)}")
    if all(isinstance(item, np.ndarray) for item in items) and items:
        return stacked(items, bound)
    plain = [_plain_number(item) for item in items]
    if any(type(item) in SEQUENCES for item in plain):
        raise RefusedError("ragged")
    if any(type(item) not in (bool, int, float) for item in plain):
        raise RefusedError("object_dtype")
    try:
        array = np.array(plain, dtype=None if plain else float)
    except OverflowError as error:
        raise RefusedError("unsupported_dtype") from error
    if array.dtype.kind == "O":  # an integer beyond 64 bits
        raise RefusedError("unsupported_dtype")
    return array


def _plain_number(item: Any) -> Any:
    if isinstance(item, np.generic):
        return item.item()
    if (isinstance(item, np.ndarray) and item.ndim == 0) or type(item) in (Decimal, Fraction):
        return float(item)
    return item


def stacked(items: list[Any], bound: int) -> np.ndarray[Any, Any]:
    """Return arrays of one shape along a new first axis."""
    arrays = [exact(item, bound) for item in items]
    if any(array.shape != arrays[0].shape for array in arrays):
        raise RefusedError("ragged")
    if sum(array.nbytes for array in arrays) > bound:
        raise RefusedError("too_large")
    return np.stack([packed(array) for array in arrays])


def _text(value: Any) -> str:
    """Return a plain copy of a string, without calling methods of a subclass."""
    return str.__str__(value)


def labels_of(values: Any) -> list[str] | None:
    """Return names as bounded strings; None if there are too many."""
    if values is None or isinstance(values, str):
        return None
    items = list(islice(values, MAX_LABELS + 1))
    if len(items) > MAX_LABELS:
        return None
    return [
        _text(item if issubclass(type(item), str) else str(item))[:MAX_LABEL_CHARACTERS]
        for item in items
    ]
