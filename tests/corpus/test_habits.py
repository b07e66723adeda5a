"""The corpus of habits: how people write notebooks, each with the verdict that it must get."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING, Any

import pytest

from grader.authoring import write_notebooks
from grader.errors import NotebookRefused
from grader.exercise import load_exercise
from grader.grading import grade_notebook
from grader.messages import message_text
from grader.reference import ReferenceStore
from grader.sandbox import open_sandbox
from tests.corpus.habits_file import FOLDER, read_habits

if TYPE_CHECKING:
    from collections.abc import Iterator

    from grader.exercise import ExerciseDefinition
    from grader.sandbox.job import Sandbox

HABITS = read_habits()
SECRET = b"a deployment's secret"

STANDARD = {
    "parameters": "rows = [1, 2, 3, 5, 8]\nscale = 2",
    "data": """\
import numpy as np
X = np.random.default_rng(11).normal(size=(40, 3))
W = np.array([1.5, -2.0, 0.7])
names = ["alpha", "beta", "gamma"]""",
    "answer": """\
fx = X[rows] @ W * scale + 2
shares = scale * W * (X[rows] - X.mean(axis=0))
base = X.mean(axis=0) @ W * scale + 2
strongest = [names[i] for i in np.abs(shares).argmax(axis=1)]
""",
}


@pytest.fixture(scope="module")
def exercise(tmp_path_factory: pytest.TempPathFactory) -> ExerciseDefinition:
    """Return the exercise that all notebooks of the corpus are about."""
    folder = tmp_path_factory.mktemp("content") / "corpus"
    shutil.copytree(FOLDER.parent / "exercise", folder)
    write_notebooks(folder)
    return load_exercise(folder)


@pytest.fixture(scope="module")
def references(tmp_path_factory: pytest.TempPathFactory) -> ReferenceStore:
    """Return an empty store of references."""
    return ReferenceStore(tmp_path_factory.mktemp("references"))


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    """Return one real sandbox for the whole corpus."""
    with open_sandbox(concurrency=2) as opened:
        yield opened


def test_the_corpus_is_large() -> None:
    """There are sixty habits at least."""
    assert len(HABITS) >= 60


@pytest.mark.parametrize("title", HABITS)
def test_a_habit_gets_its_verdict(
    title: str, exercise: ExerciseDefinition, references: ReferenceStore, sandbox: Sandbox
) -> None:
    """Each notebook, in the visible and a hidden run, gets the score and messages it deserves."""
    habit = HABITS[title]
    expected = habit.expected
    notebook = habit.notebook(STANDARD)
    if "refused" in expected:
        with pytest.raises(NotebookRefused, match=expected["refused"]):
            grade_notebook(exercise, notebook, sandbox=sandbox, references=references)
        return
    report = grade_notebook(
        exercise, notebook, sandbox=sandbox, references=references, secret=SECRET
    )
    said = [message_text(line.message_id, line.facts) for line in report.criteria]
    said += [report.error.message] if report.error else []
    executed = json.loads(report.executed or "")
    shown = json.dumps([cell.get("outputs", []) for cell in executed["cells"]])
    if "score" in expected:
        assert report.score == float(expected["score"]), (said, report.error)
    assert expected.get("says", "") in "\n".join(said)
    assert expected.get("shows", "") in shown
    if "never" in expected:
        assert expected["never"] not in "\n".join(said)
    if "pictures" in expected:
        assert [_pictures(cell) for cell in executed["cells"]] == [
            int(number) for number in expected["pictures"].split()
        ]


def _pictures(cell: dict[str, Any]) -> int:
    return sum("image/png" in output.get("data", {}) for output in cell.get("outputs", ()))
