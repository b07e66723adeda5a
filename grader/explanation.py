"""What crossed the border out of the sandbox: checked against the declaration, packed, unpacked."""

from __future__ import annotations

import io
import json
import struct
import unicodedata
import zipfile
import zlib
from collections import Counter
from dataclasses import dataclass, field, replace
from itertools import islice, permutations
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from grader.errors import GraderError
from grader.sandbox.job import MIB, Answer

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from grader.exercise import Output

Facts = dict[str, str | int | float]

KINDS: Mapping[str, str] = {
    "float": "f", "integer": "i", "boolean": "b", "string": "U",
}  # fmt: skip
TOLD_REFUSALS = frozenset(
    """
    object_dtype too_large none callable iterator unordered tensor masked ragged names_differ
    dict_keys unsupported_dtype
    """.split()  # noqa: SIM905 - a table of words
)
"""Refusals of `grader.sandbox.inside.answers` with a message of their own."""
MAX_ORDERS = 120
MAX_CLASSES = 20
"""An axis of this many entries or fewer may be one per class."""
LARGEST = 1e30
"""Beyond it single precision, squares and sums overflow; no explanation has such values."""
OVERHEAD_BYTES = 4
"""Of one name in JSON."""
MAX_UNPACKED_BYTES = 64 * MIB
MAX_STORED_ANSWER_BYTES = 4 * MIB
"""Of one answer with its names; an exercise's outputs are a hundred times smaller."""
MAX_STORED_BYTES = 12 * MIB
"""Of all answers of a submission, both runs, before compression."""


@dataclass(frozen=True)
class AnswerProblem:
    """Why an answer cannot be marked: a message id of `grader.messages` and its facts."""

    message_id: str
    facts: Facts = field(default_factory=dict)


@dataclass(frozen=True)
class RunAnswers:
    """The answers of one run, with what is needed to mark them again without running.

    Attributes:
        variant: id of the variant that was run.
        verdict: how the run ended.
        error: name of the builtin exception that ended it, empty when none did.
    """

    variant: str
    parameters: Mapping[str, Any]
    verdict: str
    answers: Mapping[str, Answer]
    error: str = ""


@dataclass(frozen=True)
class ParameterUsage:
    """What the notebook's text says about an answer that ignores its parameters.

    Attributes:
        unread: parameters that no cell after the ``parameters`` cell names.
        reassigned: parameter -> first code cell (from 1) that sets it again.
        literals: output -> code cell (from 1) that writes it down as numbers.
        stand_in: a variable used instead of a parameter, and the code cell (from 1) that sets it.
    """

    unread: tuple[str, ...] = ()
    reassigned: Mapping[str, int] = field(default_factory=dict)
    literals: Mapping[str, int] = field(default_factory=dict)
    stand_in: tuple[str, int] | None = None


def conform(
    answer: Answer | None, output: Output, labels: Sequence[str] = ()
) -> NDArray[Any] | AnswerProblem:
    """The answer as an array of the declared dtype, shape and order, or why it is none.

    Accepts what mathematics does not tell apart: whole numbers for decimals, a trailing class axis
    where one is declared, columns in another order when they carry their names, a single value
    inside an array or repeated along the rows.

    Args:
        answer: what the run left behind; None when the name was never set.
        output: the declaration.
        labels: for a labelled output: the first axis's labels in the reference's order.
    """
    if answer is None:
        return AnswerProblem("criterion.missing", {"output": output.name})
    if answer.array is None:
        known = answer.refusal if answer.refusal in TOLD_REFUSALS else "unreadable"
        return AnswerProblem(f"criterion.refused_{known}", {"output": output.name})
    array = _of_dtype(answer.array, output)
    if not isinstance(array, AnswerProblem):
        array = _in_order(array, answer, output, tuple(labels))
    return array if isinstance(array, AnswerProblem) else _checked_values(array, output)


