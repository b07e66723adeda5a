"""One case: a solution's notebook with a small edit, and what would be true of it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from grader.authoring import Cell, changed, notebook_text, read_cells

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

KINDS = ("correct", "redrawn", "double", "subtle", "gaming", "pasted", "ignoring")


class CaseError(Exception):
    """A case does not fit the solution that it edits."""


@dataclass(frozen=True)
class Case:
    """What a simulated learner does to the solution.

    Attributes:
        kind: one of `KINDS`.
        edits: (text of the solution, text in its place); each text must occur.
        appended: a cell that runs last.
        outputs: the outputs that the edit is meant to change.
        true: ids of misconceptions, of the library or structural, that describe it.
        may: further ids that would not be wrong of it.
        blind: the exercise declares that it cannot see this.
    """

    name: str
    kind: str
    edits: Mapping[str, str] = field(default_factory=dict)
    appended: str = ""
    outputs: tuple[str, ...] = ()
    true: frozenset[str] = frozenset()
    may: frozenset[str] = frozenset()
    blind: bool = False

    def notebook(self, cells: Sequence[Cell]) -> bytes:
        """Return the edited notebook.

        Raises:
            CaseError: a text to replace is not in the solution.
        """
        edited = list(cells)
        for old, new in self.edits.items():
            places = [i for i, cell in enumerate(edited) if cell.is_code and old in cell.source]
            if not places:
                raise CaseError(f"{self.name}: {old!r} is not in the solution")
            for i in places:
                edited[i] = replace(edited[i], source=edited[i].source.replace(old, new))
        if self.appended:
            edited.append(Cell("edit", self.appended, is_code=True))
        return notebook_text(edited).encode()


def solution_cells(folder: Path) -> tuple[Cell, ...]:
    """Return the cells of an exercise's solution."""
    starter = read_cells(folder / "starter.md")
    return changed(starter, read_cells(folder / "solution.md"))
