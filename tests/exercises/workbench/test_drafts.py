"""Drafts: saved with a version, never overwritten silently, never lost."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from exercises.models import Draft, DraftVersion

if TYPE_CHECKING:
    from courses.models import User
    from tests.exercises.workbench.workbench_client import WorkbenchClient

pytestmark = pytest.mark.django_db


def test_a_draft_begins_as_the_starter_and_counts_versions(work: WorkbenchClient) -> None:
    """Version 0 is the starter; what changes nothing makes no version; texts come back rendered."""
    first = work.get().json()
    assert (first["version"], first["saved_at"]) == (0, None)
    assert [cell["id"] for cell in first["cells"]][:2] == ["title", "parameters"]
    assert "The parts of a linear model" in first["cells"][0]["html"]

    same = work.put(base=0, cells=work.cells(), reason="typed").json()
    assert same["version"] == 0
    saved = work.put(base=0, cells=work.cells(title="**new**"), reason="typed").json()
    assert saved["version"] == 1
    assert "<strong>new</strong>" in saved["html"]["title"]


def test_an_older_version_is_refused_with_the_current_one(work: WorkbenchClient) -> None:
    """Two tabs: the second to save learns of the first; whichever is kept, both are in history."""
    one, two = work.cells(cell_1="one"), work.cells(cell_1="two")
    work.put(base=0, cells=one, reason="typed")

    refused = work.put(base=0, cells=two, reason="typed")
    assert refused.status_code == 409
    problem = refused.json()
    assert (problem["code"], problem["current"]["version"]) == ("conflict", 1)
    assert problem["current"]["cells"][3]["source"] == "one"

    kept = work.put(base=1, cells=two, reason="kept_mine").json()
    assert work.get(f"history/{kept['version']}/").json()["cells"][3]["source"] == "two"
    assert work.get("history/1/").json()["cells"][3]["source"] == "one"


def test_the_version_that_was_not_chosen_is_in_the_history(work: WorkbenchClient) -> None:
    """Taking the other version first keeps one's own; the draft and its version stay."""
    work.write(cell_1="theirs")

    assert work.post("history/", base=0, cells=work.cells(cell_1="mine")).status_code == 201
    versions = work.get("history/").json()["versions"]
    newest = work.get(f"history/{versions[0]['version']}/").json()
    assert newest["cells"][3]["source"] == "mine"
    assert work.get().json()["version"] == 1
    assert work.write(cell_1="next") == 3


def test_typing_is_thinned_and_all_else_is_kept(work: WorkbenchClient) -> None:
    """Of versions typed within five minutes one stays; resets and restored ones stay for good."""
    for number in range(6):
        work.write(cell_1=f"x = {number}")
    assert [one["version"] for one in work.get("history/").json()["versions"]] == [6, 1]

    DraftVersion.objects.filter(version=6).update(
        saved_at=DraftVersion.objects.get(version=1).saved_at + timedelta(minutes=6)
    )
    work.write(cell_1="later")
    assert [one["version"] for one in work.get("history/").json()["versions"]] == [7, 6, 1]

    assert work.post("reset/", base=7).json()["cells"] == work.get().json()["cells"]
    back = work.post("restore/", base=8, version=6).json()
    assert (back["version"], back["cells"][3]["source"]) == (9, "x = 5")
    labels = [one["label"] for one in work.get("history/").json()["versions"]]
    assert labels[:2] == ["Restored from the history", "Reset to the starter"]
    assert work.post("reset/", base=3).status_code == 409


