"""What learners send that cannot work: the draft stays as it was written, and a sentence says why.

Each goes the way that the page takes: saved and run in one request, by a real worker.
"""

from __future__ import annotations

import http.client
import json
import time
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile

from exercises.models import DraftRun, RunState
from tests.exercises.workbench.workbench_client import WorkbenchClient, outputs
from tests.exercises.worker_process import SLUG, TIMEOUT_SECONDS

if TYPE_CHECKING:
    from pytest_django.live_server_helper import LiveServer

    from tests.exercises.worker_process import WorkerProcess


@pytest.mark.parametrize(
    ("source", "states", "said"),
    [
        ("while True:\n    pass", {"limit"}, "time limit is"),
        ("print('x' * 100_000_000)", {"done", "limit"}, "not shown"),
        ("x = 1\nraise ValueError('nothing to explain')", {"error"}, "nothing to explain"),
        ("import sys\nsys.exit(3)", {"error"}, "SystemExit"),
        ("def f(:", {"error"}, "SyntaxError"),
        ("import os\nos.kill(os.getpid(), 9)", {"error", "limit", "lost", "done"}, ""),
    ],
    ids=["endless loop", "100 MB of output", "exception", "exit", "syntax", "kills itself"],
)
def test_a_run_that_fails_leaves_the_draft_and_says_why(
    run_worker: WorkerProcess, work: WorkbenchClient, source: str, states: set[str], said: str
) -> None:
    """The source is saved as it was typed, and the next run works."""
    run = work.run(cell_0=source)

    assert run["state"] in states, run
    assert said in run["detail"] + json.dumps(outputs(run, "cell-0"))
    assert len(json.dumps(run)) < 300_000
    assert work.get().json()["cells"][2]["source"] == source
    assert work.run(until="cell-0", cell_0="print('on')")["state"] == "done"


@pytest.mark.parametrize(
    ("source", "line", "said"),
    [
        ("%%bash\nls", 1, "starts another program"),
        ("x = 1\nname = input()", 2, "waits for a keyboard"),
    ],
)
def test_a_refused_cell_is_saved_and_named(
    run_worker: WorkerProcess, work: WorkbenchClient, source: str, line: int, said: str
) -> None:
    """Before anything runs, with cell, line and sentence."""
    answer = work.post("runs/", base=0, cells=work.cells(cell_0=source), until=None)
    problem: dict[str, Any] = answer.json()

    assert (answer.status_code, problem["cell"], problem["line"]) == (400, "cell-0", line)
    assert said in problem["detail"]
    assert work.get().json()["cells"][2]["source"] == source
    assert not DraftRun.objects.exists()


def test_a_client_that_vanishes_leaves_a_run_that_ends_and_is_there_later(
    live_server: LiveServer, run_worker: WorkerProcess, work: WorkbenchClient
) -> None:
    """A closed laptop: the connection breaks right after the request; nobody asks for the end."""
    cells = work.cells(cell_0="import time\ntime.sleep(2)\nprint('while you were away')")
    body = json.dumps({"base": 0, "cells": cells, "until": "cell-0"})
    cookie = work.client.cookies[settings.SESSION_COOKIE_NAME].value
    work.client.get(f"/exercises/{SLUG}/")
    secret = work.client.cookies[settings.CSRF_COOKIE_NAME].value
    connection = http.client.HTTPConnection(urlsplit(live_server.url).netloc)
    connection.request(
        "POST",
        f"{work.base}runs/",
        body,
        {
            "Content-Type": "application/json",
            "Cookie": f"{settings.SESSION_COOKIE_NAME}={cookie}; csrftoken={secret}",
            "X-CSRFToken": secret,
        },
    )
    connection.close()

    deadline = time.monotonic() + TIMEOUT_SECONDS
    while not DraftRun.objects.filter(state=RunState.DONE).exists():
        assert time.monotonic() < deadline, list(DraftRun.objects.values("state", "detail"))
        time.sleep(0.1)
    assert "time.sleep(2)" in work.get().json()["cells"][2]["source"]
    run = DraftRun.objects.get()
    told = work.get(f"runs/{run.pk}/").json()
    assert outputs(told, "cell-0")[0]["text"] == "while you were away\n"


@pytest.mark.django_db
def test_a_draft_of_two_megabytes_says_so(work: WorkbenchClient) -> None:
    """By saving, running and submitting alike; what was saved before stays."""
    version = work.write(cell_1="mine = 1")
    cells = work.cells(cell_1="x" * 2_000_000)

    answers = [
        work.put(base=version, cells=cells, reason="typed"),
        work.post("runs/", base=version, cells=cells, until=None),
        work.post("submit/", base=version, cells=cells),
    ]
    for answer in answers:
        assert (answer.status_code, answer.json()["code"]) == (413, "too_large")
        assert "2 MB" in answer.json()["detail"]
    assert work.get().json()["version"] == version
    assert work.get().json()["cells"][3]["source"] == "mine = 1"


def test_an_uploaded_notebook_says_what_is_not_shown_and_runs(
    run_worker: WorkerProcess, work: WorkbenchClient
) -> None:
    """Widgets, attachments and raw cells: a sentence each; all else is there, and it runs."""
    code = {"cell_type": "code", "metadata": {}, "execution_count": 4}
    view = {"application/vnd.jupyter.widget-view+json": {"model_id": "m"}, "text/plain": "Slider"}
    shown = [{"output_type": "display_data", "data": view, "metadata": {}}]
    cells: list[dict[str, Any]] = [
        {"cell_type": "markdown", "id": "t", "metadata": {}, "source": "![](a.png)",
         "attachments": {"a.png": {"image/png": "AAAA"}}},
        {"cell_type": "raw", "id": "r", "metadata": {}, "source": "\\LaTeX"},
        {**code, "id": "p", "metadata": {"tags": ["parameters"]}, "source": "rows = [0, 1]",
         "outputs": []},
        {**code, "id": "w", "source": "print(len(rows))", "outputs": shown},
    ]  # fmt: skip
    state: dict[str, Any] = {"application/vnd.jupyter.widget-state+json": {"state": {"m": {}}}}
    facts = {"nbformat": 4, "nbformat_minor": 5, "metadata": {"widgets": state}, "cells": cells}
    file = SimpleUploadedFile("own.ipynb", json.dumps(facts).encode())

    answer = work.client.post(work.base + "upload/", {"base": 0, "notebook": file}).json()
    assert answer["notes"] == [
        "Outputs and widgets were left out: run the notebook to see them.",
        "Attached pictures are kept in the file but not shown here.",
        "Raw cells are shown as text.",
    ]
    assert [cell["id"] for cell in answer["cells"]] == ["t", "r", "p", "w"]
    run = work.run()
    assert (run["state"], outputs(run, "w")[0]["text"]) == ("done", "2\n")


@pytest.mark.django_db
@pytest.mark.parametrize("content", [b"<html>", b"{}", b"\x00" * 1000, b'{"cells": 1}'])
def test_an_upload_that_is_no_notebook_changes_nothing(
    work: WorkbenchClient, content: bytes
) -> None:
    """The draft is the one from before, and a sentence says why."""
    version = work.write(cell_1="mine = 1")
    file = SimpleUploadedFile("own.ipynb", content)
    answer = work.client.post(work.base + "upload/", {"base": version, "notebook": file})

    assert answer.status_code == 400
    assert len(answer.json()["detail"]) > 20
    assert work.get().json()["cells"][3]["source"] == "mine = 1"
