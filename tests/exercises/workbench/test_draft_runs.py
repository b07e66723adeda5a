"""Runs by a real worker: what is shown, what ends them, and what is left afterwards."""

from __future__ import annotations

import json
import time
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from courses.database import database_now
from courses.models import User
from exercises.models import Draft, DraftRun, RunState, RunWorker
from exercises.workbench import runs
from tests.exercises.workbench.workbench_client import outputs
from tests.exercises.worker_process import SLUG

if TYPE_CHECKING:
    from tests.exercises.workbench.workbench_client import WorkbenchClient
    from tests.exercises.worker_process import WorkerProcess

PLOT = "import matplotlib.pyplot as plt\nplt.plot([1, 2])\nplt.show()"


def test_a_run_shows_text_results_tables_plots_and_errors(
    run_worker: WorkerProcess, work: WorkbenchClient
) -> None:
    """Each kind in its own form, cleaned; the error names its line; later cells do not run."""
    frame = "import pandas as pd\nprint('\\x1b[31mred\\x1b[0m')\npd.DataFrame({'a': [1]})"
    run = work.run(parameters=frame, cell_0=PLOT, cell_1="x = 1\nundefined")

    stream, table = outputs(run, "parameters")
    assert stream == {"type": "stream", "name": "stdout", "text": "red\n"}
    assert table["type"] == "html"
    assert "<td>1</td>" in table["html"]
    assert "class=" not in table["html"]
    assert "<style" not in table["html"]
    (picture,) = [one for one in outputs(run, "cell-0") if one["type"] == "image"]
    assert picture["src"].startswith("data:image/png;base64,")
    assert picture["width"] > 100
    (error,) = outputs(run, "cell-1")
    assert (error["name"], error["line"]) == ("NameError", 2)
    assert "\x1b" not in error["traceback"]
    assert run["state"] == "error"
    states = [event["state"] for event in run["events"] if event["kind"] == "cell"]
    assert states == ["running", "done", "running", "done", "running", "error"]


def test_a_run_is_fresh_and_ends_at_its_cell(
    run_worker: WorkerProcess, work: WorkbenchClient
) -> None:
    """Nothing is left over from an earlier run; cells after `until` are not touched."""
    work.run(cell_1="left = 1")
    run = work.run(until="cell-0", cell_0="print('left' in globals())")

    assert outputs(run, "cell-0")[0]["text"] == "False\n"
    assert run["state"] == "done"
    assert {event["cell"] for event in run["events"]} == {"parameters", "cell-0"}


def test_the_downloaded_notebook_has_the_outputs(
    run_worker: WorkerProcess, work: WorkbenchClient
) -> None:
    """Those of the latest run, as nbformat has them."""
    work.run(cell_1="print('kept')")
    cells = json.loads(work.get("notebook/").content)["cells"]

    assert cells[3]["outputs"] == [{"output_type": "stream", "name": "stdout", "text": "kept\n"}]


def test_an_endless_loop_can_be_interrupted(
    run_worker: WorkerProcess, work: WorkbenchClient
) -> None:
    """What it printed is there at once; the run ends within seconds; the draft is saved."""
    cells = work.cells(cell_0="print('begun')\nwhile True:\n    pass")
    told = work.post("runs/", base=0, cells=cells, until=None).json()
    deadline = time.monotonic() + 60
    while "begun" not in json.dumps(told["events"]) and time.monotonic() < deadline:
        time.sleep(0.1)
        told = work.get(f"runs/{told['id']}/").json()
    assert told["state"] == "running"

    assert work.post(f"runs/{told['id']}/interrupt/").status_code == 202
    run = work.watch(work.get(f"runs/{told['id']}/").json())
    assert run["state"] == "interrupted"
    assert [one["type"] for one in outputs(run, "cell-0")] == ["stream", "error"]
    assert work.get().json()["cells"][2]["source"].startswith("print('begun')")


def test_an_endless_loop_ends_at_the_time_limit(
    run_worker: WorkerProcess, work: WorkbenchClient
) -> None:
    """The sentence says which limit; the draft stays."""
    run = work.run(cell_0="while True:\n    pass")

    assert run["state"] == "limit"
    assert "time limit is" in run["detail"]
    assert work.get().json()["version"] == 1


def test_a_flood_of_output_is_bounded(run_worker: WorkerProcess, work: WorkbenchClient) -> None:
    """100 MB become 64 KiB and a note, and whatever ends the run is said."""
    run = work.run(cell_0="for _ in range(100):\n    print('x' * 1_000_000)")
    shown = outputs(run, "cell-0")

    assert sum(len(one.get("text", "")) for one in shown) < 70_000
    assert shown[-1]["type"] == "note"
    assert len(json.dumps(run["events"])) < 200_000
    assert run["state"] in ("done", "limit")


