"""Submitting from the notebook: by an upload's path, with the verdict beside the cells."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import pytest

from exercises.models import Submission
from exercises.submissions import files
from grader.notebook import code_cells, read_notebook
from tests.exercises.worker_process import MODEL, SOLUTION, TIMEOUT_SECONDS

if TYPE_CHECKING:
    from tests.exercises.workbench.workbench_client import WorkbenchClient
    from tests.exercises.worker_process import WorkerProcess


def _graded(work: WorkbenchClient, **sources: str) -> dict[str, Any]:
    """Submit and return what the page is told at the end."""
    version = work.get().json()["version"]
    answer = work.post("submit/", base=version, cells=work.cells(**sources))
    assert answer.status_code == 202, answer.content
    told: dict[str, Any] = answer.json()["submission"]
    deadline = time.monotonic() + TIMEOUT_SECONDS
    while not told["finished"]:
        assert time.monotonic() < deadline, told
        time.sleep(0.2)
        now = work.get(f"submissions/{told['id']}/?seen={told['seen']}")
        told = now.json() if now.status_code == 200 else told
    return told


def test_a_wrong_answer_is_explained_beside_its_cell_and_then_passes(
    worker: WorkerProcess, work: WorkbenchClient
) -> None:
    """Criteria, diagnosis and plot stand at the cell that last assigned the output."""
    wrong = SOLUTION.replace("phi =", "phi = -1 *")
    told = _graded(work, cell_0=MODEL, cell_1=wrong)
    assert set(told["notes"]) == {"cell-1"}
    assert "Diagnosis" in told["notes"]["cell-1"]
    assert told["can_submit"] is True
    assert told["attempts"] == "4 attempts left"

    told = _graded(work, cell_1=SOLUTION)
    assert "verdict--pass" in told["html"]
    labels = [one["label"] for one in work.get("history/").json()["versions"]]
    assert labels == ["Before submitting attempt 2", "Before submitting attempt 1"]


def test_an_error_is_told_beside_the_cell_that_raised_it(
    worker: WorkerProcess, work: WorkbenchClient
) -> None:
    """With its line; the cells before are not blamed."""
    told = _graded(work, cell_0=MODEL + "\nundefined")

    assert "NameError" in told["notes"]["cell-0"]


@pytest.mark.django_db
def test_what_is_submitted_is_what_stands_in_the_editor(work: WorkbenchClient) -> None:
    """By the path of an upload: attempt rules hold, ids and tags are the draft's."""
    cells = work.cells(cell_1="phi = 1")
    told = work.post("submit/", base=0, cells=cells).json()
    submitted = Submission.objects.get()
    notebook = read_notebook(files.notebook(submitted.pk))

    assert str(submitted.pk) == told["submission"]["id"]
    assert [cell.id for cell in code_cells(notebook)] == ["parameters", "cell-0", "cell-1"]
    assert code_cells(notebook)[2].source == "phi = 1"
    assert code_cells(notebook)[0].metadata["tags"] == ["parameters"]
    again = work.post("submit/", base=1, cells=None)
    assert (again.status_code, again.json()["code"]) == (409, "unfinished")


@pytest.mark.django_db
def test_a_notebook_without_its_parameters_is_refused_and_kept(work: WorkbenchClient) -> None:
    """The sentence says how to fix it; no attempt is used; the draft is saved."""
    cells = [cell for cell in work.cells() if cell["id"] != "parameters"]
    answer = work.post("submit/", base=0, cells=cells)

    assert answer.status_code == 400
    assert "parameters" in answer.json()["detail"]
    assert answer.json()["saved"]["version"] == 1
    assert not Submission.objects.exists()


@pytest.mark.django_db
def test_a_submission_is_its_learner_s_own(work: WorkbenchClient, other: WorkbenchClient) -> None:
    """Another learner is told nothing of it."""
    cells = work.cells(cell_1="phi = 1")
    told = work.post("submit/", base=0, cells=cells).json()["submission"]

    assert other.get(f"submissions/{told['id']}/").status_code == 404
