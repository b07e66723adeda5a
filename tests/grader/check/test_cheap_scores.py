"""No rubric passes on its cheap parts, and no world is small enough for a table of answers."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from grader.check.cheap_scores import (
    best_score_without,
    check_cheap_scores,
    check_world,
    score_with_wrong_fx,
    score_without_main,
)
from grader.check.report import ExerciseCheck
from grader.exercise import load_exercise

if TYPE_CHECKING:
    from grader.exercise import ExerciseDefinition

SHIPPED = sorted((Path(__file__).parents[3] / "content" / "exercises").glob("*/exercise.yaml"))


def rewritten(folder: Path, before: str, after: str) -> ExerciseDefinition:
    """Change the exercise in `folder`."""
    file = folder / "exercise.yaml"
    text = file.read_text("utf-8")
    assert before in text
    file.write_text(text.replace(before, after, 1), encoding="utf-8")
    return load_exercise(folder)


def test_what_requires_a_lost_criterion_is_lost(shares: ExerciseDefinition) -> None:
    """A wrong main output may still add up; a wrong fx takes with it what requires fx."""
    assert score_without_main(shares) == 50
    assert score_with_wrong_fx(shares) == 70


def test_a_rubric_that_passes_without_the_main_output_is_refused(shares_folder: Path) -> None:
    """The gate names the score and the output."""
    exercise = rewritten(shares_folder, "pass_score: 80", "pass_score: 50")
    found = ExerciseCheck("shares")
    check_cheap_scores(exercise, found)
    assert "50 points are to be had without shares being right" in found.problems[0]


def test_a_rubric_that_passes_with_a_wrong_fx_is_refused(shares_folder: Path) -> None:
    """As TreeSHAP did at 90 of 100 points."""
    exercise = rewritten(shares_folder, "    requires: [fx]\n", "")
    found = ExerciseCheck("shares")
    check_cheap_scores(exercise, found)
    assert found.problems == ["90 points are to be had with a wrong fx; pass_score is 80"]


@pytest.mark.parametrize("file", SHIPPED, ids=lambda file: file.parent.name)
def test_nobody_passes_with_a_criterion_that_failed(file: Path) -> None:
    """However few points a wrong output costs, the work that holds it does not pass."""
    exercise = load_exercise(file.parent)
    for criterion in exercise.criteria:
        assert best_score_without(exercise, [criterion]) < exercise.pass_score, criterion.id


def test_a_small_world_needs_a_reviewer(shares_folder: Path) -> None:
    """A table of few answers pays, unless a person reads the work."""
    small = "{choice: [[1, 2, 3, 5, 8], [2, 3, 5, 8, 1], [3, 5, 8, 1, 2]]}"
    file = shares_folder / "exercise.yaml"
    text = file.read_text("utf-8").replace("rubric:\n", "variants: 2\nrubric:\n", 1)
    file.write_text(text, encoding="utf-8")
    exercise = rewritten(shares_folder, "{sample: {from: [0, 40], size: 5}}", small)
    found = ExerciseCheck("shares")
    check_world(exercise, found)
    assert found.problems == ["only 2 drawings differ from the visible one; 100 are needed"]
    (shares_folder / "review.yaml").write_text("pass_score: 1\n", encoding="utf-8")
    reviewed = ExerciseCheck("shares")
    check_world(exercise, reviewed)
    assert reviewed.problems == []
