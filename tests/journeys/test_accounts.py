"""Signing up, in and out, and what stands in the way of others."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.journeys.live_site import PASSWORD

if TYPE_CHECKING:
    from tests.journeys.live_site import Visitor

pytestmark = pytest.mark.browser


def test_signing_up_asks_for_an_address_and_a_password_and_says_what_is_wrong(
    visitor: Visitor, email: str
) -> None:
    """A weak password is refused with the reason beside it, and what was typed is kept."""
    page = visitor.page
    visitor.go("/accounts/signup/")
    visitor.look("sign-up")
    page.get_by_label("Email").fill(email)
    page.get_by_label("Password").fill("12345")
    visitor.follow(page.get_by_role("main").get_by_role("button", name="Sign up"))
    expect(page.get_by_text("This password is too short")).to_be_visible()
    expect(page.get_by_label("Email")).to_have_value(email)
    expect(page.get_by_label("Password")).to_have_attribute("aria-invalid", "true")
    visitor.look("sign-up-refused", shot=False)
    page.get_by_label("Password").fill(PASSWORD)
    visitor.follow(page.get_by_role("main").get_by_role("button", name="Sign up"))
    page.wait_for_url("**/dashboard/")


def test_the_pages_of_an_account_are_as_good_as_the_rest(visitor: Visitor, email: str) -> None:
    """Each page of the account has a title, no violation, and a way to the others."""
    visitor.arrive(email)
    visitor.go("/profile/")
    visitor.look("profile")
    for name, path in {
        "email": "/accounts/email/",
        "password": "/accounts/password/change/",
        "two-step": "/accounts/2fa/",
        "sign-out": "/accounts/logout/",
    }.items():
        visitor.go(path)
        expect(visitor.page.get_by_role("heading", level=1)).to_have_count(1)
        visitor.look(f"account-{name}", shot=name == "two-step")


def test_signing_out_and_in_again_keeps_the_account(visitor: Visitor, email: str) -> None:
    """The menu signs out; the form signs in, also after a wrong password."""
    page = visitor.page
    visitor.arrive(email)
    visitor.go("/")
    page.get_by_text("Account", exact=True).click()
    visitor.follow(page.get_by_role("button", name="Sign out"))
    expect(page.get_by_role("link", name="Sign in")).to_be_visible()
    visitor.go("/accounts/login/")
    visitor.look("sign-in")
    page.get_by_label("Email").fill(email)
    page.get_by_label("Password").fill("not the password")
    visitor.follow(page.get_by_role("main").get_by_role("button", name="Sign in", exact=True))
    expect(page.get_by_role("alert").filter(has_text="not correct")).to_be_focused()
    page.get_by_label("Password").fill(PASSWORD)
    visitor.follow(page.get_by_role("main").get_by_role("button", name="Sign in", exact=True))
    page.wait_for_url("**/dashboard/")


def test_a_passkey_signs_in_without_a_password(visitor: Visitor, email: str) -> None:
    """A passkey made in the account's pages opens the site from the sign-in page."""
    page = visitor.page
    protocol = visitor.context.new_cdp_session(page)
    protocol.send("WebAuthn.enable")
    protocol.send(
        "WebAuthn.addVirtualAuthenticator",
        {
            "options": {
                "protocol": "ctap2",
                "transport": "internal",
                "hasResidentKey": True,
                "hasUserVerification": True,
                "isUserVerified": True,
                "automaticPresenceSimulation": True,
            }
        },
    )
    visitor.arrive(email)
    visitor.go(visitor.site.mailed_link(email))
    visitor.follow(page.get_by_role("main").get_by_role("button", name="Confirm"))
    expect(page.get_by_role("status").filter(has_text="confirmed")).to_be_visible()
    visitor.go("/accounts/2fa/webauthn/add/")
    page.get_by_label("Password").fill(PASSWORD)
    visitor.look("confirm-access", shot=False)
    visitor.follow(page.get_by_role("main").get_by_role("button", name="Confirm"))
    page.get_by_label("passwordless").check()
    visitor.look("passkey")
    page.get_by_role("main").get_by_role("button", name="Add").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Recovery codes")
    visitor.go("/accounts/2fa/webauthn/")
    expect(page.get_by_text("Passwordless sign-in", exact=True)).to_be_visible()
    visitor.go("/accounts/logout/")
    visitor.follow(page.get_by_role("main").get_by_role("button", name="Sign out"))
    visitor.go("/accounts/login/")
    page.get_by_role("button", name="Sign in with a passkey").click()
    page.wait_for_url("**/dashboard/")


def test_what_is_not_there_is_said_in_the_sites_own_voice(visitor: Visitor) -> None:
    """An address without a page is answered with words and a way on, the search."""
    visitor.expected_statuses.add(404)
    visitor.go("/no-such-page/")
    expect(visitor.page.get_by_role("heading", level=1)).to_have_text("We can't find this page")
    visitor.look("not-found")
    visitor.go("/courses/foundations/shap-in-10-minutes/")
    search = visitor.page.get_by_role("main").get_by_role("search")
    expect(search.get_by_role("searchbox")).to_have_value("shap in 10 minutes")
    search.get_by_role("searchbox").fill("shap in ten minutes")
    visitor.follow(search.get_by_role("button", name="Search"))
    expect(visitor.page.get_by_role("heading", name="SHAP in ten minutes").first).to_be_visible()