def _of_dtype(array: NDArray[Any], output: Output) -> NDArray[Any] | AnswerProblem:
    kind, wanted = array.dtype.kind, KINDS[output.dtype]
    if wanted == "f" and kind in "fiu":
        return array.astype(np.float64)
    if wanted == "i" and (kind in "iu" or (kind == "f" and _whole(array))):
        return array.astype(np.int64)
    if wanted == "b" and (kind == "b" or (kind in "iuf" and bool(np.isin(array, (0, 1)).all()))):
        return array.astype(np.bool_)
    if wanted == "U" and kind == "U":
        return array
    facts: Facts = {"output": output.name, "found": array.dtype.name, "expected": output.dtype}
    return AnswerProblem("criterion.wrong_dtype", facts)


def _whole(array: NDArray[Any]) -> bool:
    # Beyond 2^53 a float no longer names one whole number.
    return bool(np.all(np.abs(array) <= 2.0**53) and np.all(array == np.round(array)))


def _of_shape(array: NDArray[Any], output: Output) -> NDArray[Any] | AnswerProblem:
    shape = output.shape
    array = _class_taken(array, output)
    if shape == () and 0 < array.size <= 10_000 and bool(np.all(array == array.flat[0])):  # noqa: PLR2004 - an Explanation repeats the base value per row
        return np.asarray(array.flat[0])
    if _fits(array.shape, shape):
        return array
    if array.ndim == len(shape) + 1 and array.shape[0] == 1 and _fits(array.shape[1:], shape):
        return np.asarray(array[0])
    if array.ndim == len(shape) + 1 and array.shape[-1] == 1 and _fits(array.shape[:-1], shape):
        return np.asarray(array[..., 0])
    facts: Facts = {
        "output": output.name,
        "found": str(array.shape),
        "expected": shape_text(shape),
    }
    return AnswerProblem(f"criterion.{_what_is_wrong(array.shape, shape)}", facts)


def _class_taken(array: NDArray[Any], output: Output) -> NDArray[Any]:
    """The declared class's values, where there is an axis of classes."""
    shape, wanted = output.shape, output.take_class
    if wanted is None or array.ndim != len(shape) + 1:
        return array
    if _fits(array.shape[:-1], shape) and wanted < array.shape[-1]:
        return np.asarray(array[..., wanted])
    # A list with an array per class, as shap gave until 0.45.
    if _fits(array.shape[1:], shape) and wanted < array.shape[0] <= MAX_CLASSES:
        return np.asarray(array[wanted])
    return array


def _what_is_wrong(found: tuple[int, ...], shape: tuple[int | None, ...]) -> str:
    """The likely reason for a wrong shape, as the end of a message's id."""
    if len(shape) > 1 and _fits(found[::-1], shape):
        return "transposed"
    if any(_fits(order, shape) for order in islice(permutations(found), MAX_ORDERS)):
        return "axes_swapped"
    if len(found) == len(shape) + 1 and shape:
        if _fits(found[:-1], shape) and found[-1] <= MAX_CLASSES:
            return "class_axis"
        if _fits(found[1:], shape) and found[0] <= MAX_CLASSES:
            return "class_first"
    return "wrong_shape"


def _fits(found: tuple[int, ...], shape: tuple[int | None, ...]) -> bool:
    return len(found) == len(shape) and all(
        wanted is None or size == wanted for size, wanted in zip(found, shape, strict=True)
    )


def shape_text(shape: Sequence[int | None]) -> str:
    """A shape as learners know it, with n for any length."""
    sizes = ", ".join("n" if size is None else str(size) for size in shape)
    return "a single value" if not shape else f"({sizes},)" if len(shape) == 1 else f"({sizes})"


