"""nbgrader and otter notebooks become exercise folders that grade by variable."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import nbformat
import pytest

from grader.errors import ExerciseContentError
from grader.exercise import load_exercise
from grader.grading import grade_notebook
from grader.imports.folder import import_notebook
from grader.imports.nbgrader import read_nbgrader
from grader.imports.otter import read_otter, shown

if TYPE_CHECKING:
    from pathlib import Path

    from nbformat import NotebookNode

    from grader.reference import ReferenceStore
    from grader.sandbox.job import Sandbox

v4: Any = nbformat.v4


def nbgrader_cell(source: str, grade_id: str, **facts: Any) -> NotebookNode:
    """Give a code cell with nbgrader's metadata."""
    facts = {"schema_version": 3, "grade_id": grade_id, "locked": False, "task": False, **facts}
    cell: NotebookNode = v4.new_code_cell(source, metadata={"nbgrader": facts})
    return cell


NBGRADER = v4.new_notebook(
    cells=[
        v4.new_markdown_cell("# Squares and a mean"),
        nbgrader_cell(
            "import numpy as np\nsquares = None\n### BEGIN SOLUTION\n"
            "squares = np.arange(4) ** 2\nmean = squares.mean()\n### END SOLUTION",
            "squares",
            grade=False,
            solution=True,
        ),
        nbgrader_cell(
            "assert squares[2] == 4\n"
            "### BEGIN HIDDEN TESTS\nassert mean == 3.5\n### END HIDDEN TESTS",
            "test_squares",
            grade=True,
            solution=False,
            points=4,
        ),
        nbgrader_cell("assert True", "test_nothing", grade=True, solution=False, points=1),
        nbgrader_cell("# essay", "essay", grade=True, solution=True, points=2),
    ]
)

OTTER = v4.new_notebook(
    cells=[
        v4.new_raw_cell("# ASSIGNMENT CONFIG\ntitle: Two questions\n"),
        v4.new_raw_cell("# BEGIN QUESTION\nname: q1\npoints: 2\n"),
        v4.new_markdown_cell("Add the numbers."),
        v4.new_raw_cell("# BEGIN SOLUTION"),
        v4.new_code_cell("total = sum([1, 2, 3]) # SOLUTION"),
        v4.new_raw_cell("# END SOLUTION"),
        v4.new_raw_cell("# BEGIN TESTS"),
        v4.new_code_cell(">>> total == 6\nTrue"),
        v4.new_raw_cell("# END TESTS"),
        v4.new_raw_cell("# END QUESTION"),
        v4.new_raw_cell("# BEGIN QUESTION\nname: q2\nmanual: true\n"),
        v4.new_raw_cell("# END QUESTION"),
    ]
)


@pytest.mark.parametrize(
    ("source", "outputs", "missing"),
    [
        (NBGRADER, {"squares": "integer", "mean": "float"}, "test_nothing"),
        (OTTER, {"total": "integer"}, "q2: marked by a person"),
    ],
    ids=["nbgrader", "otter"],
)
def test_an_imported_exercise_grades(
    *,
    source: NotebookNode,
    outputs: dict[str, str],
    missing: str,
    tmp_path: Path,
    runner: Sandbox,
    references: ReferenceStore,
) -> None:
    """The folder loads, its starter does not pass, its solution does, what is lost is listed."""
    file = tmp_path / "source.ipynb"
    nbformat.write(source, file)  # type: ignore[no-untyped-call]
    folder = tmp_path / "imported"
    left_out = import_notebook(file, folder, sandbox=runner)
    assert any(missing.replace("_", "-") in line or missing in line for line in left_out)
    assert any("hidden variants" in line for line in left_out)
    assert all(line in (folder / "import.md").read_text("utf-8") for line in left_out)
    exercise = load_exercise(folder)
    assert {output.name: output.dtype for output in exercise.outputs} == outputs
    scores = [
        grade_notebook(
            exercise, (folder / name).read_bytes(), sandbox=runner, references=references
        ).passed
        for name in ("starter.ipynb", "solution.ipynb")
    ]
    assert scores == [False, True]


def test_a_learners_notebook_is_graded_by_variable(
    tmp_path: Path, runner: Sandbox, references: ReferenceStore
) -> None:
    """Deleted, copied and split cells change nothing where the variables are right."""
    file = tmp_path / "source.ipynb"
    nbformat.write(NBGRADER, file)  # type: ignore[no-untyped-call]
    import_notebook(file, tmp_path / "imported", sandbox=runner)
    exercise = load_exercise(tmp_path / "imported")
    split = ["import numpy as np", "squares = np.arange(4)", "squares = squares**2"]
    cells = [v4.new_code_cell(source, id="same") for source in [*split, "mean = squares.mean()"]]
    # Written by hand: nbformat itself would replace the ids that copied cells share.
    tree = {"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": cells}
    text = json.dumps(tree).encode()
    report = grade_notebook(exercise, text, sandbox=runner, references=references)
    assert report.passed


def test_solutions_do_not_reach_learners() -> None:
    """The starter holds neither solution nor hidden test of either format."""
    for assignment in (read_nbgrader(NBGRADER, "a"), read_otter(OTTER, "a")):
        text = "\n".join(cell.source for cell in assignment.starter)
        assert "** 2" not in text
        assert "sum(" not in text
        assert "SOLUTION" not in text
        assert "assert" not in text


@pytest.mark.parametrize(
    ("source", "learner"),
    [
        ("x = 3 # SOLUTION", "x = ..."),
        ("    y = f(x) # SOLUTION", "    y = ..."),
        ("print(x) # SOLUTION", "..."),
        ("# BEGIN SOLUTION\nx = 1\n# END SOLUTION", "..."),
        ("a = 1\n# BEGIN SOLUTION NO PROMPT\nx = 1\n# END SOLUTION", "a = 1"),
        (
            '# BEGIN SOLUTION\nx = 1\n# END SOLUTION\n""" # BEGIN PROMPT\nx = ?\n""" # END PROMPT',
            "x = ?",
        ),
    ],
)
def test_otter_solutions_are_taken_out(source: str, learner: str) -> None:
    """Lines, blocks and prompts follow otter's rules."""
    assert shown(source).strip("\n") == learner.strip("\n")


def test_what_is_neither_format_is_refused(tmp_path: Path, runner: Sandbox) -> None:
    """A plain notebook, and a solution that fails, are named."""
    file = tmp_path / "plain.ipynb"
    nbformat.write(v4.new_notebook(cells=[v4.new_code_cell("x = 1")]), file)  # type: ignore[no-untyped-call]
    with pytest.raises(ExerciseContentError, match="neither"):
        import_notebook(file, tmp_path / "out", sandbox=runner)
    broken = nbgrader_cell("y = 1 / 0", "broken", grade=False, solution=True)
    test = nbgrader_cell("assert y", "test", grade=True, solution=False, points=1)
    nbformat.write(v4.new_notebook(cells=[broken, test]), file)  # type: ignore[no-untyped-call]
    with pytest.raises(ExerciseContentError, match="ZeroDivisionError"):
        import_notebook(file, tmp_path / "out", sandbox=runner)
