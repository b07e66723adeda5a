"""Reference values with their spread and provenance, cached by what they depend on.

An exercise's `reference.py` is the author's code and runs here, in the grader's own process, never
in the sandbox and never in the web process. Functions are found in it by name:

``reference(parameters, seed)``
    the true outputs by name; `seed` varies only where the exercise declares `seeds`. Of an output
    that holds several runs it returns one.
``mistake_<id>(parameters, seed)``
    the outputs that the misconception `<id>` changes.
``every_row(parameters)``
    output -> (N, ...) explanations of all rows that a learner could have explained instead;
    (S, N, ...) over a few seeds where the exercise declares `seeds`.
``single_backgrounds(parameters)``
    output -> (B, ...) explanations with each background row alone.
``other_outputs(parameters)``
    name -> (n,) other outputs of the model on the explained rows.
``further_forms(parameters)``
    "<misconception>/<output>" -> (K, ...) the same misconception with other settings, such as
    another number of steps.

Further functions are named by the rubric (`property`, `recomputed`).
"""

from __future__ import annotations

import fcntl
import hashlib
import importlib.metadata
import io
import json
import os
import tempfile
import threading
import zipfile
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from grader.author_code import author_code, blaming, call_author
from grader.errors import ExerciseContentError
from grader.models.presence import require

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from numpy.typing import NDArray

    from grader.exercise import ExerciseDefinition
    from grader.reference_shelf import Shelf
    from grader.variants import Variant

    Arrays = Mapping[str, NDArray[Any]]

FORMAT = 2
"""Changes when stored references can no longer be read as before."""
PINNED = ("numpy", "scikit-learn", "shap", "lime")
"""A change of one of these can move a reference value, so each is part of the key."""
MISCONCEPTION_SEEDS = 24
"""Enough for a spread to within 15 %, at a fifth of the cost of the envelope's seeds."""
MEMORY_ENTRIES = 64
DIAGNOSTIC = ("every_row", "single_backgrounds", "other_outputs", "further_forms")
"""Functions of reference.py that only a diagnosis needs."""


@dataclass(frozen=True)
class Replicates:
    """One output under m seeds: (m, ...); m = 1 when it is deterministic.

    Attributes:
        mean_of: an answer is the mean of so many runs, each sample a single run.
    """

    samples: NDArray[Any]
    mean_of: int = 1

    @property
    def count(self) -> int:
        """How many seeds."""
        return int(self.samples.shape[0])

    @property
    def effective(self) -> float:
        """How many answers the seeds amount to: their number, or how many means they make."""
        return self.count / self.mean_of

    @property
    def mean(self) -> NDArray[Any]:
        """The mean over the seeds; for text, truth values and one seed the value itself."""
        if self.count == 1 or self.samples.dtype.kind != "f":
            return np.asarray(self.samples[0])
        return np.asarray(np.where(self._moving, self.samples.mean(axis=0), self.samples[0]))

    @property
    def spread(self) -> NDArray[np.float64]:
        """The standard deviation of an answer; zero when deterministic."""
        return np.asarray(self.run_spread / np.sqrt(self.mean_of), dtype=np.float64)

    @property
    def run_spread(self) -> NDArray[np.float64]:
        """The standard deviation of one run; zero when deterministic."""
        if self.count == 1:
            return np.zeros(self.samples.shape[1:])
        return np.asarray(self._moving * self.samples.std(axis=0, ddof=1), dtype=np.float64)

    @property
    def _moving(self) -> NDArray[np.bool_]:
        """Which values differ between seeds: equal ones scatter by rounding only, that is not."""
        return np.asarray(np.ptp(self.samples, axis=0) > 0)