def _in_order(
    array: NDArray[Any], answer: Answer, output: Output, labels: tuple[str, ...]
) -> NDArray[Any] | AnswerProblem:
    """The array in the declared shape, each axis that carries names in the declared order."""
    index, columns = answer.index, answer.columns
    first, last = (labels if output.labelled else ()), output.columns
    if len(output.shape) == 1:
        # One name per value, whatever carried it: a table's row or column, a dict, an Explanation.
        if array.ndim == 2 and array.shape[0] == 1:  # noqa: PLR2004 - a table of one row
            array, index = array[0], columns
        elif array.ndim == 2 and array.shape[1] == 1:  # noqa: PLR2004 - and of one column
            array = array[:, 0]
        index, columns = (columns if index is None else index), None
        first, last = first or last, ()
    elif answer.source == "dict" and last and not first and array.ndim == len(output.shape):
        # A dict of columns, as pandas would read it.
        array, index, columns = np.moveaxis(array, 0, -1), None, index
    if array.ndim != len(output.shape):
        shaped = _of_shape(array, output)
        if isinstance(shaped, AnswerProblem):
            return shaped
        array = shaped
    for axis, names, wanted in ((0, index, first), (-1, columns, last)):
        if names is not None and wanted and len(names) == array.shape[axis]:
            order = _order(names, wanted, answer, output)
            if isinstance(order, AnswerProblem):
                return order
            array = array if order is None else np.take(array, order, axis)
    return _of_shape(array, output)


def _order(
    names: tuple[str, ...], wanted: tuple[str, ...], answer: Answer, output: Output
) -> list[int] | AnswerProblem | None:
    """Where each wanted name stands; None when the names claim nothing about the order."""
    # Two spellings of one letter, composed or not, look alike and are alike.
    names, wanted = _composed(names), _composed(wanted)
    numbered = all(name.lstrip("-").isdigit() for name in names)
    strange = not set(names) & set(wanted) and (numbered or not output.labelled)
    if strange and answer.source not in {"dict", "pairs"}:
        # Numbers, or a table's names of another world (say "Feature 0"): the place counts.
        return None
    place = {name: index for index, name in enumerate(names)}
    missing = [name for name in wanted if name not in place]
    extra = sorted(set(names) - set(wanted))
    twice = [name for name, times in Counter(names).items() if times > 1]
    if missing or extra or twice:
        kind = "labels" if output.labelled else "columns"
        facts: Facts = {
            "output": output.name,
            "missing": _listed(missing),
            "extra": _listed(extra),
            "twice": _listed(twice),
        }
        return AnswerProblem(f"criterion.wrong_{kind}", facts)
    return [place[name] for name in wanted]


def _composed(names: Sequence[str]) -> tuple[str, ...]:
    return tuple(unicodedata.normalize("NFC", name) for name in names)


def _listed(names: Sequence[str]) -> str:
    """The first few names, short and printable: some are a learner's."""
    short = ["".join(c if c.isprintable() else "?" for c in name[:30]) for name in names[:5]]
    more = ["..."] if len(names) > len(short) else []
    return ", ".join(name or "''" for name in [*short, *more]) if short else "-"


def _checked_values(array: NDArray[Any], output: Output) -> NDArray[Any] | AnswerProblem:
    usable = np.abs(array) <= LARGEST if output.dtype == "float" else np.ones(array.shape, bool)
    if not usable.all():
        count = int((~usable).sum())
        return AnswerProblem("criterion.not_finite", {"output": output.name, "count": count})
    if output.choices and not set(array.ravel().tolist()) <= set(output.choices):
        facts: Facts = {"output": output.name, "choices": ", ".join(output.choices)}
        return AnswerProblem("criterion.not_a_choice", facts)
    return array


