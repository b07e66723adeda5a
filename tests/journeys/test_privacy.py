"""What belongs to the learner: the copy, erasure, sessions, tokens; and the privacy page."""

from __future__ import annotations

import re
import zipfile
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.journeys.live_site import PASSWORD

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.journeys.live_site import Visitor

pytestmark = pytest.mark.browser
COPY_MILLISECONDS = 90_000
"""A worker that is busy, and beat, which looks once a minute for what was missed."""
SIZES = ({"width": 390, "height": 844}, {"width": 1280, "height": 860})


def look(visitor: Visitor, name: str) -> None:
    """Check a page with axe, and that it fits a phone and a desktop."""
    for size in SIZES:
        visitor.page.set_viewport_size(size)  # type: ignore[arg-type]  # a TypedDict
        assert visitor.sideways() == 0, f"{name} at {size['width']} px"
        visitor.look(f"{name}-{size['width']}")


def confirm(visitor: Visitor) -> None:
    """Type the password on the page that asks for it again."""
    page = visitor.page
    expect(page.get_by_role("heading", level=1)).to_contain_text("Confirm")
    page.get_by_label("Password").fill(PASSWORD)
    visitor.follow(page.get_by_role("main").get_by_role("button", name="Confirm"))


def test_a_copy_of_one_s_data_and_erasure(
    visitor: Visitor, email: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Asked for, confirmed, made by the worker, downloaded; then the account is erased."""
    page = visitor.page
    visitor.expected_statuses.add(422)
    visitor.arrive(email)
    visitor.go("/profile/")
    visitor.follow(page.get_by_role("main").get_by_role("link", name="Download your data"))
    look(visitor, "data")
    visitor.follow(page.get_by_role("button", name="Prepare my data"))
    confirm(visitor)
    expect(page.get_by_text("We're preparing your data")).to_be_visible()
    ready = page.get_by_role("link", name="Download", exact=True)
    for _second in range(COPY_MILLISECONDS // 1000):
        if ready.count():
            break
        page.wait_for_timeout(1000)
        visitor.go("/profile/data/")
    look(visitor, "data-ready")
    with page.expect_download() as download:
        ready.click()
    file = tmp_path_factory.mktemp("copy") / "data.zip"
    download.value.save_as(file)
    with zipfile.ZipFile(file) as archive:
        assert archive.testzip() is None
        assert email in archive.read("account/account.json").decode()

    visitor.go("/privacy/")
    look(visitor, "privacy")
    visitor.go("/profile/erase/")
    look(visitor, "erase")
    page.get_by_label("Type your email to confirm").fill("somebody@example.org")
    visitor.follow(page.get_by_role("button", name="Delete my account"))
    expect(page.get_by_text("This is not the email address of your account.")).to_be_visible()
    page.get_by_label("Type your email to confirm").fill(email)
    page.get_by_label("delete their text").check()
    visitor.follow(page.get_by_role("button", name="Delete my account"))
    expect(page.get_by_text("Your account has been deleted.")).to_be_visible()
    visitor.go("/dashboard/")
    assert "/accounts/login/" in page.url


def test_sessions_and_tokens(visitor: Visitor, welcome: Callable[..., Visitor], email: str) -> None:
    """A second browser is signed out from the first; a token is made, shown once, revoked."""
    page = visitor.page
    visitor.arrive(email)
    other = welcome(user_agent="A phone in the train")
    other.go("/accounts/login/")
    other.page.get_by_label("Email").fill(email)
    other.page.get_by_label("Password").fill(PASSWORD)
    main = other.page.get_by_role("main")
    other.follow(main.get_by_role("button", name="Sign in", exact=True))

    visitor.go("/accounts/sessions/")
    expect(page.get_by_text("A phone in the train")).to_be_visible()
    look(visitor, "sessions")
    visitor.follow(page.get_by_role("button", name="Sign out elsewhere"))
    expect(page.get_by_text("A phone in the train")).to_have_count(0)
    other.go("/dashboard/")
    assert "/accounts/login/" in other.page.url

    visitor.go("/profile/tokens/")
    page.get_by_label("Name").fill("laptop")
    visitor.follow(page.get_by_role("button", name="Generate token"))
    confirm(visitor)
    expect(page.get_by_text(re.compile("^[0-9a-f]{40}$"))).to_be_visible()
    look(visitor, "tokens")
    visitor.go("/profile/tokens/")
    expect(page.get_by_text(re.compile("^[0-9a-f]{40}$"))).to_have_count(0)
    visitor.follow(page.get_by_role("button", name="Revoke laptop"))
    expect(page.get_by_text("Your token has been revoked.")).to_be_visible()
    expect(page.get_by_role("heading", name="No tokens")).to_be_visible()