def test_html_of_a_cell_can_do_nothing(run_worker: WorkerProcess, work: WorkbenchClient) -> None:
    """Scripts, handlers, links and styles are gone; a display of scripts only becomes its text."""
    source = (
        "from IPython.display import HTML, display\n"
        "display(HTML('<table onclick=x style=y><tr><td>one</td></tr></table>"
        "<script>bad()</script><a href=javascript:bad()>link</a><img src=x onerror=bad()>'))\n"
        "HTML('<script>bad()</script>')"
    )
    first, second = outputs(work.run(cell_0=source), "cell-0")

    assert first["html"] == "<table><tbody><tr><td>one</td></tr></tbody></table>link"
    assert second["type"] == "text"


def test_a_newer_run_ends_the_older(run_worker: WorkerProcess, work: WorkbenchClient) -> None:
    """One run per learner: the older is replaced, and frees its slot."""
    cells = work.cells(cell_0="while True:\n    pass")
    older = work.post("runs/", base=0, cells=cells, until=None).json()
    newer = work.run(until="cell-0", cell_0="print('new')")

    assert newer["state"] == "done"
    assert work.get(f"runs/{older['id']}/").json()["state"] == "replaced"


def test_a_run_is_its_learner_s_own(
    run_worker: WorkerProcess, work: WorkbenchClient, other: WorkbenchClient
) -> None:
    """Nobody else can read or interrupt it."""
    run = work.run(cell_0="print('secret')")

    assert other.get(f"runs/{run['id']}/").status_code == 404
    assert other.post(f"runs/{run['id']}/interrupt/").status_code == 404


@pytest.mark.parametrize(
    ("source", "line"),
    [("x = 1\nname = input('name? ')", 2), ("\n%%bash\nls", 2)],
)
def test_a_cell_that_cannot_run_is_named_before_it_starts(
    run_worker: WorkerProcess, work: WorkbenchClient, source: str, line: int
) -> None:
    """The draft is saved all the same."""
    answer = work.post("runs/", base=0, cells=work.cells(cell_0=source), until=None)
    problem: dict[str, Any] = answer.json()

    assert (answer.status_code, problem["code"]) == (400, "cell_refused")
    assert (problem["cell"], problem["line"]) == ("cell-0", line)
    assert problem["saved"]["version"] == 1
    assert not DraftRun.objects.exists()


def test_completion_and_signature_come_from_the_cells_before(
    run_worker: WorkerProcess, work: WorkbenchClient
) -> None:
    """Attributes of what the cells before made, and of imports in the cell itself."""
    work.run(until="cell-0")
    asked = {"base": 0, "cells": None, "cell": "cell-1"}
    own = "import statistics\nweights.argm"
    found = work.post("complete/", **asked, source=own, cursor=len(own)).json()
    assert found["from"] == 26
    assert [item["label"] for item in found["items"]] == ["argmax", "argmin"]

    source = "np.zeros("
    told = work.post("inspect/", **asked, source=source, cursor=len(source)).json()
    assert told["found"] is True
    assert "shape" in told["signature"]


def test_completion_runs_no_cell(run_worker: WorkerProcess, work: WorkbenchClient) -> None:
    """Of cells that have not run only the imports are known."""
    asked = {"base": 0, "cells": None, "cell": "cell-1"}
    own = "weights.argm"
    assert work.post("complete/", **asked, source=own, cursor=len(own)).json()["items"] == []
    own = "np.argm"
    found = work.post("complete/", **asked, source=own, cursor=len(own)).json()
    assert [item["label"] for item in found["items"]] == ["argmax", "argmin"]


def _cached(run: dict[str, Any]) -> dict[str, bool]:
    return {event["cell"]: event["cached"] for event in run["events"] if "cached" in event}


def _seconds(run: dict[str, Any]) -> dict[str, float]:
    return {event["cell"]: event["seconds"] for event in run["events"] if "cached" in event}


def test_a_second_run_after_an_edit_begins_at_the_cell_before(
    run_worker: WorkerProcess, work: WorkbenchClient, other: WorkbenchClient
) -> None:
    """Cells before come from the run before, with their outputs and seconds; nobody else's do."""
    stamp = "import os, time\ntime.sleep(0.2)\nprint(os.urandom(8).hex())"
    first = work.run(cell_0=stamp, cell_1="print(1)")
    assert set(_cached(first).values()) == {False}
    second = work.run(cell_1="print(2)")
    assert _cached(second) == {"parameters": True, "cell-0": True, "cell-1": False}
    assert outputs(second, "cell-0") == outputs(first, "cell-0")
    assert outputs(second, "cell-1")[0]["text"] == "2\n"
    assert _seconds(second)["cell-0"] == _seconds(first)["cell-0"]
    third = work.run(cell_0=stamp + "\nprint(3)")
    assert _cached(third) == {"parameters": True, "cell-0": False, "cell-1": False}
    assert set(_cached(other.run(cell_0=stamp, cell_1="print(1)")).values()) == {False}


