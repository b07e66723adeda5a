"""An exercise whose model is not there is told apart from wrong work and from wrong content."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import pytest

from grader.build import build_references
from grader.errors import WeightsMissing
from grader.exercise import load_exercise
from grader.grading import grade_notebook
from grader.grading_process.processes import _environment
from grader.models import presence
from grader.reference import ReferenceStore
from grader.variants import visible_variant

if TYPE_CHECKING:
    from pathlib import Path

    from grader.exercise import ExerciseDefinition
    from grader.sandbox.job import Sandbox


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return an empty folder that is the models' folder."""
    target = tmp_path / "models"
    monkeypatch.setenv("WHYBOX_MODELS", str(target))
    return target


@pytest.fixture
def opening(shares_folder: Path) -> ExerciseDefinition:
    """Return an exercise that opens MiniLM."""
    file = shares_folder / "exercise.yaml"
    file.write_text(file.read_text(encoding="utf-8") + "models: [minilm]\n", encoding="utf-8")
    return load_exercise(shares_folder)


@pytest.mark.usefixtures("folder")
def test_nothing_is_run_without_the_model(
    opening: ExerciseDefinition, runner: Sandbox, tmp_path: Path
) -> None:
    """The platform's error names the model and how it comes; the learner has no error."""
    store = ReferenceStore(tmp_path / "references")
    with pytest.raises(WeightsMissing, match="minilm") as caught:
        grade_notebook(opening, opening.starter.read_bytes(), sandbox=runner, references=store)
    assert caught.value.names == ("minilm",)
    assert "make models" in str(caught.value)
    with pytest.raises(WeightsMissing):
        store.get(opening, visible_variant(opening), misconceptions=True)


@pytest.mark.usefixtures("folder")
def test_a_build_says_what_waits(opening: ExerciseDefinition, tmp_path: Path) -> None:
    """References that need an absent model are computed later; the others are computed now."""
    told = io.StringIO()
    build_references([opening.folder], references=tmp_path / "r", secret=None, jobs=1, stream=told)
    assert f"{opening.slug} waits for its models" in told.getvalue()


def test_a_model_of_our_own_is_put_into_its_place(folder: Path) -> None:
    """On a fresh machine too, for the sandbox mounts the folder."""
    presence.require(["austen"])
    assert (folder / "austen.safetensors").is_file()
    assert presence.decoder("austen") is presence.decoder("austen")


def test_the_library_is_part_of_what_a_reference_depends_on(
    shares_folder: Path, opening: ExerciseDefinition
) -> None:
    """Where an exercise opens a model, and only there."""
    file = shares_folder / "exercise.yaml"
    text = file.read_text(encoding="utf-8").replace("models: [minilm]\n", "")
    file.write_text(text, encoding="utf-8")
    assert load_exercise(shares_folder).reference_hash != opening.reference_hash


def test_the_grading_process_knows_where_the_models_are(folder: Path) -> None:
    """Its environment holds no setting of the site's but this one."""
    names = {name for name in _environment() if name.startswith("WHYBOX_")}
    assert names == {"WHYBOX_MODELS"}
    assert _environment()["WHYBOX_MODELS"] == str(folder)
