"""Power is measured, blind spots are declared, and rounded answers are accepted."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from grader.check.power import check_power
from grader.check.report import ExerciseCheck
from grader.check.rounding import check_rounding
from grader.exercise import load_exercise
from grader.variants import visible_variant

if TYPE_CHECKING:
    from pathlib import Path

    from grader.exercise import ExerciseDefinition
    from grader.reference import ReferenceStore

NEARLY = """

def mistake_few(parameters, seed):
    return {"means": _means(seed, 380)}
"""


def with_weak_mistake(folder: Path, passes: str) -> ExerciseDefinition:
    """Make the exercise's misconception one that the envelope cannot see."""
    with (folder / "reference.py").open("a", encoding="utf-8") as stream:
        stream.write(NEARLY)
    file = folder / "exercise.yaml"
    text = file.read_text("utf-8").replace('"How many?"}', f'"How many?"{passes}}}')
    file.write_text(text, encoding="utf-8")
    return load_exercise(folder)


def test_a_blind_spot_has_to_be_declared(noisy_folder: Path, references: ReferenceStore) -> None:
    """380 of 400 draws pass nearly always; without `passes` that is a problem."""
    found = ExerciseCheck("noisy")
    check_power(with_weak_mistake(noisy_folder, ""), references, 20, found)
    assert found.pass_rates["few"] > 0.8
    assert "misconception few passes in" in found.problems[0]


def test_a_declared_rate_is_accepted(noisy_folder: Path, references: ReferenceStore) -> None:
    """With the rate as measured the blind spot is sound."""
    found = ExerciseCheck("noisy")
    check_power(with_weak_mistake(noisy_folder, ", passes: 0.97"), references, 20, found)
    assert found.problems == []


RUNS = """\
  means: {dtype: float, shape: [20, 2, 6], runs: 20, meaning: Estimated means in each run.}
"""


def with_runs(folder: Path) -> ExerciseDefinition:
    """Ask for twenty runs, and judge their scatter too."""
    file = folder / "exercise.yaml"
    text = file.read_text("utf-8").replace(
        "  means: {dtype: float, shape: [2, 6], meaning: Estimated means.}\n", RUNS
    )
    scatter = "rubric:\n  - {id: scatter, title: Scatter, kind: scatter, output: means, "
    text = text.replace("rubric:\n", scatter + "threshold: 0.2, points: 1}\n").replace(
        "pass_score: 9", "pass_score: 11"
    )
    file.write_text(text, encoding="utf-8")
    code = folder / "reference.py"
    code.write_text(code.read_text("utf-8").replace("_means(seed, 8)", "_means(seed, 200)"))
    return load_exercise(folder)


def test_runs_show_settings_that_one_run_hides(
    noisy_folder: Path, references: ReferenceStore
) -> None:
    """Half of the draws lie within one run's band; twenty runs scatter visibly more."""
    found = ExerciseCheck("noisy")
    check_power(with_runs(noisy_folder), references, 20, found)
    assert found.pass_rates == {"few": 0.0}


def test_rounded_answers_that_lose_points_are_reported(
    shares_folder: Path, references: ReferenceStore
) -> None:
    """The author hears with which parameters, and what to do."""
    file = shares_folder / "exercise.yaml"
    text = file.read_text("utf-8").replace("meaning: The mean output.", "decimals: 0, meaning: M.")
    file.write_text(text, encoding="utf-8")
    exercise = load_exercise(shares_folder)
    found = ExerciseCheck("shares")
    check_rounding(exercise, references, [visible_variant(exercise)], found)
    assert "rounded as the starter prints them, correct answers lose" in found.problems[0]
    assert "base" in found.problems[0]


def test_a_floor_accepts_rounding_near_zero(
    shares_folder: Path, references: ReferenceStore
) -> None:
    """Beside the relative threshold, half of the last printed decimal is right."""
    file = shares_folder / "exercise.yaml"
    text = file.read_text("utf-8").replace("meaning: The mean output.", "decimals: 0, meaning: M.")
    text = text.replace(
        "output: base, threshold: 0.01,", "output: base, threshold: 0.01, floor: 0.5,"
    )
    text = text.replace("    requires: [fx]\n", "    requires: [fx]\n    floor: 0.6\n")
    file.write_text(text, encoding="utf-8")
    exercise = load_exercise(shares_folder)
    found = ExerciseCheck("shares")
    check_rounding(exercise, references, [visible_variant(exercise)], found)
    assert found.problems == []
    assert np.isfinite(exercise.criteria[1].floor)