@dataclass(frozen=True)
class Reference:
    """What the grader knows about one variant of one exercise.

    Attributes:
        outputs: true values by output.
        labels: the first axis's labels of each labelled output.
        misconceptions: misconception id -> the outputs that it changes (visible variant only).
        every_row, single_backgrounds, other_outputs, further_forms: see the module's text.
        provenance: versions, hashes and parameters behind the values.
    """

    outputs: Mapping[str, Replicates]
    labels: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    misconceptions: Mapping[str, Mapping[str, Replicates]] = field(default_factory=dict)
    every_row: Arrays = field(default_factory=dict)
    single_backgrounds: Arrays = field(default_factory=dict)
    other_outputs: Arrays = field(default_factory=dict)
    further_forms: Arrays = field(default_factory=dict)
    provenance: Mapping[str, Any] = field(default_factory=dict)


def build_reference(
    exercise: ExerciseDefinition, variant: Variant, *, misconceptions: bool
) -> Reference:
    """Compute everything from the author's code.

    Args:
        exercise: whose code runs.
        variant: with which parameters.
        misconceptions: also what diagnosis needs; only the visible variant is ever diagnosed.

    Raises:
        WeightsMissing: a real network that it opens is not on this machine yet.
        ExerciseContentError: the code fails, or does not return what exercise.yaml declares.
    """
    require(exercise.models)
    parameters = dict(variant.parameters)
    labels: dict[str, tuple[str, ...]] = {}
    outputs = _replicated(exercise, "reference", parameters, exercise.seeds, labels)
    missing = {output.name for output in exercise.outputs} - set(outputs)
    if missing:
        reason = f"returns no {', '.join(sorted(missing))}"
        raise ExerciseContentError(reason, file=exercise.reference_file, key="reference")
    found: dict[str, Mapping[str, Replicates]] = {}
    extras: dict[str, Arrays] = {}
    if misconceptions:
        seeds = min(exercise.seeds, MISCONCEPTION_SEEDS)
        for misconception in exercise.misconceptions:
            if not misconception.family:
                name = f"mistake_{misconception.id}"
                found[misconception.id] = _replicated(exercise, name, parameters, seeds, labels)
        for name in DIAGNOSTIC:
            if hasattr(author_code(exercise), name):
                raw = call_author(exercise, name, parameters)
                extras[name] = {key: np.asarray(value, float) for key, value in raw.items()}
    return Reference(
        outputs=outputs,
        labels=labels,
        misconceptions=found,
        provenance={
            "exercise": exercise.slug,
            "version": exercise.version,
            "reference_hash": exercise.reference_hash,
            "parameters": parameters,
            "seeds": exercise.seeds,
            "packages": versions(),
        },
        **extras,
    )


def _replicated(
    exercise: ExerciseDefinition,
    name: str,
    parameters: Mapping[str, Any],
    seeds: int,
    labels: dict[str, tuple[str, ...]],
) -> dict[str, Replicates]:
    samples: dict[str, list[NDArray[Any]]] = {}
    for seed in range(seeds):
        for key, array in reference_arrays(exercise, name, parameters, seed, labels).items():
            samples.setdefault(key, []).append(array)
    with blaming(exercise, name):
        return {
            key: Replicates(np.stack(values), exercise.output(key).runs)
            for key, values in samples.items()
        }


def reference_arrays(
    exercise: ExerciseDefinition,
    name: str,
    parameters: Mapping[str, Any],
    seed: int,
    labels: Mapping[str, tuple[str, ...]],
) -> dict[str, NDArray[Any]]:
    """What the author's function `name` returns for one seed, as arrays of the declared dtype.

    Args:
        exercise: whose code runs.
        name: ``reference`` or ``mistake_<id>``.
        parameters: the variant's.
        seed: the seed.
        labels: the labels of each labelled output; a mutable mapping learns new ones.

    Raises:
        ExerciseContentError: the function fails or returns something that is not declared.
    """
    returned = call_author(exercise, name, parameters, seed)
    if not isinstance(returned, dict):
        reason = f"returns {type(returned).__name__}; a dict of outputs is needed"
        raise ExerciseContentError(reason, file=exercise.reference_file, key=name)
    return {key: _array(exercise, name, key, value, labels) for key, value in returned.items()}


