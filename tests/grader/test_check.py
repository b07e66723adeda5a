"""The author's gate: a sound exercise passes, and every unsoundness is named."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from grader.authoring import write_notebooks
from grader.check import Effort, Findings, check_content, check_exercise, table
from grader.exercise import load_exercise
from grader.lock import write_lock

if TYPE_CHECKING:
    from pathlib import Path

QUICK = Effort(variants=2, honest=20, repeats=2)


def add_sample(folder: Path, name: str, changes: str, expected: str) -> None:
    """Write a sample of an exercise."""
    sample = folder / "samples" / name
    sample.mkdir(parents=True)
    (sample / "changes.md").write_text(changes, encoding="utf-8")
    (sample / "expected.yaml").write_text(expected, encoding="utf-8")


ABSOLUTE = """\
```python answer
fx = X[rows] @ W + 2
shares = np.abs(W * (X[rows] - X.mean(axis=0)))
base = X.mean(axis=0) @ W + 2
```
"""


def test_a_sound_exercise_passes(shares_folder: Path, tmp_path: Path) -> None:
    """Starter, solution on fresh variants, samples, mistakes and files are all in order."""
    add_sample(shares_folder, "solution", "Nothing.", "passed: true\nscore: 100\n")
    add_sample(shares_folder, "starter", "Nothing.", "passed: false\nmisconception: null\n")
    add_sample(shares_folder, "absolute", ABSOLUTE, "score: 30\nmisconception: [absolute]\n")
    write_notebooks(shares_folder)
    write_lock(load_exercise(shares_folder))
    found = check_exercise(shares_folder, tmp_path / "references", QUICK)
    assert found.problems == []
    assert (found.variants, found.samples, found.named, found.mistakes) == (2, 3, 8, 8)
    assert "linear-shares" in table([found])


def test_what_is_unsound_is_named(shares_folder: Path, tmp_path: Path) -> None:
    """Stale notebooks, wrong samples, undeclared and unseen mistakes each get a line."""
    add_sample(shares_folder, "absolute", ABSOLUTE, "score: 100\nmisconception: [sign]\n")
    write_notebooks(shares_folder)
    with (shares_folder / "starter.md").open("a", encoding="utf-8") as stream:
        stream.write("\nMore words.\n")
    with (shares_folder / "reference.py").open("a", encoding="utf-8") as stream:
        stream.write("\n\ndef mistake_nobody_knows(parameters, seed):\n    return {}\n")
        stream.write(
            "\n\ndef mistake_no_mean(parameters, seed):\n    return reference(parameters, 0)\n"
        )
    problems = check_exercise(shares_folder, tmp_path / "references", QUICK).problems
    for words in (
        "starter.ipynb is not what its Markdown says",
        "reference.lock is missing",
        "mistake_nobody_knows, which exercise.yaml does not declare",
        "samples/absolute: score: 100 expected, 30 found",
        "samples/absolute: misconception: ['sign'] expected, ['absolute'] found",
        "misconception no_mean is not caught",
    ):
        assert any(words in problem for problem in problems), words


def test_content_that_does_not_load_is_reported(shares_folder: Path, tmp_path: Path) -> None:
    """One broken exercise is a line in the table and a reason, not the end of the check."""
    (shares_folder / "exercise.yaml").write_text("version: 1\n", encoding="utf-8")
    stream, page = io.StringIO(), tmp_path / "page.md"
    sound = check_content(
        [shares_folder],
        references=tmp_path / "references",
        short=True,
        jobs=1,
        page=page,
        stream=stream,
    )
    assert not sound
    assert "exercise.yaml" in stream.getvalue()
    assert "| linear-shares | no" in page.read_text("utf-8")


def test_long_names_widen_their_column() -> None:
    """A name longer than its heading widens the column."""
    assert "x" * 60 in table([Findings("x" * 60)])
