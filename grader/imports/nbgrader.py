"""nbgrader's source notebooks, metadata schema 3."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from grader.authoring import Cell
from grader.imports import Assignment, Test

if TYPE_CHECKING:
    from nbformat import NotebookNode

SCHEMA = 3
SOLUTION = re.compile(
    r"^(?P<indent>[ \t]*)### BEGIN SOLUTION[^\n]*\n.*?^[ \t]*### END SOLUTION[^\n]*$",
    re.MULTILINE | re.DOTALL,
)
MARKERS = re.compile(r"^[ \t]*### (?:BEGIN|END) (?:SOLUTION|HIDDEN TESTS)[^\n]*\n?", re.MULTILINE)
STUB = "# your code here"


def is_nbgrader(notebook: NotebookNode) -> bool:
    """Whether any cell carries nbgrader's metadata."""
    return any("nbgrader" in cell.metadata for cell in notebook.cells)


def read_nbgrader(notebook: NotebookNode, title: str) -> Assignment:
    """Sort the cells of a source notebook into text, solutions and tests."""
    starter: list[Cell] = []
    solution: list[Cell] = []
    tests: list[Test] = []
    left_out: list[str] = []
    for index, cell in enumerate(notebook.cells):
        facts: dict[str, Any] = dict(cell.metadata.get("nbgrader", {}))
        name = re.sub(r"[^a-z0-9-]+", "-", str(facts.get("grade_id") or f"cell-{index}").lower())
        name = f"{name.strip('-') or 'cell'}-{index}"
        code = cell.cell_type == "code"
        if facts and facts.get("schema_version") != SCHEMA:
            left_out.append(f"{name}: metadata schema {facts.get('schema_version')}, not {SCHEMA}")
        if facts.get("task") or (facts.get("grade") and not code):
            points = float(facts.get("points", 0))
            left_out.append(f"{name}: {points:g} points that a person gives; make it a project")
        if facts.get("grade") and code and not facts.get("solution"):
            tests.append(Test(name, float(facts.get("points", 0)), MARKERS.sub("", cell.source)))
            continue
        tags = tuple(cell.metadata.get("tags", ()))
        full = MARKERS.sub("", cell.source)
        if facts.get("solution") and facts.get("grade"):
            left_out.append(f"{name}: an answer that a person reads")
        shown = SOLUTION.sub(rf"\g<indent>{STUB}", cell.source) if code else cell.source
        if facts.get("solution") and shown == cell.source:
            shown = STUB if code else "Your answer."
        solution.append(Cell(name, full, code, tags))
        starter.append(Cell(name, shown, code, tags))
    return Assignment(title, tuple(starter), tuple(solution), tuple(tests), tuple(left_out))
