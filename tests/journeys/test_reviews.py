"""A project by clicking: a program marks it, a person reads it, the learner is told."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pytest
from playwright.sync_api import expect

from tests.journeys.answers import solution
from tests.journeys.live_site import GRADE_MILLISECONDS

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.journeys.live_site import Site, Visitor

pytestmark = pytest.mark.browser

PROJECT: Final = "project-interpretable-model"
COURSE: Final = "transparent-models"
TITLE: Final = "Project: a model that a person can follow"


def make_staff(site: Site, email: str) -> None:
    """Make a reviewer of somebody, as an operator does."""
    change = f"User.objects.filter(email={email!r}).update(is_staff=True, name='Ines Ort')"
    site.run("manage.py", "shell", "-c", f"from courses.models import User; {change}")


def test_a_project_is_read_by_a_person_and_completed_by_the_review(
    visitor: Visitor, welcome: Callable[..., Visitor], site: Site, email: str
) -> None:
    """The checks pass, the project waits, a reviewer chooses levels, and the learner reads them.

    Slow: the notebook of a project computes for several seconds, twice.
    """
    page = visitor.page
    visitor.sign_up(email)
    visitor.enrol(COURSE)
    visitor.go(f"/exercises/{PROJECT}/")
    page.get_by_text("The model, interpreted").click()
    expect(page.get_by_text("The model is fitted but not interpreted.")).to_be_visible()
    visitor.look("project", shot=False)
    visitor.submit(PROJECT, solution(PROJECT))
    expect(page.locator(".verdict--pass")).to_be_visible(timeout=GRADE_MILLISECONDS)
    expect(page.locator("#review")).to_contain_text("A reviewer will now read your project")

    reviewer = welcome()
    reviewer.sign_up(f"reviewer-{email}")
    make_staff(site, f"reviewer-{email}")
    reviewing = reviewer.page
    reviewer.go("/reviews/?page=9999")  # the last: the latest projects
    row = reviewing.get_by_role("row").filter(has_text=email)
    reviewer.follow(row.get_by_role("link", name=TITLE))
    notebook = reviewing.frame_locator("iframe.frame")
    expect(notebook.get_by_text("What it must not be used for").first).to_be_visible()

    address = reviewing.url.removeprefix(site.address)
    reviewer.expected_statuses.add(422)
    reviewer.follow(reviewing.get_by_role("button", name="Submit review"))
    expect(reviewing.get_by_role("alert")).to_be_focused()
    reviewer.go(address)
    for criterion in reviewing.locator("fieldset.question").all():
        criterion.get_by_role("radio").last.check()
    # By keyboard: one level less for the last one.
    reviewing.locator("fieldset.question").last.get_by_role("radio").last.focus()
    reviewing.keyboard.press("ArrowUp")
    reviewing.get_by_label("Comment for the learner").fill(
        "Well read. What would a new tariff change?"
    )
    reviewer.look("review")
    reviewer.follow(reviewing.get_by_role("button", name="Submit review"))
    expect(reviewing.get_by_role("status").filter(has_text="Review submitted")).to_be_visible()
    done = reviewing.get_by_role("region", name="Latest reviews")
    expect(done.get_by_role("row").filter(has_text=email)).to_contain_text("19 / 20")
    reviewer.look("reviews", shot=False)

    visitor.go(site.mailed_link(email))
    expect(page.locator("#review")).to_contain_text("accepted")
    expect(page.locator("#review")).to_contain_text("What would a new tariff change?")
    expect(page.locator("#review")).to_contain_text("Ines Ort")
    visitor.look("submission-reviewed")
    visitor.go(f"/courses/{COURSE}/")
    part = page.get_by_role("listitem").filter(has=page.get_by_role("link", name=TITLE))
    expect(part).to_contain_text("Passed")
    expect(part).to_contain_text("not required for the certificate")
