"""Converts a learner's variables to plain arrays: by their type and attributes, without pickle.

Whatever a variable does while it is read (raise, lie, exit) ends in a refusal with a stable id. The
host trusts none of it and validates the frame again.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice
from operator import itemgetter
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from . import frames
from .arrays import (
    MAX_ITEMS_OF_A_LIST,
    MAX_LABELS,
    NUMBERS,
    SEQUENCES,
    RefusedError,
    exact,
    from_items,
    from_list,
    labels_of,
    packed,
    stacked,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

PARTS_OF_AN_EXPLANATION: Final = ("base_values", "data")


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
        arrays = _packed_arrays(plain, bound)
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
            for key, array in arrays.items()
        ],
    }
    return header, b"".join(array.tobytes() for array in arrays.values())


def _packed_arrays(plain: Plain, bound: int) -> dict[str, np.ndarray[Any, Any]]:
    arrays = {"": plain.array, **plain.parts}
    found = {key: packed(array) for key, array in arrays.items()}
    if sum(array.nbytes for array in found.values()) > bound:
        raise RefusedError("too_large")
    return found


def source_of(value: Any) -> str:
    """Return the kind of the value, by type for plain values, otherwise by its attributes.

    Raises:
        RefusedError: the type is not supported.
    """
    kind = type(value)
    if issubclass(kind, str):
        return "str"
    if kind in NUMBERS or isinstance(value, np.generic):
        return "scalar"
    if kind in SEQUENCES:
        return "pairs" if kind in (list, tuple) and _are_pairs(value) else "list"
    if isinstance(value, np.ndarray):
        return "ndarray"
    if issubclass(kind, dict):
        return "dict"
    for name, attributes in _ATTRIBUTES.items():
        if _has(value, *attributes):
            return name
    raise RefusedError(_why_unsupported(value))


_ATTRIBUTES: Final = {
    "shap.Explanation": ("values", "base_values", "feature_names"),
    "lime.Explanation": ("local_exp", "as_list", "intercept"),
    "DataFrame": ("columns", "index", "to_numpy"),
    "Series": ("index", "name", "to_numpy"),
    # pandas' Index, Categorical and extension arrays.
    "Array": ("to_numpy", "dtype", "shape"),
    "sparse": ("toarray", "nnz", "shape"),
    "tensor": ("__array__", "shape", "dtype"),
}
"""What else is read is known by its attributes: its package need not be imported."""


def _why_unsupported(value: Any) -> str:
    if value is None:
        return "none"
    if isinstance(value, Iterator):
        return "iterator"
    if isinstance(value, (set, frozenset)):
        return "unordered"
    return "callable" if callable(value) and not _has(value, "shape") else "unsupported_type"


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


def _read_list(value: Any, bound: int) -> Plain:
    """Return a list; one of explanations, Series or dicts as rows, with their common names."""
    items = list(islice(value, MAX_ITEMS_OF_A_LIST + 1))
    plain = not items or (
        type(items[0]) in (*SEQUENCES, *NUMBERS)
        or isinstance(items[0], (str, np.generic, np.ndarray, type(None)))
    )
    if plain and any(isinstance(item, np.ndarray) for item in items):
        plain = all(isinstance(item, np.ndarray) for item in items)
    if items and type(items[0]) in (list, tuple) and _are_pairs(items[0]):
        return _rows(items, bound)
    return Plain("list", from_list(value, bound)) if plain else _rows(items, bound)


def _rows(items: list[Any], bound: int) -> Plain:
    """Return many values of one kind along a new first axis."""
    if any(item is None for item in items):
        raise RefusedError("object_dtype")
    kinds = [source_of(item) for item in items]
    if len(set(kinds)) > 1 and not set(kinds) <= {"list", "ndarray", "Array", "Series", "tensor"}:
        raise RefusedError("ragged")
    rows = [
        _without_class_axis(_READERS[kind](item, bound))
        for kind, item in zip(kinds, items, strict=True)
    ]
    names = rows[0].columns if rows[0].columns is not None else rows[0].index
    others = [row.columns if row.columns is not None else row.index for row in rows]
    arrays = [row.array for row in rows]
    if names is not None and len(set(names)) == len(names) == len(arrays[0]):
        # Rows that say the same names in another order, as LIME's as_list() sorts by weight.
        for place, other in enumerate(others):
            if other != names and other is not None and sorted(other) == sorted(names):
                order = {name: rank for rank, name in enumerate(other)}
                arrays[place] = arrays[place][[order[name] for name in names]]
                others[place] = names
    if any(other != names for other in others):
        names = None
    keys = set.intersection(*(set(row.parts) for row in rows)) - {"labels"}
    parts = {}
    for key in keys:
        found = [row.parts[key] for row in rows]
        if all(part.shape == found[0].shape for part in found):
            parts[key] = stacked(found, bound)
    # Where only names tell what a number belongs to, the names must be those of the task.
    source = "pairs" if kinds[0] in ("pairs", "dict") else "list"
    if source == "pairs" and names is None:
        raise RefusedError("names_differ")
    return Plain(source, stacked(arrays, bound), names, None, parts)


def _without_class_axis(plain: Plain) -> Plain:
    """Return LIME's explanation of one label as one row, as it is meant in a list."""
    if plain.source == "lime.Explanation" and len(plain.array) == 1:
        return Plain(plain.source, plain.array[0], plain.columns, None, plain.parts)
    return plain


