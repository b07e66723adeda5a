"""Converts a learner's variables to plain arrays: by their type and attributes, without pickle.

Whatever a variable does while it is read (raise, lie, exit) ends in a refusal with a stable id. The
host trusts none of it and validates the frame again.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from . import frames

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

MAX_DIMENSIONS: Final = 8
MAX_LABELS: Final = 100_000
MAX_LABEL_CHARACTERS: Final = 200
MAX_ITEMS_OF_A_LIST: Final = 4_000_000
PARTS_OF_AN_EXPLANATION: Final = ("base_values", "data")


class RefusedError(Exception):
    """The value cannot be sent; the argument is the id of the reason."""


@dataclass
class Plain:
    """One variable as it is sent.

    Attributes:
        columns: names of the last axis; of an Explanation the features'.
        index: names of the first axis.
    """

    source: str
    array: np.ndarray[Any, Any]
    columns: list[str] | None = None
    index: list[str] | None = None
    parts: dict[str, np.ndarray[Any, Any]] = field(default_factory=dict)


class Collector:
    """Collects the declared outputs after each cell, each only when it has changed."""

    def __init__(self, names: list[str], *, budget_bytes: int) -> None:
        """Send at most `budget_bytes` per answer, and four times that per run."""
        self._names = names
        self._bound = budget_bytes
        self._left = 4 * budget_bytes
        self._sent: dict[str, bytes] = {}

    def collect(self, namespace: Mapping[str, Any], cell: int) -> Iterator[bytes]:
        """Yield a frame for each declared name whose value is new."""
        for name in self._names:
            if name not in namespace:
                continue
            header, raw = read(namespace[name], bound=min(self._bound, self._left))
            content = json.dumps(header).encode() + raw
            if self._sent.get(name) == content:
                continue
            self._sent[name] = content
            self._left = max(0, self._left - len(content))
            line = json.dumps({"name": name, "cell": cell, **header}).encode()
            yield frames.pack(frames.ANSWER, line + b"\n" + raw)


def read(value: Any, *, bound: int) -> tuple[dict[str, Any], bytes]:
    """Return the header and the raw bytes of `value`, or a header with a refusal."""
    source = "unknown"
    try:
        source = source_of(value)
        plain = _READERS[source](value, bound)
        packed = _packed_arrays(plain, bound)
    except RefusedError as refusal:
        return {"source": source, "refusal": str(refusal), "arrays": []}, b""
    except MemoryError:
        return {"source": source, "refusal": "too_large", "arrays": []}, b""
    except BaseException:  # noqa: BLE001 - a learner's object may raise anything, SystemExit too
        return {"source": source, "refusal": "unreadable", "arrays": []}, b""
    header = {
        "source": plain.source,
        "refusal": None,
        "columns": plain.columns,
        "index": plain.index,
        "arrays": [
            {"key": key, "dtype": array.dtype.str, "shape": list(array.shape)}
            for key, array in packed.items()
        ],
    }
    return header, b"".join(array.tobytes() for array in packed.values())


def _packed_arrays(plain: Plain, bound: int) -> dict[str, np.ndarray[Any, Any]]:
    arrays = {"": plain.array, **plain.parts}
    packed = {key: _packed(array) for key, array in arrays.items()}
    if sum(array.nbytes for array in packed.values()) > bound:
        raise RefusedError("too_large")
    return packed


def source_of(value: Any) -> str:  # noqa: PLR0911 - a table of kinds, one line each
    """Return the kind of the value, by type for plain values, otherwise by its attributes.

    Raises:
        RefusedError: the type is not supported.
    """
    kind = type(value)
    if issubclass(kind, str):
        return "str"
    if kind in (bool, int, float) or isinstance(value, np.generic):
        return "scalar"
    if kind in (list, tuple):
        return "pairs" if _are_pairs(value) else "list"
    if isinstance(value, np.ndarray):
        return "ndarray"
    if issubclass(kind, dict):
        return "dict"
    if _has(value, "values", "base_values", "feature_names"):
        return "shap.Explanation"
    if _has(value, "local_exp", "as_list", "intercept"):
        return "lime.Explanation"
    if _has(value, "columns", "index", "to_numpy"):
        return "DataFrame"
    if _has(value, "index", "name", "to_numpy"):
        return "Series"
    raise RefusedError("unsupported_type")


def _has(value: Any, *names: str) -> bool:
    return all(hasattr(value, name) for name in names)


def _are_pairs(items: Any) -> bool:
    """Whether these are names with a number each, as LIME's `as_list()` gives them."""
    return bool(items) and all(
        type(item) in (list, tuple)
        and len(item) == 2  # noqa: PLR2004 - a pair
        and issubclass(type(item[0]), str)
        and not issubclass(type(item[1]), (str, list, tuple))
        for item in items
    )