def _array(
    exercise: ExerciseDefinition,
    name: str,
    key: str,
    value: Any,
    labels: Mapping[str, tuple[str, ...]],
) -> NDArray[Any]:
    """One output in the declared dtype; a dict is laid out along its labels."""
    output = next((output for output in exercise.outputs if output.name == key), None)
    if output is None:
        reason = f"returns {key!r}, which exercise.yaml does not declare"
        raise ExerciseContentError(reason, file=exercise.reference_file, key=name)
    if output.labelled:
        if key not in labels and isinstance(labels, dict):
            labels[key] = tuple(value)
        keys = labels[key]
        value = [value.get(label, 0) for label in keys]
    kinds = {"float": np.float64, "integer": np.int64, "boolean": np.bool_, "string": np.str_}
    with blaming(exercise, name):
        array: NDArray[Any] = np.asarray(value, dtype=kinds[output.dtype])
    wanted = output.run_shape
    fits = array.ndim == len(wanted) and all(
        size in (None, found) for size, found in zip(wanted, array.shape, strict=False)
    )
    if not fits or (array.dtype.kind == "f" and not np.isfinite(array).all()):
        reason = f"returns {key!r} with the shape {array.shape} or values that are not finite"
        raise ExerciseContentError(reason, file=exercise.reference_file, key=name)
    return array


def versions() -> dict[str, str]:
    """The installed versions of everything that can move a reference value."""
    return {package: importlib.metadata.version(package) for package in PINNED}


class ReferenceStore:
    """References in memory and on disk, computed on demand.

    On disk each is `<slug>/<key>.npz` (plain arrays) with `<key>.json` (provenance). The key is a
    hash of the exercise's reference_hash, the parameters and the installed versions: a changed pin
    or a changed reference.py finds nothing stale. Safe for threads, and for several processes on
    one machine: whoever needs a reference that is being computed waits for it. With a `shelf`, so
    do other hosts.
    """

    def __init__(self, folder: Path, *, shelf: Shelf | None = None) -> None:
        self.folder, self.shelf = folder, shelf
        self._memory: OrderedDict[str, Reference] = OrderedDict()
        self._lock = threading.Lock()

    def get(
        self, exercise: ExerciseDefinition, variant: Variant, *, misconceptions: bool = False
    ) -> Reference:
        """The reference of `variant`; computed and stored when it is not there yet.

        Raises:
            ExerciseContentError: the exercise's own code fails.
        """
        key = self.key(exercise, variant, misconceptions=misconceptions)
        with self._lock:  # never held while something is computed
            known = self._memory.get(key)
            if known is not None:
                self._memory.move_to_end(key)
                return known
        reference = self._from_disk(exercise, key) or self._built(
            exercise, variant, key, misconceptions=misconceptions
        )
        with self._lock:
            self._memory[key] = reference
            while len(self._memory) > MEMORY_ENTRIES:
                self._memory.popitem(last=False)
        return reference

    def has(
        self, exercise: ExerciseDefinition, variant: Variant, *, misconceptions: bool = False
    ) -> bool:
        """Whether it is there already, in memory or on disk: nothing would be computed."""
        key = self.key(exercise, variant, misconceptions=misconceptions)
        with self._lock:
            if key in self._memory:
                return True
        return self._file(exercise, key).is_file()

    @staticmethod
    def key(exercise: ExerciseDefinition, variant: Variant, *, misconceptions: bool) -> str:
        """What the values depend on, as one hash."""
        parts = [FORMAT, exercise.reference_hash, variant.key, misconceptions, versions()]
        return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()

    def _file(self, exercise: ExerciseDefinition, key: str) -> Path:
        return self.folder / exercise.slug / f"{key}.npz"

    def _from_disk(self, exercise: ExerciseDefinition, key: str) -> Reference | None:
        file = self._file(exercise, key)
        try:
            return _read(file)
        except FileNotFoundError:
            return None
        except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
            # A file torn by a full disk is computed again and replaced. It is not removed: another
            # process may have replaced it already.
            return None

    def _built(
        self, exercise: ExerciseDefinition, variant: Variant, key: str, *, misconceptions: bool
    ) -> Reference:
        file = self._file(exercise, key)
        file.parent.mkdir(parents=True, exist_ok=True)
        with file.with_suffix(".lock").open("w") as lock:
            # Two workers that need the same reference: the second waits and reads the first's.
            fcntl.flock(lock, fcntl.LOCK_EX)
            stored = self._from_disk(exercise, key) or self._from_shelf(exercise, key)
            if stored is not None:
                return stored
            try:
                reference = build_reference(exercise, variant, misconceptions=misconceptions)
                _write(file, reference)
            except BaseException:
                if self.shelf is not None:
                    self.shelf.give_up(_name(file))
                raise
            if self.shelf is not None:
                self.shelf.lend(_name(file), file.read_bytes())
            return reference

    def _from_shelf(self, exercise: ExerciseDefinition, key: str) -> Reference | None:
        """Return what another host has computed; None when it is computed here."""
        file = self._file(exercise, key)
        data = None if self.shelf is None else self.shelf.borrow(_name(file))
        if data is None:
            return None
        _replace(file, data)
        return self._from_disk(exercise, key)