def test_states_of_a_draft_that_is_gone_are_nobody_s(
    run_worker: WorkerProcess, work: WorkbenchClient, other: WorkbenchClient
) -> None:
    """A draft that has the id of another's, as after a restore, begins without its states."""
    work.run(cell_1="print(1)")
    gone = Draft.objects.get()
    number, scope = gone.pk, gone.scope
    gone.delete()
    Draft.objects.create(pk=number, user=User.objects.get(email="grace@example.org"), scope=scope)

    assert set(_cached(other.run(cell_1="print(1)")).values()) == {False}


def test_a_run_goes_to_the_worker_that_has_its_states(
    run_worker: WorkerProcess,
    second_run_worker: WorkerProcess,
    work: WorkbenchClient,
) -> None:
    """Each run of a draft to the same of two workers; to the other one when that has died."""
    work.run(cell_1="print(0)")
    held = Draft.objects.get().held_by
    for number in range(1, 7):
        run = work.run(cell_1=f"print({number})")
        assert _cached(run)["cell-0"] is True
        assert Draft.objects.get().held_by == held

    dead = run_worker if held.endswith(f":{run_worker.pid}") else second_run_worker
    dead.kill()
    run = work.run(cell_1="print('moved')")  # sent again: nobody has said yet that it is dead
    assert outputs(run, "cell-1")[0]["text"] == "moved\n"
    assert Draft.objects.get().held_by != held


@pytest.mark.django_db
def test_without_a_worker_the_draft_is_saved_and_nothing_runs(work: WorkbenchClient) -> None:
    """503 with the sentence and when to try again; completion has no answer."""
    RunWorker.objects.all().delete()
    answer = work.post("runs/", base=0, cells=work.cells(cell_0="1"), until=None)

    assert (answer.status_code, answer.json()["code"]) == (503, "no_worker")
    assert answer["Retry-After"] == "5"
    assert work.get().json()["version"] == 1
    asked = {"base": 1, "cells": None, "cell": "cell-0", "source": "x", "cursor": 1}
    assert work.post("complete/", **asked).status_code == 204


@pytest.mark.django_db
def test_runs_that_nobody_will_end_are_ended(work: WorkbenchClient) -> None:
    """Of a dead worker, and of a page that was closed; those that somebody waits for go on."""
    work.get()
    draft = Draft.objects.get_or_create(user=User.objects.get(), scope=f"exercise:{SLUG}")[0]
    now = database_now()
    silent, closed = now - runs.SILENT_AFTER, now - runs.ABANDONED_AFTER
    facts: dict[str, Any] = {"draft": draft, "version": 1, "cells": b"", "created_at": now}
    minute = timedelta(minutes=1)
    made = {
        name: DraftRun.objects.create(state=state, seen_at=seen, **facts).pk
        for name, state, seen in (
            ("dead", RunState.RUNNING, silent - minute),
            ("closed", RunState.QUEUED, closed - minute),
            ("going on", RunState.RUNNING, now),
            ("waiting", RunState.QUEUED, silent - minute),
        )
    }

    assert runs.end_lost() == 2
    lost = set(DraftRun.objects.filter(state=RunState.LOST).values_list("pk", flat=True))
    assert lost == {made["dead"], made["closed"]}
    told = work.get(f"runs/{made['dead']}/").json()
    assert (told["state"], "a fault of the site" in told["detail"]) == (RunState.LOST, True)
    assert work.get(f"runs/{made['going on']}/").json()["detail"] == ""


def test_a_run_whose_worker_died_is_lost_and_the_next_one_runs(
    run_worker: WorkerProcess, work: WorkbenchClient
) -> None:
    """The page is told, and whose fault it was; a new worker takes the next run."""
    cells = work.cells(cell_0="while True:\n    pass")
    told = work.post("runs/", base=0, cells=cells, until=None).json()
    while work.get(f"runs/{told['id']}/").json()["state"] == "queued":
        time.sleep(0.05)
    run_worker.kill()

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(runs, "SILENT_AFTER", timedelta())
        lost = work.get(f"runs/{told['id']}/").json()
    assert lost["state"] == RunState.LOST
    assert "a fault of the site, not of your notebook, and costs no attempt" in lost["detail"]
    RunWorker.objects.all().delete()
    run_worker.start()
    while not RunWorker.objects.filter(sandbox_open=True).exists():
        time.sleep(0.1)
    assert work.run(until="cell-0", cell_0="print('again')")["state"] == "done"