def test_an_uploaded_notebook_comes_out_without_loss(work: WorkbenchClient) -> None:
    """Metadata, tags, attachments and raw cells survive edits; outputs and widgets do not."""
    picture = {"a": {"image/png": "AAAA"}}
    cells: list[dict[str, Any]] = [
        {"cell_type": "markdown", "id": "t", "metadata": {"deep": [1]}, "source": "![](a)",
         "attachments": picture},
        {"cell_type": "raw", "id": "r", "metadata": {"format": "rst"}, "source": "raw <b>"},
        {"cell_type": "code", "id": "p", "metadata": {"tags": ["parameters"], "own": True},
         "source": "rows = [0, 1]", "execution_count": 4,
         "outputs": [{"output_type": "stream", "name": "stdout", "text": "x"}]},
    ]  # fmt: skip
    facts = {"nbformat": 4, "nbformat_minor": 5, "metadata": {"widgets": {"a": 1}}, "cells": cells}
    file = SimpleUploadedFile("own.ipynb", json.dumps(facts).encode())

    answer = work.client.post(work.base + "upload/", {"base": 0, "notebook": file})
    assert answer.status_code == 200, answer.content
    assert len(answer.json()["notes"]) == 3
    assert answer.json()["cells"][1]["html"] == "<pre>raw &lt;b&gt;</pre>"
    work.write(p="rows = [2, 3]")
    out = json.loads(work.get("notebook/").content)
    assert "widgets" not in out["metadata"]
    assert out["cells"][0] == cells[0]
    assert out["cells"][1] == cells[1]
    assert out["cells"][2]["metadata"] == cells[2]["metadata"]
    assert (out["cells"][2]["source"], out["cells"][2]["outputs"]) == ("rows = [2, 3]", [])


def test_a_cell_that_comes_back_has_its_tags(work: WorkbenchClient) -> None:
    """Deleted, saved and brought back by undo, the parameters cell is still one."""
    cells = work.cells()
    work.put(base=0, cells=cells[:1] + cells[2:], reason="typed")
    work.put(base=1, cells=cells, reason="typed")

    out = json.loads(work.get("notebook/").content)
    assert out["cells"][1]["metadata"]["tags"] == ["parameters"]


@pytest.mark.parametrize(
    "body",
    [
        b"[]",
        b"{",
        b'{"base": 0, "cells": null}',
        b'{"base": true, "cells": []}',
        b'{"base": 0, "cells": [{"id": "../x", "type": "code", "source": ""}]}',
        b'{"base": 0, "cells": [{"id": "a", "type": "code", "source": 1}]}',
        b'{"base": 0, "cells": [{"id": "a", "type": "video", "source": ""}]}',
        b'{"base": 0, "cells": [{"id": "a", "type": "code", "source": "\\ud800"}]}',
        b'{"base": 0, "cells": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
        json.dumps(
            {
                "base": 0,
                "cells": [{"id": f"c{i}", "type": "code", "source": ""} for i in range(301)],
            }
        ).encode(),
    ],
)
def test_what_is_no_draft_is_refused(work: WorkbenchClient, body: bytes) -> None:
    """Each is a 400 that leaves the draft alone."""
    answer = work.client.put(work.base, body, content_type="application/json")

    assert answer.status_code == 400, answer.content
    assert work.get().json()["version"] == 0


def test_a_draft_of_two_megabytes_is_refused_before_it_is_parsed(work: WorkbenchClient) -> None:
    """413 with its code; what is there stays."""
    cells = work.cells(cell_1="x" * 2_000_000)
    answer = work.put(base=0, cells=cells, reason="typed")

    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")
    assert work.get().json()["version"] == 0


def test_a_draft_is_its_learner_s_own(work: WorkbenchClient, other: WorkbenchClient) -> None:
    """Another learner sees the starter and no history; nobody signed in sees nothing."""
    work.write(cell_1="secret")

    assert "secret" not in json.dumps(other.get().json())
    assert other.get("history/").json() == {"versions": []}
    assert other.get("history/1/").status_code == 404
    assert Client().get(work.base).status_code == 401
    assert work.client.get("/api/v1/exercises/no-such-exercise/draft/").status_code == 404


def test_a_page_of_somebody_who_has_left_saves_nothing(
    work: WorkbenchClient, other: WorkbenchClient, learner: User
) -> None:
    """The page names its learner: another's session neither reads nor writes by it."""
    page = {"X-Whybox-Person": str(learner.pk)}
    assert work.client.get(work.base, headers=page).status_code == 200
    body = {"base": 0, "cells": work.cells(cell_1="mine"), "reason": "typed"}
    facts: dict[str, Any] = {"content_type": "application/json", "headers": page}
    for answer in (
        other.client.get(other.base, headers=page),
        other.client.put(other.base, body, **facts),
        other.client.post(f"{other.base}runs/", body, **facts),
    ):
        assert (answer.status_code, answer.json()["code"]) == (403, "another_person")
    assert not Draft.objects.exists()
