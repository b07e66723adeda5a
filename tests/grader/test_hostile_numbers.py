"""Numbers and texts that no honest run leaves behind: every exercise judges them, none breaks."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.check import grade_computed_answers
from grader.criteria import GradingContext, grade_criterion
from grader.errors import WeightsMissing
from grader.exercise import load_exercise
from grader.explanation import conform
from grader.messages import message_text
from grader.reference import Reference, Replicates, reference_arrays
from grader.sandbox.job import Answer
from tests.grader.conftest import write_exercise

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from grader.exercise import ExerciseDefinition, Output
    from grader.reference import ReferenceStore

CONTENT = Path(__file__).parents[2] / "content" / "exercises"
JUDGED = sorted(
    folder.name
    for folder in CONTENT.iterdir()
    if "function:" in (folder / "exercise.yaml").read_text(encoding="utf-8")
)
"""The exercises whose authors' own functions read what learners submit."""
EXTREME = (0.0, -0.0, 1.0, -1.0, 5e-324, -5e-324, 1e-300, 1e30, -1e30, 1e100, 3.7)
FILLS = {
    "float": st.sampled_from(EXTREME),
    "integer": st.sampled_from((0, -1, 1, 2**53 + 1, 2**63 - 1, -(2**63))),
    "boolean": st.booleans(),
    "string": st.sampled_from(("", "x", "é", "e\u0301", "x" * 5000, "{output}", "a\nb")),
}


@st.composite
def hostile(draw: st.DrawFn, output: Output, true: NDArray[Any]) -> NDArray[Any]:
    """Draw an array of the declared dtype that fits the declared shape."""
    if draw(st.booleans()) and true.dtype.kind == "f":
        with np.errstate(all="ignore"):
            return np.asarray(true * draw(FILLS["float"]))
    shape = tuple(
        draw(st.sampled_from((0, 1, 2, size))) if wanted is None else size
        for wanted, size in zip(output.shape, true.shape, strict=True)
    )
    fill = st.sampled_from(output.choices) if output.choices else FILLS[output.dtype]
    values = draw(st.lists(fill, min_size=1, max_size=3))
    kind = {"float": np.float64, "integer": np.int64, "boolean": np.bool_, "string": np.str_}
    return np.resize(np.array(values, dtype=kind[output.dtype]), shape)


def alone(folder: Path) -> tuple[ExerciseDefinition, Reference]:
    """Give an exercise with one seed of its true outputs, which is all that judging needs.

    Where the exercise opens a real network that is not on this machine, numbers of the declared
    shapes stand for them: what an author's function survives does not hang on the true ones.
    """
    exercise = load_exercise(folder)
    labels: dict[str, tuple[str, ...]] = {}
    try:
        true = reference_arrays(exercise, "reference", exercise.visible_parameters, 0, labels)
    except WeightsMissing:
        shapes = {output.name: [size or 1 for size in output.shape] for output in exercise.outputs}
        true = {name: np.ones(shape) for name, shape in shapes.items()}
    outputs = {
        name: Replicates(array[None], exercise.output(name).runs) for name, array in true.items()
    }
    return exercise, Reference(outputs, labels)


def _one_answer(output: Output, reference: Reference) -> NDArray[Any]:
    """Return a true answer, with its several runs where it has them."""
    run = reference.outputs[output.name].samples[0]
    return np.stack([run] * output.runs) if output.runs > 1 else run


@pytest.mark.parametrize("slug", JUDGED)
def test_authors_functions_survive_any_numbers(slug: str) -> None:
    """An author's function gives a verdict on whatever conforms, and words that can be said."""
    exercise, reference = alone(CONTENT / slug)

    @settings(max_examples=40, deadline=None)
    @given(st.data())
    def check(data: st.DataObject) -> None:
        answers = {
            output.name: conform(
                Answer(
                    output.name,
                    "ndarray",
                    data.draw(hostile(output, _one_answer(output, reference))),
                ),
                output,
                reference.labels.get(output.name, ()),
            )
            for output in exercise.outputs
        }
        context = GradingContext(exercise, exercise.visible_parameters, reference, answers)
        passed: dict[str, bool] = {}
        with np.errstate(all="ignore"):
            for criterion in exercise.criteria:
                passed[criterion.id] = False
                if all(passed[required] for required in criterion.requires):
                    finding = grade_criterion(criterion, context)
                    passed[criterion.id] = finding.passed
                    said = finding.message_id or "criterion.passed"
                    assert finding.passed or message_text(said, {"text": "", **finding.facts})

    check()


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_diagnosis_survives_any_numbers(
    shares: ExerciseDefinition,
    noisy: ExerciseDefinition,
    references: ReferenceStore,
    data: st.DataObject,
) -> None:
    """Every detector copes with zeros, subnormal, huge and constant values; nothing passes."""
    for exercise, name in ((shares, "shares"), (noisy, "means")):
        right = {
            output.name: reference_arrays(
                exercise, "reference", exercise.visible_parameters, 77, {}
            )[output.name]
            for output in exercise.outputs
        }
        array = data.draw(hostile(exercise.output(name), right[name]))
        marks = grade_computed_answers(exercise, references, {**right, name: array})
        same = bool(np.array_equal(array, right[name]))
        assert marks.passed is same
        named = marks.misconception
        assert same or named is None or not named.ids or named.facts["mistake"]


TEXT_YAML = """\
version: 1
title: A word
summary: Say a word.
level: introductory
minutes: 5
statement: Say.
outputs:
  word: {dtype: string, shape: [], meaning: A word.}
  size: {dtype: float, shape: [], meaning: A size.}
rubric:
  - {id: word, title: Word, kind: recomputed, output: word, function: own, threshold: 0, points: 1}
pass_score: 1
hints: [one, two, three, four]
"""
TEXT_REFERENCE = """\
def reference(parameters, seed):
    return {"word": "high", "size": 1.0}


def own(parameters, answers):
    return "high" if answers["size"] > 0 else "low"
"""


@pytest.mark.parametrize(
    ("word", "size", "message"),
    [
        ("high", 1.0, "passed"),
        ("h", 1.0, "not_recomputed"),
        ("", 1.0, "not_recomputed"),
        ("highest", 1.0, "not_recomputed"),
        ("high", np.nan, "other_needed"),
    ],
)
def test_a_word_is_compared_as_a_whole(
    tmp_path: Path, references: ReferenceStore, word: str, size: float, message: str
) -> None:
    """The beginning of the right word is wrong, and what it rests on must be there."""
    exercise = load_exercise(write_exercise(tmp_path / "word", TEXT_YAML, TEXT_REFERENCE))
    outputs = {"word": np.array(word), "size": np.array(size)}
    (result,) = grade_computed_answers(exercise, references, outputs).criteria
    assert result.message_id == f"criterion.{message}"
