"""A worker that is killed while a page waits: nothing is lost, and the page says so."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.journeys.answers import solution
from tests.journeys.live_site import GRADE_MILLISECONDS, TREESHAP

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.journeys.live_site import Site, Visitor

pytestmark = pytest.mark.browser
REQUEUE_MILLISECONDS = 60_000
"""More than the lease of a submission (20 s) and the round of the search for stale ones (10 s)."""


@pytest.fixture
def worker(site: Site) -> Iterator[Site]:
    """Give the site, and see that it has a worker again whatever happened."""
    yield site
    site.ensure("worker")


@pytest.fixture
def slow(tmp_path: Path) -> Path:
    """Write the solution with a pause at its end: a run that one can come in the middle of."""
    notebook = json.loads(solution(TREESHAP).read_text())
    last = next(cell for cell in reversed(notebook["cells"]) if cell["cell_type"] == "code")
    pause = {"id": "pause", "source": "import time; time.sleep(6)", "outputs": []}
    notebook["cells"].append(last | pause)
    file = tmp_path / "slow.ipynb"
    file.write_text(json.dumps(notebook))
    return file


def test_a_submission_outlives_the_worker_that_ran_it(
    worker: Site, visitor: Visitor, email: str, slow: Path
) -> None:
    """The worker dies in the middle of a run; another one grades the same submission.

    Slow: the lease of the dead worker must expire, and a new one boots its sandbox.
    """
    page = visitor.page
    visitor.arrive(email)
    visitor.submit(TREESHAP, slow)
    expect(page.locator(".steps .is-done")).not_to_have_count(0, timeout=GRADE_MILLISECONDS)
    worker.kill("worker")
    expect(page.locator("#verdict-title")).to_have_count(0)
    worker.start("worker")
    expect(page.locator(".verdict--pass")).to_be_visible(
        timeout=REQUEUE_MILLISECONDS + GRADE_MILLISECONDS
    )


def test_a_page_says_that_no_worker_is_there_and_goes_on_when_one_comes(
    worker: Site, visitor: Visitor, email: str
) -> None:
    """Without any worker the submission is kept; the status page says what is wrong.

    Slow: the worker must count as gone before the page says so, and a new one boots its sandbox.
    """
    page = visitor.page
    visitor.arrive(email)
    worker.kill("worker")
    visitor.submit(TREESHAP, solution(TREESHAP))
    expect(page.get_by_text("No worker is available")).to_be_visible(timeout=60_000)
    visitor.look("submission-no-worker")
    visitor.go("/status/")
    expect(page.get_by_role("heading", name="Submissions are waiting")).to_be_visible()
    visitor.look("status-no-worker")
    page.go_back()
    worker.start("worker")
    expect(page.locator(".verdict--pass")).to_be_visible(
        timeout=REQUEUE_MILLISECONDS + GRADE_MILLISECONDS
    )
    visitor.go("/status/")
    expect(page.get_by_text("Grading is running.")).to_be_visible(timeout=30_000)
    visitor.look("status")
