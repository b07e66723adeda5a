"""Only what the starter leaves behind is called untouched; other constant answers are judged."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from grader.authoring import write_notebooks
from grader.exercise import load_exercise
from grader.explanation import ParameterUsage, RunAnswers
from grader.grading import grade_answers
from grader.placeholders import placeholders
from grader.sandbox.job import Answer
from tests.grader.conftest import write_exercise

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from grader.reference import ReferenceStore

YAML = """\
version: 1
title: Importance
summary: Measure importance.
level: introductory
minutes: 5
statement: Measure.
outputs:
  importance: {dtype: float, shape: [4], meaning: By feature.}
  alarm: {dtype: boolean, shape: [4], meaning: By feature.}
  shares: {dtype: float, shape: [4], meaning: Shares of the importance.}
rubric:
  - {id: close, title: The values, kind: exact, output: importance, threshold: 0.01, points: 4}
  - {id: alarm, title: The alarm, kind: exact, output: alarm, points: 2}
  - id: shares
    title: The shares
    kind: recomputed
    output: shares
    function: own
    threshold: 0.01
    points: 1
  - {id: even, title: Even, kind: property, output: importance, function: even, points: 1}
pass_score: 7
hints: [one, two, three, four]
"""
REFERENCE = """\
import numpy as np


def reference(parameters, seed):
    values = np.array([0.0, 0.004, 0.0, -0.006])
    return {"importance": values, "alarm": [True, True, False, True], "shares": values * 2}


def own(parameters, answers):
    return answers["importance"] * 2


def even(parameters, answers):
    return bool(np.all(answers["importance"] == 0))
"""
ZEROS, ONES = np.zeros(4), np.ones(4)
TRUE = np.array([0.0, 0.004, 0.0, -0.006])


def said(
    folder: Path, references: ReferenceStore, starter: str, **outputs: NDArray[np.generic]
) -> dict[str, str]:
    """Give each criterion's message for these outputs, with this cell in the starter."""
    write_exercise(folder, YAML, REFERENCE)
    (folder / "starter.md").write_text(f"```python answer\n{starter}\n```\n", encoding="utf-8")
    write_notebooks(folder)
    answers = {name: Answer(name, "ndarray", array) for name, array in outputs.items()}
    run = RunAnswers("visible", {}, "ok", answers)
    marks = grade_answers(load_exercise(folder), [run], ParameterUsage(), references=references)
    return {result.id: result.message_id.removeprefix("criterion.") for result in marks.criteria}


def test_an_honest_constant_answer_passes(tmp_path: Path, references: ReferenceStore) -> None:
    """All zero within the band is right, whatever the starter leaves behind."""
    found = said(
        tmp_path / "importance",
        references,
        "importance = np.zeros(4)\nshares = np.zeros(4)",
        importance=ZEROS,
        alarm=np.ones(4, bool),
        shares=ZEROS,
    )
    assert found == {
        "close": "passed",
        "alarm": "disagrees",
        "shares": "passed",
        "even": "untouched",
    }


@pytest.mark.parametrize(
    ("starter", "values", "message"),
    [
        ("importance = np.zeros(4)", ONES, "disagrees"),
        ("importance = np.ones(4)", ONES, "untouched"),
        ("importance = np.full(4, fill_value)", ONES, "disagrees"),
        ("importance = np.full((4,), -1)", -ONES, "untouched"),
        ("importance = np.full((4,), 1.0)", ONES, "untouched"),
        ("importance = 1", ONES, "untouched"),
        ("importance = np.ones(4)\nimportance = measure()", ONES, "disagrees"),
        ("%time x = 1\nimportance = np.ones(4)", ONES, "disagrees"),
        ("pass", ONES, "disagrees"),
    ],
)
def test_only_the_starters_own_value_is_called_untouched(
    tmp_path: Path,
    references: ReferenceStore,
    starter: str,
    values: NDArray[np.float64],
    message: str,
) -> None:
    """A constant array that the starter does not hold is judged like any other."""
    found = said(
        tmp_path / "importance",
        references,
        starter,
        importance=values,
        alarm=np.zeros(4, bool),
        shares=TRUE,
    )
    assert found["close"] == message
    assert found["alarm"] == "disagrees"


def test_placeholders_are_those_of_declared_outputs(tmp_path: Path) -> None:
    """Other variables of the starter are nobody's placeholder."""
    folder = write_exercise(tmp_path / "importance", YAML, REFERENCE)
    text = "```python answer\nimportance = np.zeros_like(x)\nother = 3\nalarm = x > 2\n```\n"
    (folder / "starter.md").write_text(text, encoding="utf-8")
    write_notebooks(folder)
    assert placeholders(load_exercise(folder)) == {"importance": 0.0}
