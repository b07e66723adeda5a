"""The product's one sentence, by clicking: from signing up to a certificate."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.journeys.answers import COURSE, answer_quiz, course_facts, lesson_slug, solution
from tests.journeys.live_site import GRADE_MILLISECONDS

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.journeys.live_site import Visitor

pytestmark = pytest.mark.browser
VERDICT = "#verdict-title"
PICTURED = {"01-why-explain": "lesson-text", "07-shap-in-ten-minutes": "lesson"}
"""Lessons whose pictures are kept, and under which names."""


def submit(visitor: Visitor, exercise: str) -> None:
    """Hand a right notebook in, watch it, and read the verdict."""
    page = visitor.page
    visitor.look(f"exercise-{exercise}")
    visitor.submit(exercise, solution(exercise))
    visitor.keep(f"submission-waiting-{exercise}")
    expect(page.locator(VERDICT)).to_be_visible(timeout=GRADE_MILLISECONDS)
    expect(page.locator(".verdict--pass")).to_be_visible()
    visitor.look(f"submission-passed-{exercise}")


def read_and_answer(visitor: Visitor, folder: str) -> None:
    """Read a lesson to its end and answer its quiz."""
    page = visitor.page
    visitor.look(PICTURED.get(folder, f"lesson-{folder}"), shot=folder in PICTURED)
    quiz = page.locator("#quiz")
    answer_quiz(quiz, folder)
    verdict = page.get_by_role("heading", name="You are right! Congratulations")
    expect(verdict).to_be_visible()
    expect(page.locator("#quiz .verdict")).to_be_focused()
    visitor.look(f"quiz-passed-{folder}", shot=folder in PICTURED, within="#quiz")
    way_on = page.get_by_role("button", name="Mark complete")
    visitor.follow(way_on if way_on.count() else page.locator("a[rel=next]"))


def test_from_signing_up_to_a_certificate_that_a_stranger_can_check(
    visitor: Visitor, welcome: Callable[..., Visitor], email: str
) -> None:
    """A learner signs up, starts the course, completes every part, and gets the certificate.

    Slow: every page of a course, checked in both themes; no shorter route reaches a certificate.
    """
    page = visitor.page
    facts = course_facts()
    visitor.go("/")
    visitor.look("home")
    visitor.follow(page.get_by_role("link", name="Sign up").first)
    visitor.sign_up(email)
    visitor.look("dashboard-empty")
    visitor.go("/profile/")
    page.get_by_label("Name", exact=False).first.fill("Ada Učená")
    visitor.follow(page.get_by_role("button", name="Save"))
    expect(page.get_by_role("status").filter(has_text="aved")).to_be_visible()

    visitor.follow(page.get_by_role("navigation", name="Main").get_by_role("link", name="Courses"))
    visitor.look("catalogue")
    visitor.follow(page.get_by_role("main").get_by_role("link", name=facts["title"]))
    visitor.look("course")
    visitor.follow(page.get_by_role("button", name="Start course"))

    for part in facts["parts"]:
        if "exercise" in part:
            page.wait_for_url(f"**/exercises/{part['exercise']}/")
            submit(visitor, part["exercise"])
            visitor.follow(page.get_by_role("link", name="Next:"))
        else:
            page.wait_for_url(f"**/courses/{COURSE}/{lesson_slug(part['lesson'])}/")
            read_and_answer(visitor, part["lesson"])

    visitor.go("/dashboard/")
    visitor.look("dashboard")
    visitor.follow(page.get_by_role("region", name="Your certificates").get_by_role("link"))
    visitor.follow(page.get_by_role("button", name="Show “Ada Učená”"))
    expect(page.get_by_role("article")).to_contain_text("Ada Učená")
    visitor.look("certificate")
    stranger = welcome()
    stranger.go(page.url.removeprefix(visitor.site.address))
    expect(stranger.page.get_by_text(facts["title"]).first).to_be_visible()
    stranger.look("certificate-public")
    address = stranger.page.get_by_role("link", name="PDF").get_attribute("href")
    answer = stranger.context.request.get(f"{visitor.site.address}{address}")
    assert answer.headers["content-type"] == "application/pdf"
    assert answer.body().startswith(b"%PDF-")