def _packed(array: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Return the array as float64, int64, bool or unicode, contiguous, little-endian."""
    kind = array.dtype.kind
    if array.ndim > MAX_DIMENSIONS:
        raise RefusedError("too_many_dimensions")
    if kind == "O":
        raise RefusedError("object_dtype")
    if kind not in "fiubU":
        raise RefusedError("unsupported_dtype")
    if kind == "u" and array.size and int(array.max()) > np.iinfo(np.int64).max:
        raise RefusedError("unsupported_dtype")
    wanted = {"f": "<f8", "i": "<i8", "u": "<i8", "b": "|b1", "U": array.dtype.newbyteorder("<")}
    return np.ascontiguousarray(array, dtype=wanted[kind]).reshape(array.shape)


def _exact(value: Any, bound: int) -> np.ndarray[Any, Any]:
    """Return an ndarray's own bytes, without calling methods of a subclass."""
    array = np.ndarray.view(value, np.ndarray)
    if isinstance(value, np.ma.MaskedArray) and np.ma.getmaskarray(value).any():
        raise RefusedError("masked")
    if array.size * min(8, array.itemsize) > bound:
        raise RefusedError("too_large")
    return array


def _from_list(value: Any, bound: int) -> np.ndarray[Any, Any]:
    """Return a rectangular array of a nested list of plain numbers or of plain strings."""
    shape: list[int] = []
    level = value
    while type(level) in (list, tuple):
        shape.append(len(level))
        if len(shape) > MAX_DIMENSIONS:
            raise RefusedError("too_many_dimensions")
        if not level:
            break
        level = level[0]
    if np.prod(shape, dtype=float) > min(MAX_ITEMS_OF_A_LIST, bound):
        raise RefusedError("too_large")
    flat = [value]
    for size in shape:
        if any(type(item) not in (list, tuple) or len(item) != size for item in flat):
            raise RefusedError("ragged")
        flat = [item for part in flat for item in part]
    array = _from_items(flat, bound)
    return array.reshape([*shape, *array.shape[1:]])


def _from_items(items: list[Any], bound: int) -> np.ndarray[Any, Any]:
    if all(issubclass(type(item), str) for item in items) and items:
        texts = [_text(item) for item in items]
        longest = max(len(text) for text in texts)
        if 4 * longest * len(texts) > bound:
            raise RefusedError("too_large")
        return np.array(texts, dtype=f"<U{max(1, longest)}")
    if all(isinstance(item, np.ndarray) for item in items) and items:
        return _stacked(items, bound)
    plain = [item.item() if isinstance(item, np.generic) else item for item in items]
    if any(type(item) in (list, tuple) for item in plain):
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


def _stacked(items: list[Any], bound: int) -> np.ndarray[Any, Any]:
    arrays = [_exact(item, bound) for item in items]
    if any(array.shape != arrays[0].shape for array in arrays):
        raise RefusedError("ragged")
    if sum(array.nbytes for array in arrays) > bound:
        raise RefusedError("too_large")
    return np.stack([_packed(array) for array in arrays])


def _text(value: Any) -> str:
    """Return a plain copy of a string, without calling methods of a subclass."""
    return str.__str__(value)


def _labels(values: Any) -> list[str] | None:
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


def _any_array(value: Any, bound: int) -> np.ndarray[Any, Any]:
    if isinstance(value, np.ndarray):
        return _exact(value, bound)
    if type(value) in (list, tuple):
        return _from_list(value, bound)
    if hasattr(value, "to_numpy"):
        return _exact(value.to_numpy(), bound)
    return _from_items([value], bound).reshape(())


def _read_table(value: Any, bound: int) -> Plain:
    array = _exact(value.to_numpy(), bound)
    return Plain("DataFrame", array, _labels(value.columns), _labels(value.index))


def _read_series(value: Any, bound: int) -> Plain:
    return Plain("Series", _exact(value.to_numpy(), bound), index=_labels(value.index))


def _read_dict(value: dict[Any, Any], bound: int) -> Plain:
    """Return the values along the first axis, named by their keys."""
    # An OrderedDict is a dict too; methods of a subclass are not called.
    names, values = list(dict.keys(value)), list(dict.values(value))
    if any(not issubclass(type(name), str) for name in names) or len(names) > MAX_LABELS:
        raise RefusedError("unsupported_type")
    return Plain("dict", _from_list(values, bound), index=_labels(names))


def _read_pairs(value: Any, bound: int) -> Plain:
    """Return names and values like those of a dict, but with duplicate names kept."""
    if len(value) > MAX_LABELS:
        raise RefusedError("too_large")
    array = _from_items([number for _, number in value], bound)
    return Plain("pairs", array, index=_labels([name for name, _ in value]))


def _read_shap(value: Any, bound: int) -> Plain:
    parts: dict[str, np.ndarray[Any, Any]] = {}
    for name in PARTS_OF_AN_EXPLANATION:
        part = getattr(value, name, None)
        if part is not None:
            try:
                parts[name] = _packed(_any_array(part, bound))
            except RefusedError:
                continue  # a table with mixed types: the values themselves still count
    names = _labels(getattr(value, "feature_names", None))
    return Plain("shap.Explanation", _any_array(value.values, bound), names, None, parts)


def _read_lime(value: Any, bound: int) -> Plain:
    """Return weights in feature order, one row per explained label; absent features weigh zero."""
    exp = {int(label): dict(pairs) for label, pairs in value.local_exp.items()}
    labels = sorted(exp)
    mapper = getattr(value, "domain_mapper", None)
    words = getattr(mapper, "indexed_string", None)  # LIME for text: its features are words
    names = _labels(getattr(mapper, "feature_names", getattr(words, "inverse_vocab", None)))
    highest = max((int(feature) for weights in exp.values() for feature in weights), default=-1)
    width = len(names) if names else highest + 1
    if highest >= width or len(labels) * width * 8 > bound:
        raise RefusedError("too_large")
    weights = np.zeros((len(labels), width))
    for row, label in enumerate(labels):
        for feature, weight in exp[label].items():
            weights[row, int(feature)] = float(weight)
    intercept = value.intercept
    intercepts = [float(intercept[label]) for label in labels if label in intercept]
    parts = {"labels": np.array(labels, dtype="<i8"), "intercept": np.array(intercepts)}
    score = getattr(value, "score", None)
    if score is not None:
        parts["score"] = np.array([float(item) for item in np.ravel(_scores(score, labels))])
    return Plain("lime.Explanation", weights, names, [str(label) for label in labels], parts)


def _scores(score: Any, labels: list[int]) -> list[Any]:
    return (
        [score[label] for label in labels if label in score] if isinstance(score, dict) else [score]
    )


_READERS: dict[str, Callable[[Any, int], Plain]] = {
    "scalar": lambda value, bound: Plain("scalar", _from_items([value], bound).reshape(())),
    "str": lambda value, bound: Plain("str", _from_items([value], bound).reshape(())),
    "list": lambda value, bound: Plain("list", _from_list(value, bound)),
    "ndarray": lambda value, bound: Plain("ndarray", _exact(value, bound)),
    "pairs": _read_pairs,
    "dict": _read_dict,
    "shap.Explanation": _read_shap,
    "lime.Explanation": _read_lime,
    "DataFrame": _read_table,
    "Series": _read_series,
}
