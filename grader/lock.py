"""Fingerprints of reference values: a changed pin that would move a grade does not go unnoticed.

`reference.lock` beside an exercise holds, for a variant that no deployment draws, the versions and
a few random projections of each output. They are enough to see a change of a thousandth, and give
no value away.
"""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

import numpy as np

from grader.errors import ExerciseContentError
from grader.reference import reference_arrays, versions
from grader.variants import hidden_variant, visible_variant

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from grader.exercise import ExerciseDefinition

NAME = "reference.lock"
SECRET = b"the variant of reference.lock"
PROJECTIONS = 4
DRIFT_TOLERANCE = 0.001
"""A tenth of the usual band: what moves further may move a grade."""


def fingerprint(exercise: ExerciseDefinition) -> dict[str, Any]:
    """Versions and projections as of now.

    Raises:
        ExerciseContentError: the author's code fails or returns too little.
    """
    drawn = hidden_variant(exercise, SECRET, 0) if exercise.variants else visible_variant(exercise)
    arrays = reference_arrays(exercise, "reference", dict(drawn.parameters), 0, {})
    missing = {output.name for output in exercise.outputs} - set(arrays)
    if missing:
        reason = f"returns no {', '.join(sorted(missing))}"
        raise ExerciseContentError(reason, file=exercise.reference_file, key="reference")
    outputs = {name: _projected(array) for name, array in sorted(arrays.items())}
    return {"packages": versions(), "outputs": outputs}


def _projected(array: NDArray[Any]) -> list[float] | str:
    """Random signed means as shares of the mean size, and that size; a hash for what is exact."""
    if array.dtype.kind != "f":
        text = json.dumps(array.tolist())
        return hashlib.sha256(text.encode()).hexdigest()[:16]
    values = array.ravel()
    size = float(np.abs(values).sum())
    signs = np.random.default_rng(values.size).choice([-1.0, 1.0], size=(PROJECTIONS, values.size))
    shares = signs @ values / (size or 1.0)
    return [*(round(float(share), 5) for share in shares), float(f"{size:.4g}")]


def write_lock(exercise: ExerciseDefinition) -> Path:
    """Write the exercise's lock as of now."""
    file = exercise.folder / NAME
    file.write_text(json.dumps(fingerprint(exercise), indent=2) + "\n", encoding="utf-8")
    return file


def drift(exercise: ExerciseDefinition) -> list[str]:
    """In words, what differs from the lock by more than a thousandth; empty when nothing does.

    Raises:
        ExerciseContentError: the lock cannot be read.
    """
    file = exercise.folder / NAME
    if not file.is_file():
        return [f"{NAME} is missing: run `python -m grader lock`"]
    try:
        locked = json.loads(file.read_text(encoding="utf-8"))
        before, packages = dict(locked["outputs"]), dict(locked["packages"])
    except (ValueError, KeyError, TypeError) as error:
        raise ExerciseContentError("is no lock: run `python -m grader lock`", file=file) from error
    now = fingerprint(exercise)
    outputs = now["outputs"].items()
    differing = [name for name, value in outputs if _differs(before.get(name), value)]
    if not differing:
        return []
    changed = [
        f"{package} {packages.get(package)} -> {version}"
        for package, version in now["packages"].items()
        if packages.get(package) != version
    ]
    cause = ", ".join(changed) or "reference.py, its data or the folder's name"
    fix = "raise the version, then run `python -m grader lock`"
    return [f"{', '.join(differing)} moved with {cause}: {fix}"]


def _differs(before: Any, now: Any) -> bool:
    if isinstance(now, str) or not isinstance(before, list) or len(before) != len(now):
        return bool(before != now)
    shares = np.abs(np.subtract(before[:-1], now[:-1])).max() <= DRIFT_TOLERANCE
    size = abs(before[-1] - now[-1]) <= DRIFT_TOLERANCE * max(abs(before[-1]), abs(now[-1]))
    return not (shares and size)
