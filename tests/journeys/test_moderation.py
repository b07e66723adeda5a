"""Moderation by clicking: asked, answered, reported, hidden, warned, edited, shown again."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.journeys.answers import LESSON

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.journeys.live_site import Visitor

pytestmark = pytest.mark.browser

PHONE = {"width": 390, "height": 800}


def look_on_both(visitor: Visitor, name: str, *, shot: bool = True) -> None:
    """Check a page on a desktop and on a phone, where it must not overflow."""
    wide = visitor.page.viewport_size
    assert wide is not None
    visitor.look(name, shot=shot)
    visitor.page.set_viewport_size(PHONE)  # type: ignore[arg-type]  # width and height
    assert visitor.sideways() <= 0, name
    visitor.look(f"{name}-phone", shot=False)
    visitor.page.set_viewport_size(wide)


def see_it_hidden(lena: Visitor, hans: Visitor, thread: str) -> None:
    """Others see nothing of it; its author reads why, and edits it."""
    hans.go(thread)
    expect(hans.page.get_by_text("okapis")).to_have_count(0)
    look_on_both(hans, "question-hidden", shot=False)
    lena.go("/dashboard/")
    lena.follow(lena.page.get_by_role("link", name="You have a message from the moderators"))
    look_on_both(lena, "notices")
    lena.follow(lena.page.get_by_role("button", name="I have read this"))
    lena.follow(lena.page.get_by_role("link", name="Where do I buy okapis?").first)
    expect(lena.page.get_by_text("An advertisement. Ask about the lesson")).to_be_visible()
    look_on_both(lena, "question-hidden-own")
    lena.follow(lena.page.get_by_role("link", name="Edit"))
    look_on_both(lena, "post-edit", shot=False)
    lena.page.get_by_label("Title").fill("What is a base value?")
    lena.page.get_by_label("Your text").fill("I mean the mean prediction.")
    lena.follow(lena.page.get_by_role("button", name="Save"))
    expect(lena.page.get_by_text("edited", exact=True)).to_be_visible()


def test_a_reported_post_is_hidden_with_a_reason_and_shown_again(
    welcome: Callable[..., Visitor], email: str
) -> None:
    """Learner, reporter and moderator each see what concerns them, at 1280 and 390 pixels."""
    lena, hans, mo = welcome(), welcome(), welcome()
    lena.arrive(email)
    lena.go(f"{LESSON}discussion/")
    lena.page.get_by_label("Title").fill("Where do I buy okapis?")
    lena.page.get_by_label("Your text").fill("Cheap okapis, write to me.")
    lena.follow(lena.page.get_by_role("button", name="Post question"))
    thread = lena.page.url.removeprefix(lena.site.address)

    hans.arrive(f"hans-{email}")
    hans.go(thread)
    hans.follow(hans.page.get_by_role("button", name="Follow: email me the answers"))
    hans.page.get_by_text("Report", exact=True).click()
    hans.page.get_by_label("Reason").fill("It is an advertisement.")
    hans.follow(hans.page.get_by_role("button", name="Report to moderators"))
    expect(hans.page.get_by_text("A moderator will review it.")).to_be_visible()

    mo.arrive(f"mo-{email}")
    mo.site.run("manage.py", "set_roles", f"mo-{email}", "moderator", "instructor")
    mo.go("/dashboard/")
    mo.page.get_by_text("Account", exact=True).click()
    mo.follow(mo.page.get_by_role("link", name="Questions and reports"))
    expect(mo.page.get_by_text("It is an advertisement.")).to_be_visible()
    look_on_both(mo, "moderation-inbox")
    mo.follow(mo.page.get_by_role("link", name="Where do I buy okapis?").first)
    page = mo.page
    page.get_by_label("Reason").fill("An advertisement. Ask about the lesson, please.")
    mo.follow(page.get_by_role("button", name="Hide this post"))
    page.get_by_label("Message").fill("Please keep to the lesson here.")
    mo.follow(page.get_by_role("button", name="Send warning"))
    look_on_both(mo, "moderation-post")
    post = page.url.removeprefix(mo.site.address)

    see_it_hidden(lena, hans, thread)
    mo.go("/moderation/")
    expect(page.get_by_role("heading", name="Hidden, then edited")).to_be_visible()
    mo.go(post)
    mo.follow(page.get_by_role("link", name="edited 1 time"))
    look_on_both(mo, "post-history", shot=False)
    mo.go(post)
    mo.follow(page.get_by_role("button", name="Show this post again"))
    mo.follow(page.get_by_role("button", name="Close the thread"))
    mo.go("/moderation/changes/")
    look_on_both(mo, "moderation-changes", shot=False)
    hans.go(thread)
    expect(hans.page.get_by_text("This thread is closed.")).to_be_visible()
    look_on_both(hans, "question-closed", shot=False)


def test_roles_and_the_admin_site_by_clicking(welcome: Callable[..., Visitor], email: str) -> None:
    """A superuser gives a role; the admin site is the site's own, at 1280 and 390 pixels."""
    root = welcome()
    root.arrive(email)
    change = f"User.objects.filter(email={email!r}).update(is_staff=True, is_superuser=True)"
    root.site.run("manage.py", "shell", "-c", f"from courses.models import User; {change}")
    root.go("/roles/")
    root.page.get_by_label("Email address of the account").fill(email)
    root.page.get_by_label("author").check()
    root.follow(root.page.get_by_role("button", name="Save"))
    look_on_both(root, "roles")
    root.go("/admin/")
    expect(root.page.get_by_role("link", name="Back to the site")).to_be_visible()
    root.keep("admin")
    root.go("/admin/exercises/submission/")
    expect(root.page.get_by_role("heading", name="Select submission to view")).to_be_visible()
    root.go("/admin/courses/post/")
    root.page.set_viewport_size(PHONE)  # type: ignore[arg-type]  # width and height
    assert root.sideways() <= 0
    header = root.page.locator("#header")
    assert header.evaluate("it => it.getBoundingClientRect().height") < 80  # one line
    expect(header.get_by_role("link", name="Back to the site")).to_be_hidden()
    header.get_by_role("button", name="Menu").click()
    root.keep("admin-menu")
    root.follow(header.get_by_role("link", name="Back to the site"))
