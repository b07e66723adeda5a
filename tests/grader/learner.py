"""Grade changed notebooks of a small exercise in a real sandbox."""

from __future__ import annotations

from typing import TYPE_CHECKING

from grader.authoring import changed, notebook_text, read_cells
from grader.grading import grade_notebook

if TYPE_CHECKING:
    from grader.exercise import ExerciseDefinition
    from grader.reference import ReferenceStore
    from grader.report import GradeReport
    from grader.sandbox.job import Sandbox

SECRET = b"a deployment's secret"

SOLUTION = """\
fx = X[rows] @ W + 2
shares = W * (X[rows] - X.mean(axis=0))
base = X.mean(axis=0) @ W + 2
"""


def notebook(exercise: ExerciseDefinition, answer: str | None = None, **cells: str) -> bytes:
    """Give the solution's notebook with its answer, or other cells, replaced."""
    base = changed(
        read_cells(exercise.folder / "starter.md"), read_cells(exercise.folder / "solution.md")
    )
    new = {**({"answer": answer} if answer is not None else {}), **cells}
    text = "\n".join(f"```python {name}\n{source}\n```" for name, source in new.items())
    file = exercise.folder / "changes.md"
    file.write_text(text, encoding="utf-8")
    merged = changed(base, read_cells(file))
    file.unlink()
    return notebook_text(merged).encode()


class Marker:
    """Grades notebooks of one exercise with one sandbox, store and secret."""

    def __init__(
        self, exercise: ExerciseDefinition, runner: Sandbox, references: ReferenceStore
    ) -> None:
        self.exercise, self.runner, self.references = exercise, runner, references

    def __call__(self, answer: str | None = None, *, attempt: int = 1, **cells: str) -> GradeReport:
        """Grade the solution with some cells replaced."""
        return grade_notebook(
            self.exercise,
            notebook(self.exercise, answer, **cells),
            sandbox=self.runner,
            references=self.references,
            secret=SECRET,
            attempt=attempt,
        )


def messages(report: GradeReport) -> dict[str, str]:
    """Give each criterion's message id."""
    return {result.id: result.message_id for result in report.criteria}