def _any_array(value: Any, bound: int) -> np.ndarray[Any, Any]:
    if isinstance(value, np.ndarray):
        return exact(value, bound)
    if type(value) in SEQUENCES:
        return from_list(value, bound)
    if hasattr(value, "to_numpy"):
        return exact(value.to_numpy(), bound)
    if _has(value, "toarray", "nnz", "shape"):
        return _read_sparse(value, bound).array
    return from_items([value], bound).reshape(())


def _read_table(value: Any, bound: int) -> Plain:
    array = exact(value.to_numpy(), bound)
    return Plain("DataFrame", array, labels_of(value.columns), labels_of(value.index))


def _read_series(value: Any, bound: int) -> Plain:
    return Plain("Series", exact(value.to_numpy(), bound), index=labels_of(value.index))


def _read_array(value: Any, bound: int) -> Plain:
    return Plain("ndarray", exact(value.to_numpy(), bound))


def _read_sparse(value: Any, bound: int) -> Plain:
    if np.prod([int(size) for size in value.shape], dtype=float) * 8 > bound:
        raise RefusedError("too_large")
    return Plain("ndarray", exact(np.asarray(value.toarray()), bound))


def _read_tensor(value: Any, bound: int) -> Plain:
    """Return what the value itself converts to; one that refuses needs the learner's `.numpy()`."""
    try:
        array = np.asarray(value)
    except Exception as error:
        raise RefusedError("tensor") from error
    return Plain("ndarray", exact(array, bound))


def _read_dict(value: dict[Any, Any], bound: int) -> Plain:
    """Return the values along the first axis, named by their keys; row numbers count as names."""
    # An OrderedDict is a dict too; methods of a subclass are not called.
    names, values = list(dict.keys(value)), list(dict.values(value))
    numbers = all(type(name) is int or isinstance(name, np.integer) for name in names)
    if not numbers and any(not issubclass(type(name), str) for name in names):
        raise RefusedError("dict_keys")
    if len(names) > MAX_LABELS:
        raise RefusedError("too_large")
    if numbers and sorted(names) == list(range(len(names))):
        values = [item for _, item in sorted(zip(names, values, strict=True), key=itemgetter(0))]
    found = _read_list(values, bound)
    if numbers:  # rows by their number
        return Plain("list", found.array, found.columns, None, found.parts)
    return Plain("dict", found.array, found.columns, labels_of(names), found.parts)


def _read_pairs(value: Any, bound: int) -> Plain:
    """Return names and values like those of a dict, but with duplicate names kept."""
    if len(value) > MAX_LABELS:
        raise RefusedError("too_large")
    array = from_items([number for _, number in value], bound)
    return Plain("pairs", array, index=labels_of([name for name, _ in value]))


def _read_shap(value: Any, bound: int) -> Plain:
    parts: dict[str, np.ndarray[Any, Any]] = {}
    for name in PARTS_OF_AN_EXPLANATION:
        part = getattr(value, name, None)
        if part is not None:
            try:
                parts[name] = packed(_any_array(part, bound))
            except RefusedError:
                continue  # a table with mixed types: the values themselves still count
    names = labels_of(getattr(value, "feature_names", None))
    return Plain("shap.Explanation", _any_array(value.values, bound), names, None, parts)


def _read_lime(value: Any, bound: int) -> Plain:
    """Return weights in feature order, one row per explained label; absent features weigh zero."""
    exp = {int(label): dict(pairs) for label, pairs in value.local_exp.items()}
    # A regression has the negated weights under label 0, for the picture alone.
    regression = getattr(value, "mode", None) == "regression" and 1 in exp
    labels = [1] if regression else sorted(exp)
    mapper = getattr(value, "domain_mapper", None)
    words = getattr(mapper, "indexed_string", None)  # LIME for text: its features are words
    names = labels_of(getattr(mapper, "feature_names", getattr(words, "inverse_vocab", None)))
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
    "scalar": lambda value, bound: Plain("scalar", from_items([value], bound).reshape(())),
    "str": lambda value, bound: Plain("str", from_items([value], bound).reshape(())),
    "list": _read_list,
    "ndarray": lambda value, bound: Plain("ndarray", exact(value, bound)),
    "pairs": _read_pairs,
    "dict": _read_dict,
    "shap.Explanation": _read_shap,
    "lime.Explanation": _read_lime,
    "DataFrame": _read_table,
    "Series": _read_series,
    "Array": _read_array,
    "sparse": _read_sparse,
    "tensor": _read_tensor,
}
