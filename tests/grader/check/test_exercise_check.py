"""Exercise checks: a sound exercise passes, and every problem is reported."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from grader.authoring import write_notebooks
from grader.check import CheckScope, check_content, check_exercise, check_variants
from grader.exercise import load_exercise
from grader.lock import write_lock

if TYPE_CHECKING:
    from pathlib import Path

    from grader.exercise import ExerciseDefinition
    from grader.sandbox.job import Sandbox

QUICK = CheckScope(variants=2, correct_seeds=20, repeats=2)


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


def test_a_sound_exercise_passes(shares_folder: Path, tmp_path: Path, runner: Sandbox) -> None:
    """Starter, solution on fresh variants, samples, misconceptions and files are all correct."""
    add_sample(shares_folder, "solution", "Nothing.", "passed: true\nscore: 100\n")
    add_sample(shares_folder, "starter", "Nothing.", "passed: false\nmisconception: null\n")
    add_sample(shares_folder, "absolute", ABSOLUTE, "score: 30\nmisconception: [absolute]\n")
    write_notebooks(shares_folder)
    write_lock(load_exercise(shares_folder))
    found = check_exercise(shares_folder, tmp_path / "references", QUICK, runner)
    assert found.problems == []
    assert (found.variants, found.equivalents, found.samples) == (2, 4, 3)
    assert {name: rate.named for name, rate in found.detection.items()} == {
        "opposite_class": 1,
        "no_mean": 1,
        "sign": 1,
        "absolute": 1,
        "normalised": 2,
        "shifted_rows": 2,
        "sorted_features": 1,
        "base_forgotten": 1,
    }
    assert all(rate.caught == rate.tried == rate.named for rate in found.detection.values())


def test_problems_are_reported(shares_folder: Path, tmp_path: Path, runner: Sandbox) -> None:
    """Stale notebooks, wrong samples, undeclared and undetected misconceptions each get a line."""
    add_sample(shares_folder, "absolute", ABSOLUTE, "score: 100\nmisconception: [sign]\n")
    write_notebooks(shares_folder)
    with (shares_folder / "starter.md").open("a", encoding="utf-8") as stream:
        stream.write("\nMore words.\n")
    started = shares_folder / "starter.ipynb"
    started.write_text(started.read_text("utf-8").replace("[1, 2, 3, 5, 8]", "[1, 2, 3, 5, 9]"))
    with (shares_folder / "reference.py").open("a", encoding="utf-8") as stream:
        stream.write("\n\ndef mistake_nobody_knows(parameters, seed):\n    return {}\n")
        stream.write(
            "\n\ndef mistake_no_mean(parameters, seed):\n    return reference(parameters, 0)\n"
        )
    problems = check_exercise(shares_folder, tmp_path / "references", QUICK, runner).problems
    for words in (
        "starter.ipynb is not what its Markdown says",
        "the starter's parameters cell does not set rows = [1, 2, 3, 5, 8]",
        "reference.lock is missing",
        "mistake_nobody_knows, which exercise.yaml does not declare",
        "samples/absolute: score: 100 expected, 30 found",
        "samples/absolute: misconception: ['sign'] expected, ['absolute'] found",
        "misconception no_mean is caught 0 of 1 times",
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


TWINS = """\
  - id: lost_sign
    title: the sign lost on the way
    message: The sign is lost.
    question: Where?
    resembles: [no_mean]
