"""The harness edits solutions, runs them with shared beginnings and counts with exact bounds."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.diagnosis_harness.blind_spots import BEGIN, END, PAGE, declared
from bench.diagnosis_harness.case import Case, CaseError, solution_cells
from bench.diagnosis_harness.drawing import drawn_cases
from bench.diagnosis_harness.forks import ForkSandbox
from bench.diagnosis_harness.table import clopper_pearson
from grader.exercise import load_exercise
from grader.sandbox.job import Job, Verdict

CONTENT = Path(__file__).parents[2] / "content"
FOLDERS = sorted(file.parent for file in CONTENT.glob("exercises/*/exercise.yaml"))


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_every_case_fits_its_solution(folder: Path) -> None:
    """Each edit is found in the solution, and the same seed draws the same notebooks."""
    exercise, cells = load_exercise(folder), solution_cells(folder)
    first, again = drawn_cases(exercise, 3), drawn_cases(exercise, 3)
    assert [case.notebook(cells) for case in first] == [case.notebook(cells) for case in again]
    assert first != drawn_cases(exercise, 4)


def test_there_are_enough_cases() -> None:
    """At least 600 over all exercises."""
    assert sum(len(drawn_cases(load_exercise(folder), 3)) for folder in FOLDERS) >= 600


def test_an_edit_that_finds_nothing_is_refused() -> None:
    """A case whose solution has changed is reported instead of measured."""
    cells = solution_cells(FOLDERS[0])
    with pytest.raises(CaseError, match="not in the solution"):
        Case("x", "redrawn", {"no such text": ""}).notebook(cells)


def test_notebooks_with_equal_beginnings_share_them(tmp_path: Path) -> None:
    """A first cell runs once, its state is each branch's own, and an error ends only its branch."""
    log = tmp_path / "log"
    first = f"with open({str(log)!r}, 'a') as file:\n    file.write('x')\nx = [1.0]"
    jobs = tuple(
        Job(
            cells=("k = 0", first, last), outputs=("x",), parameters={"k": 3}, parameters_cells=(0,)
        )
        for last in ("x = x + [k]", "x.append(7.0)", "raise ValueError('no')")
    )
    runs = ForkSandbox().run_many(jobs)
    assert log.read_text() == "x"
    assert [run.verdict for run in runs] == [Verdict.OK, Verdict.OK, Verdict.RUNTIME_ERROR]
    found = [run.answers["x"].array for run in runs]
    assert [None if x is None else x.tolist() for x in found] == [[1.0, 3.0], [1.0, 7.0], [1.0]]


def test_a_notebook_finds_its_data_and_the_teaching_library(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As in the sandbox, ``data/`` is the exercise's folder, another one's for another job."""
    monkeypatch.chdir(tmp_path)
    jobs = []
    for name, value in (("one", "2.5"), ("other", "4.0")):
        folder = Path(name)
        folder.mkdir()
        (folder / "number.txt").write_text(value)
        source = "import whybox_models\nx = [float(open('data/number.txt').read())]"
        jobs.append(Job(cells=("k = 0", source), outputs=("x",), data=folder))
    sandbox = ForkSandbox()
    sandbox.prepare(jobs)
    found = [sandbox.run(job).answers["x"].array for job in jobs]
    assert [None if x is None else x.tolist() for x in found] == [[2.5], [4.0]]


@pytest.mark.parametrize(
    ("hits", "total", "low", "high"),
    [(0, 100, 0.0, 0.0362), (100, 100, 0.9638, 1.0), (5, 50, 0.0333, 0.2181), (0, 0, 0.0, 1.0)],
)
def test_bounds_are_exact(hits: int, total: int, low: float, high: float) -> None:
    """The intervals are those of Clopper and Pearson."""
    assert clopper_pearson(hits, total) == pytest.approx((low, high), abs=1e-4)


def test_the_learners_page_lists_the_declared_blind_spots() -> None:
    """The page is as `python -m bench.diagnosis_harness.blind_spots` writes it."""
    text = (CONTENT.parent / PAGE).read_text(encoding="utf-8")
    assert text.partition(BEGIN)[2].partition(END)[0].strip() == declared(CONTENT).strip()