def _name(file: Path) -> str:
    """Return what a reference is called on every host."""
    return f"{file.parent.name}/{file.name}"


def _write(file: Path, reference: Reference) -> None:
    arrays: dict[str, NDArray[Any]] = {}
    for name, each in reference.outputs.items():
        arrays[f"outputs/{name}"] = each.samples
    for misconception, outputs in reference.misconceptions.items():
        for name, each in outputs.items():
            arrays[f"mistakes/{misconception}/{name}"] = each.samples
    for part in DIAGNOSTIC:
        for name, array in getattr(reference, part).items():
            arrays[f"{part}/{name}"] = array
    meta = {
        "labels": reference.labels,
        "provenance": reference.provenance,
        "mean_of": {name: each.mean_of for name, each in reference.outputs.items()},
    }
    encoded = np.frombuffer(json.dumps(meta).encode(), dtype=np.uint8)
    buffer = io.BytesIO()
    np.savez_compressed(buffer, allow_pickle=False, meta=encoded, **arrays)
    text = json.dumps(reference.provenance, indent=2, sort_keys=True)
    _replace(file.with_suffix(".json"), text.encode())
    _replace(file, buffer.getvalue())


def _replace(file: Path, data: bytes) -> None:
    """Write whole or not at all, readable by nobody but this user: references are secret."""
    handle, name = tempfile.mkstemp(dir=file.parent)
    with os.fdopen(handle, "wb") as stream:
        stream.write(data)
    os.replace(name, file)  # noqa: PTH105 - the name is a string from mkstemp


def _read(file: Path) -> Reference:
    outputs: dict[str, Replicates] = {}
    misconceptions: dict[str, dict[str, Replicates]] = {}
    parts: dict[str, dict[str, NDArray[Any]]] = {}
    with file.open("rb") as stream, np.load(stream, allow_pickle=False) as stored:
        meta = json.loads(stored["meta"].tobytes())
        mean_of = meta["mean_of"]
        for name in stored.files:
            part, *path = name.split("/")
            if part == "outputs":
                outputs[path[0]] = Replicates(stored[name], mean_of[path[0]])
            elif part == "mistakes":
                each = Replicates(stored[name], mean_of[path[1]])
                misconceptions.setdefault(path[0], {})[path[1]] = each
            elif part != "meta":
                parts.setdefault(part, {})["/".join(path)] = stored[name]
    labels = {name: tuple(values) for name, values in meta["labels"].items()}
    return Reference(
        outputs=outputs,
        labels=labels,
        misconceptions=misconceptions,
        provenance=meta["provenance"],
        **parts,
    )
