"""A learner who works on a notebook through the API that the page uses."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from django.test import Client

from tests.exercises.worker_process import SLUG, TIMEOUT_SECONDS

if TYPE_CHECKING:
    from courses.models import User


class WorkbenchClient:
    """Asks as the page's script does; `cells` are those that it would send."""

    def __init__(self, user: User, *, slug: str = SLUG) -> None:
        self.client = Client()
        self.client.force_login(user)
        self.base = f"/api/v1/exercises/{slug}/draft/"

    def get(self, path: str = "") -> Any:
        """Return the answer to a GET."""
        return self.client.get(self.base + path)

    def post(self, path: str, **body: Any) -> Any:
        """Return the answer to a POST."""
        return self.client.post(self.base + path, body, content_type="application/json")

    def put(self, **body: Any) -> Any:
        """Return the answer to saving."""
        return self.client.put(self.base, body, content_type="application/json")

    def cells(self, **sources: str) -> list[dict[str, str]]:
        """Return the draft's cells with other sources by id; ``-`` is written ``_``."""
        new = {name.replace("_", "-"): source for name, source in sources.items()}
        return [
            {
                "id": cell["id"],
                "type": cell["type"],
                "source": new.get(cell["id"], cell["source"]),
            }
            for cell in self.get().json()["cells"]
        ]

    def write(self, **sources: str) -> int:
        """Save other sources; return the version."""
        version = self.get().json()["version"]
        answer = self.put(base=version, cells=self.cells(**sources), reason="typed")
        assert answer.status_code == 200, answer.content
        saved: int = answer.json()["version"]
        return saved

    def run(self, until: str | None = None, **sources: str) -> dict[str, Any]:
        """Save and run; return the run when it has ended, with all of its events."""
        version = self.get().json()["version"]
        cells = self.cells(**sources) if sources else None
        answer = self.post("runs/", base=version, cells=cells, until=until)
        assert answer.status_code == 202, answer.content
        return self.watch(answer.json())

    def watch(self, told: dict[str, Any]) -> dict[str, Any]:
        """Ask for a run's events until it has ended."""
        events = list(told["events"])
        deadline = time.monotonic() + TIMEOUT_SECONDS
        while told["state"] in ("queued", "running"):
            assert time.monotonic() < deadline, told
            time.sleep(told["poll_ms"] / 1000)
            told = self.get(f"runs/{told['id']}/?after={told['cursor']}").json()
            events += told["events"]
        return {**told, "events": events}


def outputs(run: dict[str, Any], cell: str) -> list[dict[str, Any]]:
    """Return what a cell shows once a run has ended; the pieces of a stream are one."""
    shown: list[dict[str, Any]] = []
    for event in run["events"]:
        if event["cell"] != cell:
            continue
        if event["kind"] == "output":
            output = event["output"]
            if shown and output["type"] == "stream" and shown[-1].get("name") == output["name"]:
                shown[-1] = {**output, "text": shown[-1]["text"] + output["text"]}
            else:
                shown.append(output)
        elif event["state"] == "running":
            shown = []
    return shown
