"""Answers are checked against their declaration, and survive being stored."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as st_numpy

from grader.errors import GraderError
from grader.exercise import Output
from grader.explanation import AnswerProblem, ParameterUsage, RunAnswers, conform, pack, unpack
from grader.sandbox.job import Answer

if TYPE_CHECKING:
    from numpy.typing import NDArray

VALUES = Output("values", "float", (2, 3), "Values.", columns=("a", "b", "c"))
SINGLE = Output("base", "float", (), "Base.")
COUNTS = Output("counts", "integer", (3,), "Counts.")
CHOICE = Output("choice", "string", (), "Choice.", choices=("yes", "no"))
FLAGS = Output("flags", "boolean", (2,), "Flags.")
TOKENS = Output("tokens", "float", (None,), "Tokens.", labelled=True)
CLASSES = Output("values", "float", (2, 3), "Values.", take_class=1)
ARRAY = np.arange(6.0).reshape(2, 3)


def answer(array: Any, **more: Any) -> Answer:
    """Give an answer that left the sandbox as this array."""
    return Answer("values", "ndarray", np.asarray(array), **more)


def accepted(found: NDArray[Any] | AnswerProblem) -> NDArray[Any]:
    """Return the array of an answer that conforms."""
    assert not isinstance(found, AnswerProblem), found
    return found


def problem(found: NDArray[Any] | AnswerProblem) -> str:
    """Return the message id of an answer that does not conform."""
    assert isinstance(found, AnswerProblem)
    return found.message_id


@pytest.mark.parametrize(
    "array",
    [
        ARRAY,
        ARRAY.astype(np.float32),
        ARRAY.astype(int),
        ARRAY.tolist(),
        ARRAY[None],
        ARRAY[..., None],
    ],
)
def test_honest_forms_are_accepted(array: Any) -> None:
    """Precision, whole numbers, lists and an axis of length one change nothing."""
    assert np.array_equal(accepted(conform(answer(array), VALUES)), ARRAY)


@pytest.mark.parametrize("array", [2.5, [2.5], [[2.5]], [2.5, 2.5, 2.5]])
def test_a_single_value_may_stand_in_an_array(array: Any) -> None:
    """Shap gives the expected value as (1,), and base values once per row."""
    assert accepted(conform(answer(array), SINGLE)) == 2.5


def test_different_base_values_are_no_single_value() -> None:
    """Values that differ by row cannot stand for one."""
    assert problem(conform(answer([1.0, 2.0]), SINGLE)) == "criterion.wrong_shape"


def test_the_declared_class_is_taken() -> None:
    """An (n, f, C) array is accepted where the exercise says which class counts."""
    both = np.stack([-ARRAY, ARRAY], axis=-1)
    assert np.array_equal(accepted(conform(answer(both), CLASSES)), ARRAY)
    assert problem(conform(answer(both), VALUES)) == "criterion.class_axis"
    listed = np.stack([-ARRAY, ARRAY])
    assert np.array_equal(accepted(conform(answer(listed), CLASSES)), ARRAY)
    assert problem(conform(answer(listed), VALUES)) == "criterion.class_first"


def test_named_columns_are_put_in_order() -> None:
    """A DataFrame in another column order says the same."""
    found = conform(answer(ARRAY[:, [2, 0, 1]], columns=("c", "a", "b")), VALUES)
    assert np.array_equal(accepted(found), ARRAY)


@pytest.mark.parametrize("columns", [("0", "1", "2"), ("x", "y", "z"), ("a", "b", "c")])
def test_names_of_another_world_claim_no_order(columns: tuple[str, ...]) -> None:
    """Numbered or quite different names leave the columns where they are."""
    assert np.array_equal(accepted(conform(answer(ARRAY, columns=columns), VALUES)), ARRAY)


@pytest.mark.parametrize("columns", [("a", "b", "x"), ("a", "a", "b")])
def test_half_known_columns_are_refused(columns: tuple[str, ...]) -> None:
    """Columns that are partly those of the task cannot be put in order."""
    assert problem(conform(answer(ARRAY, columns=columns), VALUES)) == "criterion.wrong_columns"


def test_labelled_values_are_matched_by_label() -> None:
    """A dict is matched by its keys, whatever their order; a missing key is named."""
    found = conform(answer([1.0, 2.0], index=("dull", "good")), TOKENS, ("good", "dull"))
    assert accepted(found).tolist() == [2.0, 1.0]
    missing = conform(answer([1.0], index=("dull",)), TOKENS, ("good", "dull"))
    assert problem(missing) == "criterion.wrong_labels"


@pytest.mark.parametrize(
    ("output", "array", "message"),
    [
        (VALUES, ARRAY.T, "criterion.transposed"),
        (VALUES, ARRAY[:, :2], "criterion.wrong_shape"),
        (VALUES, ARRAY.ravel(), "criterion.wrong_shape"),
        (VALUES, np.full((2, 3), np.nan), "criterion.not_finite"),
        (VALUES, np.full((2, 3), np.inf), "criterion.not_finite"),
        (VALUES, ARRAY.astype(str), "criterion.wrong_dtype"),
        (VALUES, ARRAY.astype(bool), "criterion.wrong_dtype"),
        (VALUES, np.zeros((0, 3)), "criterion.wrong_shape"),
        (SINGLE, np.zeros(0), "criterion.wrong_shape"),
        (SINGLE, np.nan, "criterion.not_finite"),
        (COUNTS, [1.5, 2.0, 3.0], "criterion.wrong_dtype"),
        (COUNTS, [1e300, 2.0, 3.0], "criterion.wrong_dtype"),
        (COUNTS, [np.nan, 2.0, 3.0], "criterion.wrong_dtype"),
        (FLAGS, [2, 0], "criterion.wrong_dtype"),
        (CHOICE, "perhaps", "criterion.not_a_choice"),
        (CHOICE, 1, "criterion.wrong_dtype"),
    ],
)
def test_what_does_not_conform_gets_its_message(output: Output, array: Any, message: str) -> None:
    """Shape, dtype, finiteness and choices each have a message of their own."""
    assert problem(conform(answer(array), output)) == message


@pytest.mark.parametrize("refusal", ["object_dtype", "too_large", "unreadable", "other", None])
def test_what_could_not_be_read_says_why(refusal: str | None) -> None:
    """Objects, sizes and unknown kinds are told apart; a missing name is another matter."""
    known = refusal if refusal in {"object_dtype", "too_large"} else "unreadable"
    found = conform(Answer("values", "object", None, refusal=refusal), VALUES)
    assert problem(found) == f"criterion.refused_{known}"
    assert problem(conform(None, VALUES)) == "criterion.missing"


@pytest.mark.parametrize(
    ("output", "array"), [(COUNTS, [1.0, 2, 3]), (FLAGS, [1, 0]), (CHOICE, "no")]
)
def test_other_dtypes_are_read(output: Output, array: Any) -> None:
    """Whole decimals are integers, 0 and 1 are truth values, text is text."""
    assert accepted(conform(answer(array), output)).dtype.kind in "ibU"


DTYPES: list[np.dtype[Any]] = [np.dtype(name) for name in ("f8", "i8", "?", "<U5")]
any_array: st.SearchStrategy[NDArray[Any]] = st.sampled_from(DTYPES).flatmap(
    lambda dtype: st_numpy.arrays(
        dtype, st_numpy.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=4)
    )
)


@settings(max_examples=300, deadline=None)
@given(
    any_array,
    st.sampled_from([VALUES, SINGLE, COUNTS, CHOICE, FLAGS, TOKENS, CLASSES]),
    st.none() | st.lists(st.sampled_from("abcx"), max_size=4).map(tuple),
)
def test_any_array_conforms_or_gets_a_message(
    array: NDArray[Any], output: Output, names: tuple[str, ...] | None
) -> None:
    """Whatever comes out is of the declared dtype and shape and finite, or has a message."""
    found = conform(answer(array, columns=names, index=names), output, ("a", "b"))
    if isinstance(found, AnswerProblem):
        assert found.message_id.startswith("criterion.")
    else:
        assert len(found.shape) == len(output.shape)
        assert found.dtype.kind == {"float": "f", "integer": "i", "boolean": "b"}.get(
            output.dtype, "U"
        )
        assert found.dtype.kind != "f" or bool(np.isfinite(found).all())


@settings(max_examples=60, deadline=None)
@given(any_array, st.text(max_size=5))
def test_packed_answers_come_back(array: NDArray[Any], text: str) -> None:
    """Arrays, names, refusals and clues survive; nothing is pickled."""
    answers = {
        "a": Answer("a", "ndarray", array, columns=(text,), parts={"base": array}, cell=3),
        "b": Answer("b", "object", None, refusal="object_dtype"),
    }
    run = RunAnswers("visible", {"rows": [1, 2], "word": text}, "ok", answers, "KeyError")
    usage = ParameterUsage(unread=("rows",), reassigned={"seed": 2}, literals={"a": 4})
    (back,), clue_back, stamp = unpack(pack([run], usage, version="3"))
    assert (back.variant, back.parameters, back.verdict) == (run.variant, run.parameters, "ok")
    assert back.error == "KeyError"
    found = back.answers["a"].array
    assert found is not None
    assert found.dtype == array.dtype
    assert np.array_equal(found, array, equal_nan=array.dtype.kind == "f")
    assert back.answers["a"].columns == (text,)
    assert back.answers["b"].refusal == "object_dtype"
    assert (clue_back, stamp) == (usage, {"version": "3"})


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=200))
def test_other_bytes_are_no_answers(data: bytes) -> None:
    """Whatever else is stored is refused with a message."""
    with pytest.raises(GraderError):
        unpack(data)
