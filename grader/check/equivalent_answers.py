"""Equivalent answers: the correct answers in other types that learners may use."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from grader.exercise import ExerciseDefinition, Output


def equivalent_answers(
    exercise: ExerciseDefinition, labels: Mapping[str, tuple[str, ...]]
) -> dict[str, str]:
    """Return Python code that converts the correct answers to an equivalent form, by form.

    Args:
        exercise: the exercise whose outputs are converted.
        labels: the visible reference's labels of each labelled output.
    """
    floats = [output for output in exercise.outputs if output.dtype == "float"]
    plain = [output.name for output in exercise.outputs if not output.labelled]
    forms = {
        "in single precision": [
            f"{output.name} = np.asarray({output.name}).astype('float32')"
            for output in floats
            if not output.labelled
        ],
        "as lists": [f"{name} = np.asarray({name}).tolist()" for name in plain],
        "by name in another order": [
            line for each in exercise.outputs for line in _by_name(each, labels)
        ],
        "as shap's Explanation": [
            f"{output.name} = shap.Explanation(np.asarray({output.name}), "
            f"feature_names={list(output.columns)})"
            for output in floats
            if output.columns
        ],
        "for every class": [
            f"{output.name} = np.stack([np.asarray({output.name}) * (k == {output.take_class}) "
            f"for k in range({output.take_class + 2})], axis=-1)"
            for output in floats
            if output.take_class is not None
        ],
    }
    start = "import numpy as np, pandas as pd, shap\n"
    return {form: start + "\n".join(lines) for form, lines in forms.items() if lines}


def _by_name(output: Output, labels: Mapping[str, tuple[str, ...]]) -> list[str]:
    """Return code that reverses named columns or labels."""
    name = output.name
    if output.labelled:
        values = f"{name} if hasattr({name}, 'keys') else np.asarray({name})"
        return [f"{name} = pd.Series({values}, index={list(labels[name])}).iloc[::-1]"]
    if not output.columns or len(output.shape) > 2:  # noqa: PLR2004 - a table has two axes
        return []
    names = list(output.columns)
    if len(output.shape) == 1:
        return [f"{name} = pd.Series(np.asarray({name}), index={names}).iloc[::-1]"]
    return [f"{name} = pd.DataFrame(np.asarray({name}), columns={names}).iloc[:, ::-1]"]
