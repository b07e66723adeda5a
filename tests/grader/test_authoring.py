"""Notebooks written as Markdown: the same text always gives the same bytes."""

from __future__ import annotations

import json
from pathlib import Path

import nbformat
import pytest

from grader.authoring import changed, exercise_notebooks, notebook_text, read_cells
from grader.errors import ExerciseContentError
from grader.notebook import find_parameters_cells, read_notebook

CONTENT = Path(__file__).parents[2] / "content" / "exercises"
TEXT = """\
# Title

```python parameters parameters
rows = [1]
```

Words with ```` ``` ```` inside.

```python answer
x = 1

y = 2
```
"""


def test_text_and_code_alternate(tmp_path: Path) -> None:
    """Fences become code cells with their id and tags, the rest becomes text."""
    (tmp_path / "a.md").write_text(TEXT, encoding="utf-8")
    cells = read_cells(tmp_path / "a.md")
    assert [cell.id for cell in cells] == ["text-1", "parameters", "text-2", "answer"]
    assert cells[3].source == "x = 1\n\ny = 2"
    read = read_notebook(notebook_text(cells).encode())
    assert find_parameters_cells(read, ("rows",)) == (0,)
    nbformat.validate(read)


def test_changes_replace_remove_and_add(tmp_path: Path) -> None:
    """A block replaces the cell with its id, an empty one removes it, a new one is added."""
    (tmp_path / "a.md").write_text(TEXT, encoding="utf-8")
    changes = "```python answer\n```\n```python more\nz = 3\n```\n"
    (tmp_path / "b.md").write_text(changes, encoding="utf-8")
    cells = changed(read_cells(tmp_path / "a.md"), read_cells(tmp_path / "b.md"))
    assert [cell.id for cell in cells] == ["text-1", "parameters", "text-2", "more"]


def test_an_id_used_twice_is_refused(tmp_path: Path) -> None:
    """Two cells of one id could not be told apart by a change."""
    (tmp_path / "a.md").write_text("```python a\n1\n```\n```python a\n2\n```\n", "utf-8")
    with pytest.raises(ExerciseContentError, match="used twice"):
        read_cells(tmp_path / "a.md")


def test_what_was_meant_as_a_cell_is_not_taken_for_text(tmp_path: Path) -> None:
    """An id in capitals would leave the code in the text, and the notebook without it."""
    file = tmp_path / "a.md"
    file.write_text("Words.\n\n```python Explain\n1\n```\n", "utf-8")
    with pytest.raises(ExerciseContentError, match=r"python Explain: opens no code cell"):
        read_cells(file)
    file.unlink()
    with pytest.raises(ExerciseContentError, match="is missing"):
        read_cells(file)


@pytest.mark.parametrize(
    "folder", sorted(file.parent for file in CONTENT.glob("*/starter.md")), ids=lambda f: f.name
)
def test_shipped_notebooks_are_those_of_their_markdown(folder: Path) -> None:
    """Every notebook in content/ is exactly what its Markdown describes."""
    for file, text in exercise_notebooks(folder).items():
        assert file.read_text("utf-8") == text, file


def test_a_starter_names_its_exercise(tmp_path: Path) -> None:
    """Tools on a learner's machine find there what a notebook is for, whatever its file's name."""
    folder = tmp_path / "some-exercise"
    folder.mkdir()
    (folder / "starter.md").write_text(TEXT)
    (folder / "solution.md").write_text("")
    starter = json.loads(exercise_notebooks(folder)[folder / "starter.ipynb"])

    assert starter["metadata"]["whybox"] == {"exercise": "some-exercise"}
