"""A change of reference values is reported with its cause; the lock gives no value away."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from grader.errors import ExerciseContentError
from grader.exercise import load_exercise
from grader.lock import drift, write_lock

if TYPE_CHECKING:
    from pathlib import Path


def test_unmoved_values_say_nothing(shares_folder: Path) -> None:
    """Right after writing, and after a change of a version alone, nothing is reported."""
    exercise = load_exercise(shares_folder)
    assert "missing" in drift(exercise)[0]
    file = write_lock(exercise)
    assert drift(exercise) == []
    file.write_text(file.read_text("utf-8").replace('"shap": "', '"shap": "0.'), "utf-8")
    assert drift(exercise) == []


def test_moved_values_name_their_cause(shares_folder: Path) -> None:
    """Two thousandths are seen, and laid to the version that changed, else to the author's code."""
    file = write_lock(load_exercise(shares_folder))
    code = shares_folder / "reference.py"
    code.write_text(code.read_text("utf-8").replace("X[rows] @ W + 2", "1.002 * (X[rows] @ W + 2)"))
    (found,) = drift(load_exercise(shares_folder))
    assert found.startswith("fx moved with reference.py")
    file.write_text(file.read_text("utf-8").replace('"shap": "', '"shap": "9.'), "utf-8")
    assert "shap 9." in drift(load_exercise(shares_folder))[0]


def test_a_missing_output_is_not_locked(shares_folder: Path) -> None:
    """What `reference` forgets would never be compared."""
    code = shares_folder / "reference.py"
    code.write_text(code.read_text("utf-8").replace('"fx": X[rows] @ W + 2, ', ""), "utf-8")
    with pytest.raises(ExerciseContentError, match="returns no fx"):
        write_lock(load_exercise(shares_folder))


def test_the_lock_changes_no_hash(shares_folder: Path) -> None:
    """Writing the lock neither reloads the exercise nor recomputes references."""
    before = load_exercise(shares_folder)
    file = write_lock(before)
    after = load_exercise(shares_folder)
    assert (after.content_hash, after.reference_hash) == (
        before.content_hash,
        before.reference_hash,
    )
    assert set(json.loads(file.read_text("utf-8"))) == {"packages", "outputs"}
