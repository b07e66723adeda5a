"""The author's models are fitted while the first notebook runs, not while it is graded."""

from __future__ import annotations

from typing import TYPE_CHECKING

from grader.exercise import load_exercise
from grader.explanation import ParameterUsage
from grader.grading import grade_answers
from grader.grading_process.rehearsal import Rehearsals, reference_answers
from grader.variants import hidden_variant, visible_variant
from tests.grader.conftest import SHARES_REFERENCE, SHARES_YAML, write_exercise
from tests.grader.learner import SECRET

if TYPE_CHECKING:
    from pathlib import Path

    from grader.exercise import ExerciseDefinition
    from grader.reference import ReferenceStore

PROPERTY = """\
  - {id: kept, title: Kept, kind: property, output: base, function: kept, points: 20}
pass_score: 80
"""
FITS = """

import functools
import pathlib


@functools.cache
def _fitted(rows):
    with pathlib.Path({file!r}).open("a") as log:
        print(rows, file=log)
    {then}


def kept(parameters, answers):
    _fitted(tuple(parameters["rows"]))
    return True
"""


def exercise_that_fits(
    tmp_path: Path, then: str = "return True"
) -> tuple[ExerciseDefinition, Path]:
    """An exercise whose property fits something, kept by rows, and the log of what was fitted."""
    log = tmp_path / "fitted"
    yaml = SHARES_YAML.replace("pass_score: 80\n", PROPERTY)
    yaml = yaml.replace("threshold: 0.01, points: 20}", "threshold: 0.01, points: 0.5}")
    reference = SHARES_REFERENCE + FITS.format(file=str(log), then=then)
    return load_exercise(write_exercise(tmp_path / "shares", yaml, reference)), log


def test_a_rehearsed_variant_is_graded_without_fitting(
    tmp_path: Path, references: ReferenceStore
) -> None:
    """Visible and hidden variants are rehearsed once; the grading finds everything fitted."""
    exercise, log = exercise_that_fits(tmp_path)
    variants = [visible_variant(exercise), hidden_variant(exercise, SECRET, 0)]
    rehearsals = Rehearsals()
    thread = rehearsals.start(exercise, variants, references)
    assert thread is not None
    thread.join()
    fitted = log.read_text(encoding="utf-8").splitlines()
    assert len(fitted) == len(variants)
    runs = [
        reference_answers(exercise, variant, references, visible=place == 0)
        for place, variant in enumerate(variants)
    ]
    grade = grade_answers(exercise, runs, ParameterUsage(), references=references)
    assert grade.passed
    assert log.read_text(encoding="utf-8").splitlines() == fitted
    assert rehearsals.start(exercise, variants, references) is None


def test_an_author_s_error_is_left_to_the_grading(
    tmp_path: Path, references: ReferenceStore
) -> None:
    """A rehearsal that fails ends quietly."""
    exercise, log = exercise_that_fits(tmp_path, "raise ValueError")
    thread = Rehearsals().start(exercise, [visible_variant(exercise)], references)
    assert thread is not None
    thread.join()
    assert not thread.is_alive()
    assert log.exists()
