"""References are computed once, kept with their provenance, and never stale."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np
import pytest

from grader import reference as reference_module
from grader.author_code import author_function
from grader.errors import ExerciseContentError
from grader.exercise import load_exercise
from grader.reference import ReferenceStore, build_reference
from grader.variants import hidden_variant, visible_variant

if TYPE_CHECKING:
    from pathlib import Path

    from grader.exercise import ExerciseDefinition


def test_what_is_stored_comes_back(shares: ExerciseDefinition, tmp_path: Path) -> None:
    """A second store reads from disk what the first computed."""
    visible = visible_variant(shares)
    built = ReferenceStore(tmp_path).get(shares, visible, misconceptions=True)
    store = ReferenceStore(tmp_path)
    assert store.has(shares, visible, misconceptions=True)
    read = store.get(shares, visible, misconceptions=True)
    assert read is not built
    assert np.array_equal(read.outputs["shares"].mean, built.outputs["shares"].mean)
    assert set(read.misconceptions) == {"opposite_class", "no_mean"}
    assert set(read.every_row) == {"shares"}
    assert read.provenance == built.provenance


def test_hidden_variants_need_no_mistakes(shares: ExerciseDefinition, tmp_path: Path) -> None:
    """Only the visible run is diagnosed, so hidden references stay cheap."""
    found = ReferenceStore(tmp_path).get(shares, hidden_variant(shares, b"s", 0))
    assert not found.misconceptions
    assert not found.every_row


def test_files_are_plain_and_private(shares: ExerciseDefinition, tmp_path: Path) -> None:
    """The archive loads without pickle, its provenance is readable, and only this user reads it."""
    ReferenceStore(tmp_path).get(shares, visible_variant(shares))
    (file,) = tmp_path.glob("*/*.npz")
    np.load(file, allow_pickle=False).close()
    provenance = json.loads(file.with_suffix(".json").read_text("utf-8"))
    assert provenance["packages"]["numpy"] == np.__version__
    assert file.stat().st_mode & 0o077 == 0


def test_a_torn_file_is_computed_again(shares: ExerciseDefinition, tmp_path: Path) -> None:
    """A cache that a full disk cut off is replaced, not believed."""
    ReferenceStore(tmp_path).get(shares, visible_variant(shares))
    (file,) = tmp_path.glob("*/*.npz")
    file.write_bytes(file.read_bytes()[:100])
    again = ReferenceStore(tmp_path).get(shares, visible_variant(shares))
    assert again.outputs["fx"].mean.shape == (5,)


def test_another_version_finds_nothing_stale(
    shares: ExerciseDefinition, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A changed pin of shap or scikit-learn leads to another key."""
    visible = visible_variant(shares)
    before = ReferenceStore.key(shares, visible, misconceptions=False)
    monkeypatch.setattr(reference_module, "versions", lambda: {"shap": "99"})
    assert ReferenceStore.key(shares, visible, misconceptions=False) != before


def test_seeds_give_a_spread(noisy: ExerciseDefinition) -> None:
    """A stochastic reference has the mean and the standard deviation of its seeds."""
    means = build_reference(noisy, visible_variant(noisy), misconceptions=True).outputs["means"]
    assert means.count == 100
    assert means.spread.mean() == pytest.approx(1 / 20, rel=0.2)


def test_the_author_is_told_which_function_is_wrong(shares_folder: Path) -> None:
    """An exception, a missing function, a wrong shape and an unknown name each say where."""
    file = shares_folder / "reference.py"
    text = file.read_text("utf-8")
    for old, new, words in (
        ("X.mean(axis=0) @ W + 2}", "1 / 0}", "reference: ZeroDivisionError"),
        ('"base": X', '"bass": X', "'bass', which exercise.yaml does not declare"),
        ("shares = W", "shares = W[:2] * 0 + W[:, None]", "shape"),
        ("import numpy as np", "import nothing_of_that_name", "import: ModuleNotFoundError"),
        ("import numpy as np", "import (", "import: SyntaxError"),
        ('{"shares": W * X[parameters["rows"]]}', "3", "returns int"),
    ):
        assert old in text
        file.write_text(text.replace(old, new, 1), "utf-8")
        exercise = load_exercise(shares_folder)
        with pytest.raises(ExerciseContentError, match=words):
            build_reference(exercise, visible_variant(exercise), misconceptions=True)
    file.write_text(text, "utf-8")
    with pytest.raises(ExerciseContentError, match="no such function"):
        author_function(load_exercise(shares_folder), "absent")