def pack(runs: Sequence[RunAnswers], usage: ParameterUsage, **stamp: str) -> bytes:
    """The answers of all runs as one compressed archive of plain arrays; no pickle.

    Args:
        runs: the visible run first.
        usage: what the notebook's text said.
        stamp: what the grade rests on, such as the exercise's version.
    """
    arrays: dict[str, NDArray[Any]] = {}
    runs = _bounded(runs)

    def put(array: NDArray[Any] | None) -> str | None:
        if array is None:
            return None
        arrays[name := f"a{len(arrays)}"] = array
        return name

    meta = {
        "format": 1,
        "stamp": stamp,
        "clue": {
            "unread": usage.unread,
            "reassigned": dict(usage.reassigned),
            "literals": dict(usage.literals),
            "stand_in": usage.stand_in,
        },
        "runs": [
            {
                "variant": run.variant,
                "parameters": run.parameters,
                "verdict": run.verdict,
                "error": run.error,
                "answers": [
                    {
                        "name": answer.name,
                        "source": answer.source,
                        "array": put(answer.array),
                        "columns": answer.columns,
                        "index": answer.index,
                        "parts": {key: put(part) for key, part in answer.parts.items()},
                        "refusal": answer.refusal,
                        "cell": answer.cell,
                    }
                    for answer in run.answers.values()
                ],
            }
            for run in runs
        ],
    }
    buffer = io.BytesIO()
    encoded = np.frombuffer(json.dumps(meta).encode(), dtype=np.uint8)
    np.savez_compressed(buffer, allow_pickle=False, meta=encoded, **arrays)
    return buffer.getvalue()


def _bounded(runs: Sequence[RunAnswers]) -> list[RunAnswers]:
    """The runs, without the values of answers that are too large to be kept."""
    room = MAX_STORED_BYTES
    bounded = []
    for run in runs:
        answers: dict[str, Answer] = {}
        for name, answer in run.answers.items():
            size = _stored_bytes(answer)
            if size > min(room, MAX_STORED_ANSWER_BYTES):
                refused = Answer(name, answer.source, refusal="too_large", cell=answer.cell)
                answers[name] = refused
            else:
                answers[name] = answer
                room -= size
        bounded.append(replace(run, answers=answers))
    return bounded


def _stored_bytes(answer: Answer) -> int:
    arrays = [answer.array, *answer.parts.values()]
    names = [*(answer.columns or ()), *(answer.index or ())]
    return sum(array.nbytes for array in arrays if array is not None) + sum(
        len(name.encode(errors="replace")) + OVERHEAD_BYTES for name in names
    )


_UNREADABLE: Final = (
    *(ValueError, KeyError, TypeError, AttributeError, OSError, EOFError, RuntimeError),
    *(zipfile.BadZipFile, zlib.error, struct.error, NotImplementedError, MemoryError),
)
"""What damaged archives make `zipfile` and NumPy raise."""


def unpack(data: bytes) -> tuple[tuple[RunAnswers, ...], ParameterUsage, dict[str, str]]:
    """The runs, the usage and the stamp that `pack` stored.

    Raises:
        GraderError: the bytes are not such an archive, or would unfold beyond 64 MiB.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            if sum(entry.file_size for entry in archive.infolist()) > MAX_UNPACKED_BYTES:
                raise GraderError("the stored answers unfold beyond 64 MiB")
        with np.load(io.BytesIO(data), allow_pickle=False) as stored:
            arrays = {name: stored[name] for name in stored.files}
        meta = json.loads(arrays.pop("meta").tobytes())
        runs = tuple(_run(raw, arrays) for raw in meta["runs"])
        usage = ParameterUsage(
            unread=tuple(meta["clue"]["unread"]),
            reassigned=meta["clue"]["reassigned"],
            literals=meta["clue"]["literals"],
            stand_in=tuple(found) if (found := meta["clue"].get("stand_in")) else None,
        )
        return runs, usage, meta["stamp"]
    except _UNREADABLE as error:
        raise GraderError("the stored answers cannot be read") from error


def _run(raw: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]]) -> RunAnswers:
    answers = {
        item["name"]: Answer(
            name=item["name"],
            source=item["source"],
            array=arrays[item["array"]] if item["array"] else None,
            columns=tuple(item["columns"]) if item["columns"] is not None else None,
            index=tuple(item["index"]) if item["index"] is not None else None,
            parts={key: arrays[name] for key, name in item["parts"].items() if name},
            refusal=item["refusal"],
            cell=item["cell"],
        )
        for item in raw["answers"]
    }
    return RunAnswers(raw["variant"], raw["parameters"], raw["verdict"], answers, raw["error"])
