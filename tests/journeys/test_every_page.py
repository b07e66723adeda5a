"""Each page that no other journey comes through is as good as the rest: axe, in both themes."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.journeys.answers import LESSON
from tests.journeys.live_site import PASSWORD

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.journeys.live_site import Visitor

pytestmark = pytest.mark.browser


def test_what_a_learner_keeps_has_no_violation(visitor: Visitor, email: str) -> None:
    """Bookmark and note, before and after; the dashboard and the path."""
    page = visitor.page
    visitor.arrive(email)
    visitor.go("/kept/")
    visitor.look("kept-empty", shot=False)
    visitor.go(LESSON)
    visitor.follow(page.get_by_role("button", name="Bookmark"))
    page.get_by_text("My note", exact=True).click()
    page.get_by_label("Only you can see it.").fill("Ask what the model was not shown.")
    visitor.follow(page.get_by_role("button", name="Save note"))
    expect(page.get_by_label("Only you can see it.")).to_have_value(
        "Ask what the model was not shown."
    )
    page.get_by_text("Share this page").click()
    visitor.look("lesson-kept", shot=False)
    visitor.go("/dashboard/")
    expect(page.get_by_role("heading", name="Bookmarks")).to_be_visible()
    visitor.look("dashboard-with-a-bookmark", shot=False)
    visitor.follow(page.get_by_role("link", name="All bookmarks and notes"))
    visitor.look("kept")
    visitor.go("/paths/interpretability/")
    visitor.look("path")
    visitor.go("/profile/erase/")
    visitor.look("confirm-password", shot=False)


def test_a_discussion_has_no_violation(
    visitor: Visitor, welcome: Callable[..., Visitor], email: str
) -> None:
    """Empty, refused, asked, answered, accepted, reported, deleted and restored."""
    page = visitor.page
    visitor.expected_statuses.add(422)
    visitor.arrive(email)
    visitor.go(f"{LESSON}discussion/")
    visitor.look("discussion-empty", shot=False)
    page.get_by_label("Title").fill("Why a baseline?")
    page.get_by_label("Your text").fill("What does $\\nosuch$ mean?")
    visitor.follow(page.get_by_role("button", name="Post question"))
    expect(page.get_by_label("Title")).to_have_value("Why a baseline?")
    visitor.look("discussion-refused", shot=False)
    page.get_by_label("Your text").fill("What does $f(x)$ minus `base_value` mean?")
    visitor.follow(page.get_by_role("button", name="Post question"))
    thread = page.url.removeprefix(visitor.site.address)

    other = welcome()
    other.arrive(f"other-{email}")
    other.go(thread)
    other.page.get_by_label("Your text").fill("The sum of all *contributions*.")
    other.page.get_by_label("Contains spoilers").check()
    other.follow(other.page.get_by_role("button", name="Post answer"))
    other.page.get_by_text("Report", exact=True).click()
    other.look("question-report", shot=False)
    other.follow(other.page.get_by_role("button", name="Delete"))
    other.look("question-answer-deleted", shot=False)
    other.follow(other.page.get_by_role("button", name="Restore"))

    visitor.go(thread)
    expect(page.get_by_text("You can read it once you've passed.")).to_be_visible()
    visitor.follow(page.get_by_role("button", name="Mark as answer"))
    visitor.look("question")
    visitor.go(f"{LESSON}discussion/")
    visitor.look("discussion")


def test_what_is_found_and_what_is_not_have_no_violation(visitor: Visitor) -> None:
    """Results of a search, no result, and filters that nothing fits."""
    page = visitor.page
    visitor.go("/courses/")
    page.get_by_label("Search").fill("baseline")
    visitor.follow(page.get_by_role("button", name="Search"))
    expect(page.locator("mark").first).to_be_visible()
    visitor.look("search")
    kinds = page.get_by_role("navigation", name="Show only")
    visitor.follow(kinds.get_by_role("link", name="Concepts"))
    expect(kinds.locator("[aria-current]")).to_have_text("Concepts")
    expect(page.locator(".hit[data-kind=term]").first).to_be_visible()
    expect(page.locator(".hit:not([data-kind=term])")).to_have_count(0)
    visitor.go("/courses/?q=xyzzy")
    expect(page.get_by_role("heading", name="No results")).to_be_visible()
    visitor.look("search-nothing", shot=False)
    visitor.go("/courses/?topic=none")
    visitor.look("filter-nothing", shot=False)


def test_a_forgotten_password_is_replaced_without_a_violation(visitor: Visitor, email: str) -> None:
    """Ask, follow the mailed link, choose, sign in; the link works once."""
    page = visitor.page
    visitor.arrive(email)
    confirm = visitor.site.mailed_link(email)
    visitor.go(confirm)
    visitor.look("confirm-address", shot=False)
    visitor.go("/accounts/logout/")
    visitor.follow(page.get_by_role("main").get_by_role("button", name="Sign out"))
    visitor.go("/accounts/password/reset/")
    page.get_by_label("Email").fill(email)
    visitor.follow(page.get_by_role("button", name="Send reset link"))
    visitor.look("password-link-sent", shot=False)
    link = visitor.site.mailed_link(email)
    visitor.go(link)
    page.get_by_label("New password", exact=True).fill(PASSWORD + "-new")
    again = page.get_by_label("New password (again)")
    if again.count():
        again.fill(PASSWORD + "-new")
    visitor.look("password-new", shot=False)
    visitor.follow(page.get_by_role("button", name="Change password"))
    visitor.look("password-changed", shot=False)
    visitor.go(link)
    visitor.look("password-link-used", shot=False)
    visitor.go("/accounts/confirm-email/no-such-key/")
    visitor.look("confirm-wrong-link", shot=False)
    visitor.go("/accounts/confirm-email/")
    visitor.look("confirm-sent", shot=False)


def test_what_goes_wrong_is_said_without_a_violation(
    visitor: Visitor, welcome: Callable[..., Visitor], email: str
) -> None:
    """Not allowed, not understood, an old form, a fault of ours: each in the site's own voice."""
    page = visitor.page
    visitor.expected_statuses.update({400, 403})
    visitor.arrive(email)
    visitor.go("/reviews/")
    expect(page.get_by_role("heading", level=1)).to_have_text("You don't have access to this page")
    visitor.look("not-allowed", shot=False)
    visitor.go("/profile/")
    page.locator("input[name=csrfmiddlewaretoken]").evaluate_all(
        "fields => fields.forEach((field) => { field.value = 'a'.repeat(64); })"
    )
    visitor.follow(page.get_by_role("button", name="Save"))
    expect(page.get_by_role("heading", level=1)).to_have_text("This form has expired")
    visitor.look("form-too-old", shot=False)
    visitor.go("/profile/")
    page.locator("main form").first.evaluate(
        "form => form.insertAdjacentHTML('beforeend', '<input type=hidden name=x>'.repeat(1100))"
    )
    visitor.follow(page.get_by_role("button", name="Save"))
    expect(page.get_by_role("heading", level=1)).to_have_text("We couldn't understand this request")
    visitor.look("not-understood", shot=False)
    other = welcome(service_workers="block")
    other.show("500.html")
    expect(other.page.get_by_role("heading", level=1)).to_have_text(
        re.compile("Something went wrong")
    )
    other.look("broken", shot=False)


def test_the_style_guide_has_no_violation(welcome: Callable[..., Visitor]) -> None:
    """What pages are copied from is right itself."""
    visitor = welcome(service_workers="block")
    visitor.show("styleguide.html")
    expect(visitor.page.get_by_role("heading", level=1).first).to_be_visible()
    visitor.look("styleguide", shot=False)