"""


def test_ambiguous_misconceptions_must_be_declared(
    shares_folder: Path, tmp_path: Path, runner: Sandbox
) -> None:
    """Misconceptions that no answer tells apart must be declared, and only those."""
    content = shares_folder / "exercise.yaml"
    text = content.read_text("utf-8").replace("  - sign\n", TWINS + "  - sign\n")
    content.write_text(text, encoding="utf-8")
    with (shares_folder / "reference.py").open("a", encoding="utf-8") as stream:
        stream.write(
            "\n\ndef mistake_lost_sign(parameters, seed):\n"
            '    return {"shares": -_explained(parameters["rows"])["shares"]}\n'
        )
    found = check_exercise(shares_folder, tmp_path / "references", QUICK, runner)
    assert ("lost_sign", "sign") in found.groups
    for words in (
        "no answer tells lost_sign and sign apart, which `resembles` does not declare",
        "lost_sign and no_mean are told apart, though `resembles` says otherwise",
    ):
        assert words in found.problems


def test_equivalent_answers_must_pass(shares_folder: Path, tmp_path: Path, runner: Sandbox) -> None:
    """A criterion that only float64 meets rejects correct answers in single precision."""
    content = shares_folder / "exercise.yaml"
    line = (
        "  - {id: fx, title: The output, kind: agreement, output: fx, threshold: 0.01, points: 10}"
    )
    exact = "  - {id: fx, title: The output, kind: exact, output: fx, points: 10}"
    content.write_text(content.read_text("utf-8").replace(line, exact), encoding="utf-8")
    found = check_exercise(shares_folder, tmp_path / "references", QUICK, runner)
    lost = "the solution's answers in single precision lose points: The output"
    assert any(problem.startswith(lost) for problem in found.problems)
    assert found.equivalents == 3


def test_a_tolerance_that_rejects_correct_work_is_reported(
    noisy_folder: Path, tmp_path: Path, runner: Sandbox
) -> None:
    """Fresh seeds, and every seed of the reference left out in turn, are graded."""
    found = check_exercise(noisy_folder, tmp_path / "references", QUICK, runner)
    assert found.correct_runs == QUICK.correct_seeds + 100
    assert found.rejected <= found.rejections_allowed
    code = noisy_folder / "reference.py"
    text = code.read_text("utf-8").replace("(seed, 400)", "(seed, 400 if seed < 100 else 40)")
    code.write_text(text, encoding="utf-8")
    found = check_exercise(noisy_folder, tmp_path / "references", QUICK, runner)
    assert found.rejected > found.rejections_allowed
    assert any("correct runs are rejected" in problem for problem in found.problems)


def test_fresh_variants_differ(shares: ExerciseDefinition, noisy: ExerciseDefinition) -> None:
    """Variants differ from each other and the visible one, and depend on the content only."""
    variants = check_variants(shares, 5)
    assert len({variant.key for variant in variants}) == 5
    assert variants == check_variants(shares, 5)
    assert check_variants(noisy, 5) == ()


def replaced(file: Path, *pairs: tuple[str, str]) -> None:
    """Rewrite a file with texts replaced, each of which it must contain."""
    text = file.read_text("utf-8")
    for old, new in pairs:
        assert old in text
        text = text.replace(old, new)
    file.write_text(text, encoding="utf-8")


def test_a_mistake_that_gives_the_placeholder_is_reported(
    shares_folder: Path, tmp_path: Path, runner: Sandbox
) -> None:
    """Who has not begun, or done one part, must not be told of a mistake that gives zeros."""
    replaced(
        shares_folder / "reference.py",
        ('return {"shares": W * X[parameters["rows"]]}', 'return {"shares": np.zeros((5, 6))}'),
    )
    problems = check_exercise(shares_folder, tmp_path / "references", QUICK, runner).problems
    told = "is told a mistake: no_mean"
    assert f"starter.ipynb, as it is, {told}" in problems
    assert f"starter.ipynb, with fx alone filled in, {told}" in problems


def test_points_for_nothing_are_reported(
    shares_folder: Path, tmp_path: Path, runner: Sandbox
) -> None:
    """An ungraded output, and answers that pass for every variant, are reported."""
    replaced(
        shares_folder / "exercise.yaml",
        ("parameters:\n", "  note: {dtype: float, shape: [], meaning: Nothing.}\nparameters:\n"),
        ("pass_score: 80", "pass_score: 10"),
    )
    constant = ("X[rows] @ W + 2", "np.arange(5.0)")
    replaced(shares_folder / "solution.md", constant, ("base =", "note = 1.0\nbase ="))
    noted = ('return {"fx": X[rows] @ W + 2', 'return {"note": 1.0, "fx": np.arange(5.0)')
    replaced(shares_folder / "reference.py", noted)
    write_notebooks(shares_folder)
    problems = check_exercise(shares_folder, tmp_path / "references", QUICK, runner).problems
    assert "nothing is lost without note" in problems
    assert any(problem.startswith("the visible answers pass with") for problem in problems)
