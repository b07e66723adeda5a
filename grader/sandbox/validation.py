"""Validates a declared output from the sandbox: allowed types, shapes and sizes only."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from grader.sandbox.inside.frames import BadFrame, parse
from grader.sandbox.job import Answer

if TYPE_CHECKING:
    from numpy.typing import NDArray

SOURCES: Final = frozenset(
    {
        "ndarray",
        "DataFrame",
        "Series",
        "list",
        "pairs",
        "scalar",
        "str",
        "dict",
        "shap.Explanation",
        "lime.Explanation",
        "Array",
        "sparse",
        "tensor",
        "unknown",
    }
)
REFUSALS: Final = frozenset(
    {
        "object_dtype",
        "unsupported_dtype",
        "unsupported_type",
        "too_large",
        "too_many_dimensions",
        "ragged",
        "masked",
        "unreadable",
        "none",
        "iterator",
        "unordered",
        "callable",
        "tensor",
        "names_differ",
        "dict_keys",
    }
)
PARTS: Final = frozenset({"", "base_values", "data", "labels", "intercept", "score"})
MAX_DIMENSIONS: Final = 8
MAX_LABELS: Final = 100_000
MAX_LABEL_CHARACTERS: Final = 200
SURROGATES: Final = (0xD800, 0xDFFF)
LAST_CODE_POINT: Final = 0x10FFFF
MAX_HEADER_BYTES: Final = 8 * 2**20
"""Of the JSON line before an answer's arrays: the names of a long table."""
MAX_EXTENT_BYTES: Final = 2**31
"""Bytes that a shape may span, sizes of zero counted as one: beyond it numpy itself raises."""

_UNICODE: Final = re.compile(r"<U[1-9][0-9]{0,7}")


def validate_answer(
    body: bytes, *, declared: tuple[str, ...], cell: int, bound_bytes: int
) -> Answer:
    """Return the answer that one frame contains.

    Raises:
        BadFrame: name, type, shape or length is not what the runner sends.
    """
    end = body.find(b"\n", 0, MAX_HEADER_BYTES + 1)
    if end < 0 and len(body) > MAX_HEADER_BYTES:
        raise BadFrame("an answer's header that is too long")
    line, raw = (body, b"") if end < 0 else (body[:end], body[end + 1 :])
    header = parse(line)
    name, source, refusal = header.get("name"), header.get("source"), header.get("refusal")
    if not isinstance(name, str) or name not in declared:
        raise BadFrame("an answer that was not declared")
    if not isinstance(source, str) or source not in SOURCES:
        raise BadFrame("an unknown source")
    if refusal is not None:
        if not isinstance(refusal, str) or refusal not in REFUSALS:
            raise BadFrame("an unknown refusal")
        return Answer(name=name, source=source, refusal=refusal, cell=cell)
    if len(raw) > bound_bytes:
        return Answer(name=name, source=source, refusal="too_large", cell=cell)
    arrays = _arrays(header.get("arrays"), raw)
    return Answer(
        name=name,
        source=source,
        array=arrays.pop(""),
        columns=_labels(header.get("columns")),
        index=_labels(header.get("index")),
        parts=arrays,
        cell=cell,
    )


def _arrays(described: Any, raw: bytes) -> dict[str, NDArray[np.generic]]:
    if not isinstance(described, list) or not 1 <= len(described) <= len(PARTS):
        raise BadFrame("an answer without arrays")
    arrays: dict[str, NDArray[np.generic]] = {}
    start = 0
    for item in described:
        key = item.get("key") if isinstance(item, dict) else None
        if not isinstance(key, str) or key not in PARTS or key in arrays:
            raise BadFrame("an unknown part")
        dtype, shape = _dtype(item.get("dtype")), _shape(item.get("shape"))
        if math.prod(max(length, 1) for length in shape) * dtype.itemsize > MAX_EXTENT_BYTES:
            raise BadFrame("a shape that is not allowed")
        size = math.prod(shape) * dtype.itemsize
        if start + size > len(raw):
            raise BadFrame("fewer bytes than the shape needs")
        arrays[key] = np.frombuffer(raw, dtype, math.prod(shape), start).reshape(shape)
        start += size
    if start != len(raw) or "" not in arrays:
        raise BadFrame("more bytes than the arrays need")
    for array in arrays.values():
        _check_content(array)
    return arrays


def _dtype(text: Any) -> np.dtype[Any]:
    plain = {"<f8": np.dtype(np.float64), "<i8": np.dtype(np.int64), "|b1": np.dtype(np.bool_)}
    if isinstance(text, str) and text in plain:
        return plain[text]
    if isinstance(text, str) and _UNICODE.fullmatch(text):
        return np.dtype((np.str_, int(text[2:])))
    raise BadFrame("a dtype that is not allowed")


def _shape(value: Any) -> tuple[int, ...]:
    if not isinstance(value, list) or len(value) > MAX_DIMENSIONS:
        raise BadFrame("a shape that is not allowed")
    if any(type(size) is not int or not 0 <= size < 2**31 for size in value):
        raise BadFrame("a shape that is not allowed")
    return tuple(value)


def _check_content(array: NDArray[np.generic]) -> None:
    """Refuse bytes that are invalid for their type: booleans above 1, text outside Unicode."""
    if array.dtype.kind == "b":
        beyond = array.view(np.uint8).max(initial=0) > 1
    elif array.dtype.kind == "U":
        code_points = np.frombuffer(array.tobytes(), "<u4")
        surrogate = (code_points >= SURROGATES[0]) & (code_points <= SURROGATES[1])
        beyond = code_points.max(initial=0) > LAST_CODE_POINT or bool(surrogate.any())
    else:
        return
    if beyond:
        raise BadFrame("bytes that are invalid for their type")


def _labels(value: Any) -> tuple[str, ...] | None:
    if value is None:
        return None
    if not isinstance(value, list) or len(value) > MAX_LABELS:
        raise BadFrame("labels that are not allowed")
    if any(not isinstance(item, str) or len(item) > MAX_LABEL_CHARACTERS for item in value):
        raise BadFrame("labels that are not allowed")
    return tuple(value)
