"""Diagnoses as messages: a named misconception, or what is right and what differs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from grader.family_texts import FAMILIES, with_nouns
from grader.report import Diagnosis

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from grader.criteria import GradingContext
    from grader.exercise import ExerciseDefinition, Output
    from grader.explanation import Facts
    from grader.misconceptions.evidence import Evidence

MOST_NAMES = 2
"""A hedge that names more says nothing."""
MOST_PLACES = 4
"""As many differing rows or columns are listed; more of them are no place."""


def named(
    exercise: ExerciseDefinition, ids: Sequence[str], output: str, *, certain: bool
) -> Diagnosis:
    """Return a diagnosis with its message: ``match`` if certain, otherwise ``resembles``."""
    certainty = "match" if certain else "resembles"
    declared = next((each for each in exercise.outputs if each.name == output), None)
    texts = [_texts(exercise, each, declared) for each in ids]
    facts: Facts = {
        "rows": declared.row_noun if declared else "rows",
        "columns": declared.column_noun if declared else "columns",
        "mistake": " or ".join(title for title, _, _ in texts),
        "message": texts[0][1] if len(ids) == 1 else "",
        "question": texts[0][2],
    }
    message = f"diagnosis.{certainty}" + ("_either" if len(ids) > 1 else "")
    return Diagnosis(tuple(ids), certainty, message, facts, output)


def _texts(
    exercise: ExerciseDefinition, misconception: str, output: Output | None
) -> tuple[str, str, str]:
    """Return title, message and question: the exercise's own, or the family's."""
    own = exercise.misconception(misconception)
    if own is not None:
        return own.title, own.message, own.question
    rows = output.row_noun if output else "rows"
    columns = output.column_noun if output else "columns"
    title, message, question = FAMILIES[misconception]
    return (
        with_nouns(title, rows, columns),
        with_nouns(message, rows, columns),
        with_nouns(question, rows, columns),
    )


def one_row(output: Output, found: str, expected: str) -> Diagnosis:
    """Return the diagnosis of an array that has the shape of one row."""
    _, _, question = FAMILIES["one_row"]
    facts: Facts = {
        "mistake": with_nouns("one of the {rows}", output.row_noun, output.column_noun),
        "output": output.name,
        "found": found,
        "expected": expected,
        "rows": output.row_noun,
        "columns": output.column_noun,
        "question": with_nouns(question, output.row_noun, output.column_noun),
    }
    return Diagnosis(("one_row",), "match", "diagnosis.one_row", facts, output.name)


def unknown(evidence: Evidence, names: Sequence[str]) -> Diagnosis:
    """Return what can be said without a name: which outputs are right, and where one differs.

    Of several unexplained outputs it is the first of which a place can be said.
    """
    facts: Facts = {}
    message = "diagnosis.unknown"
    context = evidence.context
    order = [output.name for output in context.exercise.outputs]
    if evidence.right:
        message += "_outputs"
        facts["right"] = ", ".join(each for each in order if each in evidence.right)
        facts["wrong"] = ", ".join(each for each in order if each in evidence.wrong)
    for name in names:
        kind, place = _places(evidence, name)
        if place:
            return Diagnosis((), "unknown", message + kind, {**facts, **place}, name)
    return Diagnosis((), "unknown", message, facts, names[0])


def _places(evidence: Evidence, name: str) -> tuple[str, Facts]:
    """Return which few rows, else which few columns differ, or are the only ones that are right.

    Nothing where many of both do and do not.
    """
    output = evidence.context.exercise.output(name)
    labels = evidence.context.reference.labels.get(name, ())
    parts: list[tuple[str, NDArray[np.bool_], Sequence[str]]] = []
    rows = evidence.right_rows(name)
    if rows is not None:
        noun = output.column_noun if rows.size and len(output.shape) == 1 else output.row_noun
        parts.append((noun, rows, _row_names(evidence.context, output, labels, len(rows))))
    columns = evidence.right_columns(name) if len(output.shape) > 1 else None
    if columns is not None:
        headings = output.columns or tuple(map(str, range(len(columns))))
        parts.append((output.column_noun, columns, headings))
    for kind, of_right in (("_places", False), ("_right_places", True)):
        for noun, right, names in parts:
            told = right if of_right else ~right
            if _few(told):
                return kind, _place_facts(name, noun, told, names)
    return "", {}


def _few(told: NDArray[np.bool_]) -> bool:
    return 0 < int(np.count_nonzero(told)) <= min(MOST_PLACES, (len(told) - 1) // 2)


def _place_facts(name: str, noun: str, told: NDArray[np.bool_], names: Sequence[str]) -> Facts:
    places = [names[int(index)] for index in np.flatnonzero(told)]
    facts: Facts = {"output": name, "axis": noun}
    return {**facts, "count": len(places), "total": len(told), "places": ", ".join(places)}


def _row_names(
    context: GradingContext, output: Output, labels: Sequence[str], count: int
) -> Sequence[str]:
    """Names of the first axis: labels, columns of a single axis, or the task's own `rows`."""
    if labels:
        return labels
    if len(output.shape) == 1 and output.columns:
        return output.columns
    rows = context.parameters.get("rows")
    if isinstance(rows, list) and len(rows) == count and output.row_noun == "rows":
        return [f"row {row}" for row in rows]
    return [str(index) for index in range(count)]
