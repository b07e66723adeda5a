"""Notebooks written as Markdown: text is text, a fenced block is a code cell.

A fence ```` ```python explain parameters ```` opens a code cell with the id ``explain`` and the tag
``parameters``. `starter.md` is a whole notebook; `solution.md` holds only the cells that differ
from the starter, `samples/<name>/changes.md` those that differ from the solution. An empty block
removes a cell; a new id is added at the end. The same text always gives the same bytes.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import nbformat

from grader.errors import ExerciseContentError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

FENCE = re.compile(
    r"^```python +(?P<id>[a-z0-9][a-z0-9-]*)(?P<tags>(?: +[a-z-]+)*) *\n(?P<code>.*?)^``` *$",
    re.MULTILINE | re.DOTALL,
)
MEANT = re.compile(r"^```python +\S.*$", re.MULTILINE)
KERNEL = {"name": "python3", "display_name": "Python 3 (ipykernel)", "language": "python"}


@dataclass(frozen=True)
class Cell:
    """One cell of a notebook that is being written."""

    id: str
    source: str
    is_code: bool
    tags: tuple[str, ...] = ()


def read_cells(file: Path) -> tuple[Cell, ...]:
    """The cells that a Markdown file describes.

    Raises:
        ExerciseContentError: unreadable, or an id is used twice.
    """
    try:
        text = file.read_text(encoding="utf-8")
    except FileNotFoundError as error:
        raise ExerciseContentError("is missing", file=file) from error
    except (OSError, UnicodeDecodeError) as error:
        raise ExerciseContentError("cannot be read as UTF-8 text", file=file) from error
    cells: list[Cell] = []
    end = 0
    for match in FENCE.finditer(text):
        _add_text(cells, text[end : match.start()])
        tags = tuple(match["tags"].split())
        cells.append(Cell(match["id"], match["code"].strip("\n"), is_code=True, tags=tags))
        end = match.end()
    _add_text(cells, text[end:])
    _refuse_near_misses(cells, file)
    ids = [cell.id for cell in cells]
    twice = next((each for each in ids if ids.count(each) > 1), None)
    if twice is not None:
        raise ExerciseContentError("the cell id is used twice", file=file, key=twice)
    return tuple(cells)


def _refuse_near_misses(cells: Sequence[Cell], file: Path) -> None:
    """A fence that was meant to open a code cell must not end up as text."""
    for cell in cells:
        meant = None if cell.is_code else MEANT.search(cell.source)
        if meant is not None:
            reason = "opens no code cell: an id is lower-case letters, digits and hyphens"
            raise ExerciseContentError(reason, file=file, key=meant[0])


def _add_text(cells: list[Cell], text: str) -> None:
    if text.strip():
        number = sum(not cell.is_code for cell in cells) + 1
        cells.append(Cell(f"text-{number}", text.strip(), is_code=False))


def changed(base: Sequence[Cell], changes: Sequence[Cell]) -> tuple[Cell, ...]:
    """`base` with the code cells of `changes` in the places of those with the same id."""
    new = {cell.id: cell for cell in changes if cell.is_code}
    known = {cell.id for cell in base}
    merged = [new.get(cell.id, cell) for cell in base]
    merged += [cell for cell in new.values() if cell.id not in known]
    return tuple(cell for cell in merged if cell.source)


def notebook_text(cells: Sequence[Cell], *, exercise: str = "") -> str:
    """The cells as nbformat 4.5 JSON; the same cells always give the same bytes.

    Args:
        cells: in their order.
        exercise: the slug that tools on a learner's machine read from the notebook's metadata.
    """
    v4: Any = nbformat.v4
    notebook = v4.new_notebook(metadata={"kernelspec": KERNEL})
    for cell in cells:
        metadata = {"tags": list(cell.tags)} if cell.tags else {}
        make = v4.new_code_cell if cell.is_code else v4.new_markdown_cell
        notebook.cells.append(make(cell.source, id=cell.id, metadata=metadata))
    notebook.metadata["language_info"] = {"name": "python"}
    if exercise:
        notebook.metadata["whybox"] = {"exercise": exercise}
    nbformat.validate(notebook)
    text: str = nbformat.writes(notebook, version=4)  # type: ignore[no-untyped-call]
    return text.rstrip("\n") + "\n"


def exercise_notebooks(folder: Path) -> dict[Path, str]:
    """Every notebook that the Markdown files of an exercise folder describe, by its file.

    Raises:
        ExerciseContentError: a Markdown file is wrong.
    """
    if not (folder / "starter.md").is_file():
        return {}
    starter = read_cells(folder / "starter.md")
    solution = changed(starter, read_cells(folder / "solution.md"))
    found = {folder / "solution.ipynb": solution}
    for changes in sorted(folder.glob("samples/*/changes.md")):
        base = starter if changes.parent.name == "starter" else solution
        found[changes.parent / "submission.ipynb"] = changed(base, read_cells(changes))
    texts = {file: notebook_text(cells) for file, cells in found.items()}
    return {folder / "starter.ipynb": notebook_text(starter, exercise=folder.name), **texts}


def write_notebooks(folder: Path) -> list[Path]:
    """Write the notebooks that differ from what their Markdown says; returns those written."""
    written = []
    for file, text in exercise_notebooks(folder).items():
        if not file.is_file() or file.read_text(encoding="utf-8") != text:
            file.write_text(text, encoding="utf-8")
            written.append(file)
    return written
