"""An answer that carries names is matched by them: the order in which they come decides nothing."""

from __future__ import annotations

import unicodedata
from collections import OrderedDict
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.exercise import Output, load_exercise
from grader.explanation import AnswerProblem, ParameterUsage, RunAnswers, conform
from grader.grading import grade_answers
from grader.messages import message_text
from grader.sandbox import validation
from grader.sandbox.inside.answers import Collector
from grader.sandbox.inside.frames import HEADER
from tests.grader.conftest import write_exercise

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from grader.exercise import ExerciseDefinition
    from grader.grading import GradeResult
    from grader.reference import ReferenceStore
    from grader.sandbox.job import Answer

NAMES = ("age", "income", "débts", "tenure", "area")
BOUND = 1_000_000
NAMED = Output("v", "float", (5,), "By feature.", columns=NAMES)
TABLE = Output("v", "float", (3, 5), "By row and feature.", columns=NAMES)
LABELLED = Output("v", "float", (None,), "By word.", labelled=True)
BOTH = Output("v", "float", (5, 2), "By word and column.", labelled=True, columns=("x", "y"))
VALUES = np.array([1.5, -2.0, 0.25, 4.0, 0.0])
ROWS = np.arange(15.0).reshape(3, 5)


def crossed(value: Any) -> Answer:
    """Take a value over the border as the runner does, without a sandbox around it."""
    (frame,) = Collector(["v"], budget_bytes=BOUND).collect({"v": value}, 0)
    return validation.validate_answer(
        frame[HEADER.size :], declared=("v",), cell=0, bound_bytes=BOUND
    )


def lime_like(names: list[str], values: NDArray[Any]) -> Any:
    """Give what LIME for text returns of one label: words, and weights by their number."""
    order = np.argsort(-np.abs(values))
    return SimpleNamespace(
        local_exp={1: [(int(i), float(values[i])) for i in order]},
        as_list=list,
        intercept={1: 0.5},
        domain_mapper=SimpleNamespace(indexed_string=SimpleNamespace(inverse_vocab=names)),
    )


CARRIERS: dict[str, Callable[[list[str], NDArray[Any]], Any]] = {
    "dict": lambda n, v: dict(zip(n, v.tolist(), strict=True)),
    "dict of numpy's": lambda n, v: dict(zip(map(np.str_, n), v, strict=True)),
    "OrderedDict": lambda n, v: OrderedDict(zip(n, v, strict=True)),
    "pairs": lambda n, v: list(zip(n, v.tolist(), strict=True)),
    "pairs of numpy's": lambda n, v: [[np.str_(name), x] for name, x in zip(n, v, strict=True)],
    "Series": lambda n, v: pd.Series(v, index=n),
    "a column": lambda n, v: pd.DataFrame({"weight": v}, index=n),
    "a row": lambda n, v: pd.DataFrame([v], columns=n),
    "an Explanation of shap": lambda n, v: SimpleNamespace(
        values=v, base_values=0.5, feature_names=n
    ),
    "an Explanation of lime": lime_like,
    "other spelling": lambda n, v: {
        unicodedata.normalize("NFD", name): x for name, x in zip(n, v, strict=True)
    },
}


@settings(max_examples=20, deadline=None)
@given(order=st.permutations(range(5)))
@pytest.mark.parametrize("carrier", CARRIERS)
@pytest.mark.parametrize("output", [NAMED, LABELLED], ids=["columns", "labels"])
def test_names_decide_in_any_order(output: Output, carrier: str, order: list[int]) -> None:
    """A dict, pairs, a Series, a table or an Explanation says the same in any order."""
    value = CARRIERS[carrier]([NAMES[i] for i in order], VALUES[order])
    found = conform(crossed(value), output, NAMES)
    assert not isinstance(found, AnswerProblem), found
    assert found.tolist() == VALUES.tolist()


TABLES: dict[str, Callable[[list[str], NDArray[Any]], Any]] = {
    "DataFrame": lambda n, v: pd.DataFrame(v, columns=n, index=[26, 2, 13]),
    "dict of columns": lambda n, v: {name: v[:, i] for i, name in enumerate(n)},
    "dict of lists": lambda n, v: {name: v[:, i].tolist() for i, name in enumerate(n)},
    "an Explanation of shap": lambda n, v: SimpleNamespace(
        values=v, base_values=np.zeros(3), feature_names=n
    ),
}


@settings(max_examples=20, deadline=None)
@given(order=st.permutations(range(5)))
@pytest.mark.parametrize("carrier", TABLES)
def test_columns_decide_in_any_order(carrier: str, order: list[int]) -> None:
    """The columns of a table are matched by name; the numbers of its rows are no names."""
    value = TABLES[carrier]([NAMES[i] for i in order], ROWS[:, order])
    found = conform(crossed(value), TABLE)
    assert not isinstance(found, AnswerProblem), found
    assert np.array_equal(found, ROWS)


@settings(max_examples=20, deadline=None)
@given(rows=st.permutations(range(5)), columns=st.permutations(range(2)))
def test_labelled_tables_are_matched_both_ways(rows: list[int], columns: list[int]) -> None:
    """Where rows carry labels, labels and columns both decide."""
    truth = np.arange(10.0).reshape(5, 2)
    table = pd.DataFrame(truth, index=NAMES, columns=["x", "y"]).iloc[rows, columns]
    found = conform(crossed(table), BOTH, NAMES)
    assert not isinstance(found, AnswerProblem), found
    assert np.array_equal(found, truth)


