"""`python -m grader`: the same report, and exit codes that a script can rely on."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from grader.__main__ import main

if TYPE_CHECKING:
    from grader.exercise import ExerciseDefinition

ROOT = Path(__file__).parents[2]


def grade(
    exercise: ExerciseDefinition, notebook: Path, folder: Path
) -> subprocess.CompletedProcess[str]:
    """Run the command in a process of its own."""
    command = [sys.executable, "-m", "grader", "grade", str(exercise.folder), str(notebook)]
    return subprocess.run(
        [*command, "--json", "--references", str(folder)],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
        env={**os.environ, "WHYBOX_VARIANT_SECRET": "a secret"},
    )


def test_the_solution_passes(shares: ExerciseDefinition, tmp_path: Path) -> None:
    """Exit code 0 and a JSON report with the promised keys."""
    done = grade(shares, shares.folder / "solution.ipynb", tmp_path)
    report = json.loads(done.stdout)
    assert (done.returncode, report["passed"], report["verdict"]) == (0, True, "ok")
    assert {"score", "max_score", "criteria", "misconception", "error", "timings"} <= set(report)


def test_the_starter_does_not_pass(
    shares: ExerciseDefinition, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Exit code 1, and a line per criterion."""
    arguments = ["grade", str(shares.folder), str(shares.starter), "--references", str(tmp_path)]
    assert main(arguments) == 1
    printed = capsys.readouterr().out
    assert "- 0/50  The shares" in printed
    assert "0 of 100 points: not passed" in printed


def test_a_mistake_that_nothing_names_is_said_without_a_question(
    shares: ExerciseDefinition, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """What is right and which row differs are printed; there is nothing to ask."""
    text = shares.folder.joinpath("solution.ipynb").read_text("utf-8")
    document = json.loads(text)
    cell = {"cell_type": "code", "id": "last", "metadata": {}, "outputs": []}
    source = "shares = shares.copy()\nshares[3] = shares[3][::-1] * 2"
    document["cells"].append({**cell, "execution_count": None, "source": source})
    notebook = tmp_path / "wrong.ipynb"
    notebook.write_text(json.dumps(document), "utf-8")
    arguments = ["grade", str(shares.folder), str(notebook), "--references", str(tmp_path)]
    assert main(arguments) == 1
    assert "In shares, 1 of 5 rows differ: row 5." in capsys.readouterr().out


def test_a_refused_notebook_says_why(
    shares: ExerciseDefinition, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A file that is no notebook is not passed, and what to do is said."""
    (tmp_path / "x.ipynb").write_text("{}")
    assert main(["grade", str(shares.folder), str(tmp_path / "x.ipynb")]) == 1
    assert "not a Jupyter notebook" in capsys.readouterr().out


def test_bad_content_and_usage_exit_with_two(
    tmp_path: Path, shares: ExerciseDefinition, capsys: pytest.CaptureFixture[str]
) -> None:
    """A folder without exercise.yaml, a missing notebook and an unknown command are exit code 2."""
    assert main(["grade", str(tmp_path), str(shares.starter)]) == 2
    assert "exercise.yaml" in capsys.readouterr().err
    assert main(["grade", str(shares.folder), str(tmp_path / "absent.ipynb")]) == 2
    assert main(["check", str(tmp_path)]) == 2
    with pytest.raises(SystemExit) as caught:
        main(["grades"])
    assert caught.value.code == 2


def test_without_a_sandbox_nothing_runs(
    shares: ExerciseDefinition, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where no interpreter for learners can be found, the exit code is 3."""
    monkeypatch.setenv("WHYBOX_SANDBOX_PYTHON", str(tmp_path / "nowhere" / "python"))
    assert main(["grade", str(shares.folder), str(shares.starter)]) == 3


def test_build_computes_visible_and_hidden(
    shares: ExerciseDefinition, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the deployment's secret, every reference of its pool is made ready."""
    monkeypatch.setenv("WHYBOX_VARIANT_SECRET", "a secret")
    assert main(["build", str(shares.folder), "--references", str(tmp_path)]) == 0
    assert len(list(tmp_path.glob("linear-shares/*.npz"))) == 1 + shares.variants


def test_a_failing_reference_is_named_and_the_others_are_built(
    shares_folder: Path,
    shares: ExerciseDefinition,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """One author's error neither hides nor stops the rest."""
    content = tmp_path / "content" / "exercises"
    shutil.copytree(shares.folder, content / "good")
    shutil.copytree(shares_folder, content / "bad")
    with (content / "bad" / "reference.py").open("a", encoding="utf-8") as stream:
        stream.write("\n\ndef reference(parameters, seed):\n    return 1 / 0\n")
    references = tmp_path / "references"
    assert main(["build", str(tmp_path / "content"), "--references", str(references)]) == 2
    assert "bad/reference.py: reference: ZeroDivisionError" in capsys.readouterr().err
    assert list(references.glob("good/*.npz"))
