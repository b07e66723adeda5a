"""Checks that the files of an exercise are up to date and consistent with each other."""

from __future__ import annotations

import ast
import contextlib
from typing import TYPE_CHECKING, Any

from grader.author_code import author_code
from grader.authoring import exercise_notebooks
from grader.lock import drift
from grader.notebook import code_cells, is_tagged, read_notebook

if TYPE_CHECKING:
    from grader.check.report import ExerciseCheck
    from grader.exercise import ExerciseDefinition


def check_files(exercise: ExerciseDefinition, found: ExerciseCheck) -> None:
    """Check that notebooks match their Markdown, values the lock, and code the declarations."""
    for file, text in exercise_notebooks(exercise.folder).items():
        same = file.is_file() and file.read_text(encoding="utf-8") == text
        place = file.relative_to(exercise.folder)
        found.need(same, f"{place} is not what its Markdown says: run `python -m grader notebooks`")
    found.problems += drift(exercise)
    document = read_notebook(exercise.starter.read_bytes())
    cell = next(filter(is_tagged, code_cells(document)), None)
    written = {} if cell is None else _literals(cell.source)
    for name, value in exercise.visible_parameters.items():
        same = name in written and written[name] == value
        found.need(same, f"the starter's parameters cell does not set {name} = {value!r}")
    prefix = "mistake_"
    mistakes = {
        name.removeprefix(prefix) for name in vars(author_code(exercise)) if name.startswith(prefix)
    }
    declared = {each.id for each in exercise.misconceptions if not each.family}
    for name in sorted(mistakes - declared):
        found.problems.append(
            f"reference.py has mistake_{name}, which exercise.yaml does not declare"
        )
    for name in sorted(declared - mistakes):
        found.problems.append(f"misconception {name} has no mistake_{name} in reference.py")


def _literals(code: str) -> dict[str, Any]:
    """Return the names that a cell sets to literal values."""
    found: dict[str, Any] = {}
    for node in ast.parse(code).body:
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            with contextlib.suppress(ValueError):
                found[node.targets[0].id] = ast.literal_eval(node.value)
    return found