def facts_of(value: Any, output: Output) -> dict[str, Any]:
    """Return what is said of names that are not those of the task."""
    found = conform(crossed(value), output, NAMES)
    assert isinstance(found, AnswerProblem)
    assert found.message_id in {"criterion.wrong_columns", "criterion.wrong_labels"}
    assert message_text(found.message_id, found.facts)
    return dict(found.facts)


@settings(max_examples=20, deadline=None)
@given(
    order=st.permutations(range(5)),
    missing=st.integers(0, 4),
    strange=st.none() | st.sampled_from(["x", "Age", "0", "\ud800", "a\x00b", ""]),
)
@pytest.mark.parametrize("carrier", CARRIERS)
@pytest.mark.parametrize("output", [NAMED, LABELLED], ids=["columns", "labels"])
def test_missing_and_unknown_names_are_said(
    output: Output, carrier: str, order: list[int], missing: int, strange: str | None
) -> None:
    """Without a name, or with an unknown one in its place, the message says which."""
    kept = [i for i in order if i != missing or strange is not None]
    names = [strange if i == missing and strange is not None else NAMES[i] for i in kept]
    facts = facts_of(CARRIERS[carrier](names, VALUES[kept]), output)
    assert facts["missing"] == NAMES[missing]
    assert (facts["extra"] == "-") is (strange is None)
    assert facts["extra"].isprintable()
    assert facts["twice"] == "-"


@pytest.mark.parametrize("output", [NAMED, LABELLED], ids=["columns", "labels"])
def test_a_name_that_comes_twice_is_refused(output: Output) -> None:
    """A duplicate leaves open which value is meant, even where no name is missing."""
    names = [*NAMES, "age"]
    values = np.append(VALUES, 7.0)
    for carrier in ("pairs", "Series", "a row", "an Explanation of shap"):
        facts = facts_of(CARRIERS[carrier](names, values), output)
        assert (facts["missing"], facts["extra"], facts["twice"]) == ("-", "-", "age")
    both = {"débts": 1.0, **dict.fromkeys(NAMES, 1.0), unicodedata.normalize("NFD", "débts"): 2.0}
    assert facts_of(both, output)["twice"] == "débts"
    table = pd.DataFrame(np.ones((3, 6)), columns=names)
    assert facts_of(table, TABLE)["twice"] == "age"


def test_dicts_of_another_world_are_told_so() -> None:
    """A dict is nothing but its keys: none of the task's names among them is a mistake."""
    facts = facts_of({f"x{i}": 1.0 for i in range(9)}, NAMED)
    assert facts["missing"] == "age, income, débts, tenure, area"
    assert facts["extra"] == "x0, x1, x2, x3, x4, ..."


def test_a_subclass_is_not_asked_about_its_name() -> None:
    """A key that prints and compares as another name counts as what it is."""

    class Liar(str):
        __slots__ = ()

        def __str__(self) -> str:
            return "age"

        def __getitem__(self, key: Any) -> str:
            return "age"

        def encode(self, *_: Any) -> bytes:
            return b"age"

    value = {Liar("height"): 1.0, **dict.fromkeys(NAMES[1:], 1.0)}
    assert facts_of(value, NAMED)["extra"] == "height"


WORDS_YAML = """\
version: 1
title: Weights of words
summary: Weigh words.
level: introductory
minutes: 5
statement: Weigh.
outputs:
  v: {dtype: float, shape: [null], labelled: true, meaning: Weights.}
rubric:
  - {id: weights, title: The weights, kind: agreement, output: v, threshold: 0.01, points: 10}
pass_score: 10
misconceptions: [sign, absolute]
hints: [one, two, three, four]
"""
WORDS_REFERENCE = f"""\
def reference(parameters, seed):
    return {{"v": dict(zip({NAMES!r}, {VALUES.tolist()!r}))}}
"""


@pytest.fixture(scope="module")
def words(tmp_path_factory: pytest.TempPathFactory) -> ExerciseDefinition:
    """Give an exercise whose one output is matched by label."""
    folder = tmp_path_factory.mktemp("content") / "words"
    return load_exercise(write_exercise(folder, WORDS_YAML, WORDS_REFERENCE))


def marks(exercise: ExerciseDefinition, value: Any, references: ReferenceStore) -> GradeResult:
    """Mark a value that a run left behind."""
    run = RunAnswers("visible", {}, "ok", {"v": crossed(value)})
    return grade_answers(exercise, [run], ParameterUsage(), references=references)


@settings(max_examples=20, deadline=None)
@given(order=st.permutations(range(5)), sign=st.sampled_from([1, -1]))
def test_any_order_earns_the_same_marks(
    words: ExerciseDefinition, references: ReferenceStore, order: list[int], sign: int
) -> None:
    """An honest answer passes and a wrong one is named, whatever order its labels stand in."""
    for carrier in ("dict", "pairs", "Series"):
        value = CARRIERS[carrier]([NAMES[i] for i in order], sign * VALUES[order])
        found = marks(words, value, references)
        assert found.passed is (sign == 1)
        ids = found.misconception.ids if found.misconception else ()
        assert ids == (() if sign == 1 else ("sign",))
