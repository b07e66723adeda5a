"""otter's assign format: questions between markers in raw or Markdown cells."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from grader.authoring import Cell
from grader.imports import Assignment, Test

if TYPE_CHECKING:
    from nbformat import NotebookNode

MARKER = re.compile(
    r"^# (?P<what>(?:BEGIN|END) [A-Z ]+|ASSIGNMENT CONFIG)[ ]*\n?(?P<rest>.*)", re.DOTALL
)
BLOCK = re.compile(
    r"^(?P<indent>[ \t]*)# BEGIN SOLUTION(?P<silent> NO PROMPT)?[^\n]*\n.*?"
    r"^[ \t]*# END SOLUTION[^\n]*$",
    re.MULTILINE | re.DOTALL,
)
LINE = re.compile(r"^(?P<start>[ \t]*[\w.\[\], ]+ = ).*# SOLUTION *$", re.MULTILINE)
WHOLE_LINE = re.compile(r"^(?P<indent>[ \t]*).*# SOLUTION(?: NO PROMPT)? *$", re.MULTILINE)
PROMPT = re.compile(
    r'^"""[ ]*# BEGIN PROMPT\n(?P<text>.*?)^"""[; ]*# END PROMPT[ ]*$', re.MULTILINE | re.DOTALL
)
NOTES = re.compile(
    r"^[ \t]*# (?:BEGIN|END) SOLUTION[^\n]*\n?|[ ]*# SOLUTION(?: NO PROMPT)? *$", re.MULTILINE
)


def is_otter(notebook: NotebookNode) -> bool:
    """Whether any cell opens a question or the assignment's configuration."""
    return any(_marker(cell) in {"ASSIGNMENT CONFIG", "BEGIN QUESTION"} for cell in notebook.cells)


def read_otter(notebook: NotebookNode, title: str) -> Assignment:
    """Sort the cells into text, solutions and tests by the markers around them."""
    reader = _Reader()
    for index, cell in enumerate(notebook.cells):
        reader.take(cell, index)
    return Assignment(
        reader.title or title,
        tuple(reader.starter),
        tuple(reader.solution),
        tuple(reader.tests),
        tuple(reader.left_out),
    )


class _Reader:
    """Where in the notebook one is: in which question, in its solution or in its tests."""

    def __init__(self) -> None:
        self.title = ""
        self.starter: list[Cell] = []
        self.solution: list[Cell] = []
        self.tests: list[Test] = []
        self.left_out: list[str] = []
        self.question: dict[str, Any] = {}
        self.inside: set[str] = set()

    def take(self, cell: NotebookNode, index: int) -> None:
        what = _marker(cell)
        if what is not None:
            self._turn(what, cell.source)
            return
        code = cell.cell_type == "code"
        name = (
            f"{re.sub(r'[^a-z0-9-]+', '-', str(self.question.get('name', 'cell')).lower())}-{index}"
        )
        if "TESTS" in self.inside:
            if code:
                self.tests.append(Test(name, self._points(), cell.source))
            return
        if cell.cell_type == "raw":
            return
        tags = tuple(cell.metadata.get("tags", ()))
        if "PROMPT" in self.inside:
            self.starter.append(Cell(name, cell.source, code, tags))
            return
        self.solution.append(Cell(name, NOTES.sub("", PROMPT.sub("", cell.source)), code, tags))
        if not ("SOLUTION" in self.inside and not code):
            self.starter.append(Cell(name, shown(cell.source) if code else cell.source, code, tags))

    def _turn(self, what: str, source: str) -> None:
        match = MARKER.match(source)
        rest = match["rest"] if match else ""
        if what == "ASSIGNMENT CONFIG":
            config = _settings(rest)
            self.title = str(config.get("title", "") or config.get("name", ""))
            if set(config) - {"title", "name", "init_cell", "solutions_pdf", "template_pdf"}:
                self.left_out.append(f"assignment contexts: {', '.join(sorted(config))}")
        elif what == "BEGIN QUESTION":
            self.question = _settings(rest)
            if self.question.get("manual"):
                self.left_out.append(f"{self.question.get('name')}: marked by a person")
        elif what == "END QUESTION":
            self.question, self.inside = {}, set()
        elif what.startswith("BEGIN "):
            self.inside.add(what.removeprefix("BEGIN "))
        else:
            self.inside.discard(what.removeprefix("END "))

    def _points(self) -> float:
        """A question's points, shared by its tests in equal parts when the folder is written."""
        points = self.question.get("points", 1)
        if isinstance(points, dict):
            points = points.get("total", points.get("each", 1))
        return float(sum(points)) if isinstance(points, list) else float(points)


def shown(source: str) -> str:
    """A solution cell as learners get it."""
    prompts = [match["text"].rstrip("\n") for match in PROMPT.finditer(source)]
    text = PROMPT.sub("", source)
    text = BLOCK.sub(lambda m: "" if m["silent"] or prompts else f"{m['indent']}...", text)
    text = LINE.sub(r"\g<start>...", text)
    text = WHOLE_LINE.sub(r"\g<indent>...", text)
    return "\n".join(part for part in (text.strip("\n"), *prompts) if part)


def _marker(cell: NotebookNode) -> str | None:
    if cell.cell_type == "code":
        return None
    match = MARKER.match(cell.source)
    return match["what"].strip() if match else None


def _settings(text: str) -> dict[str, Any]:
    try:
        found = YAML(typ="safe", pure=True).load(text)
    except YAMLError:
        return {}
    return found if isinstance(found, dict) else {}
