"""The notebook in an exercise's page without JavaScript, and what visitors get of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from django.test import Client
from django.urls import reverse

from exercises.models import RunWorker, Submission
from tests.exercises.worker_process import SLUG

if TYPE_CHECKING:
    from courses.models import User
    from exercises.models import Exercise

pytestmark = pytest.mark.django_db
PAGE = f"/exercises/{SLUG}/"


@pytest.fixture
def browser(learner: User, exercise: Exercise) -> Client:
    """A learner's browser."""
    client = Client()
    client.force_login(learner)
    return client


def _send(browser: Client, **fields: str) -> str:
    """Send the form and return the page that follows."""
    answer = browser.post(reverse("exercises:notebook", args=[SLUG]), fields, follow=True)
    return answer.content.decode()


def test_saving_keeps_cells_without_a_field(browser: Client) -> None:
    """What the form holds is saved, with line ends as Python has them; the rest stays."""
    page = _send(browser, base="0", action="save", **{"source-cell-1": "a = 1\r\nb = 2"})

    assert "Saved." in page
    cells = browser.get(f"/api/v1/exercises/{SLUG}/draft/").json()["cells"]
    assert cells[3]["source"] == "a = 1\nb = 2"
    assert cells[1]["source"] == "rows = [0, 1]"


def test_a_form_of_an_older_version_is_kept_in_the_history(browser: Client) -> None:
    """The page says so; the draft is the newer one."""
    _send(browser, base="0", action="save", **{"source-cell-1": "newer"})
    page = _send(browser, base="0", action="save", **{"source-cell-1": "older"})

    assert "kept in the history" in page
    base = f"/api/v1/exercises/{SLUG}/draft/"
    assert browser.get(base).json()["cells"][3]["source"] == "newer"
    assert browser.get(base + "history/2/").json()["cells"][3]["source"] == "older"


def test_running_without_a_worker_and_what_is_refused_are_said(browser: Client) -> None:
    """As a message on the page; the work is saved."""
    RunWorker.objects.all().delete()
    assert "Runs are not available" in _send(browser, base="0", action="run")
    assert "input() waits" in _send(
        browser, base="0", run="cell-1", **{"source-cell-1": "x = input()"}
    )


def test_submitting_leads_to_the_submission(browser: Client) -> None:
    """What the form holds is submitted."""
    fields = {"base": "0", "action": "submit", "source-cell-1": "phi = 1"}
    answer = browser.post(reverse("exercises:notebook", args=[SLUG]), fields)

    assert answer.headers["Location"] == Submission.objects.get().get_absolute_url()


def test_a_visitor_gets_no_notebook(exercise: Exercise) -> None:
    """No editor, no script of it, and no draft: the task, the starter and the way to sign in."""
    visitor = Client()
    page = visitor.get(PAGE).content.decode()

    assert "data-workbench" not in page
    assert "js/workbench" not in page
    assert visitor.post(reverse("exercises:notebook", args=[SLUG])).status_code == 302


def test_the_page_allows_the_editor_s_styles_by_its_nonce(browser: Client) -> None:
    """The same nonce stands in the policy and at the script; nothing inline is allowed."""
    answer = browser.get(PAGE)
    policy = answer["Content-Security-Policy"]
    styles = next(part for part in policy.split("; ") if part.startswith("style-src"))

    assert "'nonce-" in styles
    assert "unsafe" not in policy
