"""Power is measured, blind spots are declared, and rounded answers are accepted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from grader.check.misconceptions import check_misconceptions
from grader.check.power import _agrees, check_power
from grader.check.report import ExerciseCheck
from grader.check.rounding import check_rounding
from grader.check.simulation import FRESH_SEED, computed_answers
from grader.criteria import context_of
from grader.exercise import load_exercise
from grader.misconceptions.evidence import Evidence
from grader.misconceptions.scatter import alike_in_scatter
from grader.variants import visible_variant
from tests.grader.conftest import NOISY_REFERENCE, NOISY_YAML, write_exercise

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

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


def test_the_scatter_of_runs_names_a_mistake_that_their_mean_does_not(
    noisy_folder: Path, references: ReferenceStore
) -> None:
    """Where the mean fails by a hair, runs that scatter as under a mistake name it, hedged."""
    exercise = with_runs(noisy_folder)
    reference = references.get(exercise, visible_variant(exercise), misconceptions=True)
    right = computed_answers(exercise, "reference", FRESH_SEED, {})
    few = computed_answers(exercise, "mistake_few", FRESH_SEED, {})
    parameters = visible_variant(exercise).parameters

    def shown(answers: Mapping[str, NDArray[Any]], fitting: Sequence[str]) -> tuple[str, ...]:
        evidence = Evidence(context_of(exercise, parameters, reference, answers))
        return alike_in_scatter(evidence, "means", fitting)

    assert shown({**right, **few}, ["few"]) == ("few",)
    assert shown({**right, **few}, []) == ()
    assert shown(right, ["few"]) == ()


GAP = """

def reference(parameters, seed):
    means = _means(seed, 400)
    return {"means": means, "verdict": "high", "gap": gap_of_own(parameters, {"means": means})}


def gap_of_own(parameters, answers):
    return 10 * abs(answers["means"][0, 1] + 2)
"""


def test_outputs_of_one_run_are_rounded_together(
    noisy_folder: Path, references: ReferenceStore
) -> None:
    """What is recomputed from other outputs is compared with the same run's, not with means."""
    file = noisy_folder / "exercise.yaml"
    text = file.read_text("utf-8")
    text = text.replace(
        "outputs:\n", "outputs:\n  gap: {dtype: float, shape: [], meaning: Ten times a distance.}\n"
    ).replace(
        "pass_score: 9",
        "  - {id: gap, title: Gap, kind: recomputed, output: gap, function: gap_of_own,\n"
        "     threshold: 0.01, floor: 0.02, points: 1}\npass_score: 11",
    )
    file.write_text(text, encoding="utf-8")
    code = noisy_folder / "reference.py"
    code.write_text(code.read_text("utf-8") + GAP, encoding="utf-8")
    exercise = load_exercise(noisy_folder)
    found = ExerciseCheck("noisy")
    check_rounding(exercise, references, [visible_variant(exercise)], found)
    assert found.problems == []


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


CHOSEN = """

def mistake_guessed(parameters, seed):
    return {"largest": "b"}


def reference(parameters, seed):
    return {**_explained(parameters["rows"]), "largest": "a"}
"""
GUESSED = '  - {id: guessed, title: a guess, message: Guessed., question: "Why?"}\n  - sign\n'


@pytest.mark.parametrize(("choices", "enough"), [("[a, b, c, d, e, f]", True), ("[a, b]", False)])
def test_one_choice_may_be_named_with_a_reserve(
    shares_folder: Path,
    references: ReferenceStore,
    choices: str,
    enough: bool,  # noqa: FBT001 - a case of the test
) -> None:
    """One choice of six is hedged, and the check asks for no more; one of two says nothing."""
    output = f"outputs:\n  largest: {{dtype: string, shape: [], choices: {choices}, meaning: M.}}\n"
    criterion = (
        "rubric:\n  - {id: largest, title: Which, kind: exact, output: largest, points: 1}\n"
    )
    file = shares_folder / "exercise.yaml"
    text = file.read_text("utf-8").replace("outputs:\n", output, 1)
    text = text.replace("rubric:\n", criterion, 1).replace("  - sign\n", GUESSED, 1)
    file.write_text(text, encoding="utf-8")
    with (shares_folder / "reference.py").open("a", encoding="utf-8") as stream:
        stream.write(CHOSEN)
    found = ExerciseCheck("shares")
    check_misconceptions(load_exercise(shares_folder), references, 1, found)
    assert found.detection["guessed"].named == 0
    assert ("misconception guessed is named 0 of 1 times" not in found.problems) == enough


def test_every_run_is_rounded(tmp_path: Path, references: ReferenceStore) -> None:
    """A rounding that costs points in a few of many runs, and not in the first, is found."""
    reference = NOISY_REFERENCE.replace(
        'return "high" if answers["means"].sum() > 0 else "low"',
        'low = answers["means"][0, 1]\n    return "low" if low == round(low, 3) < -2.3 else "high"',
    )
    exercise = load_exercise(write_exercise(tmp_path / "noisy-round", NOISY_YAML, reference))
    found = ExerciseCheck("noisy")
    check_rounding(exercise, references, [visible_variant(exercise)], found)
    samples = references.get(exercise, visible_variant(exercise), misconceptions=True)
    low = samples.outputs["means"].samples[:, 0, 1].round(3) < -2.3
    assert not low[0]
    assert len(found.problems) == low.sum() > 0
    assert "correct answers lose ordered" in found.problems[0]


@pytest.mark.parametrize(
    ("passes", "declared", "count", "agrees"),
    [
        (0.8, 1.0, 5, True),  # four of five are no surprise where nine of ten pass
        (0.2, 1.0, 5, False),
        (0.8, 1.0, 200, False),
        (0.95, 1.0, 200, True),
        (0.0, 0.7, 20, False),
    ],
)
def test_few_tries_tell_only_what_chance_does_not(
    passes: float, declared: float, count: int, *, agrees: bool
) -> None:
    """A rate is refused once no rate near the declared one explains the tries."""
    assert _agrees(passes, declared, count) is agrees
