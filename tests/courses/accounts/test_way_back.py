"""Signing up leads back: to page 1 of the course that was chosen, or to where one was."""

from __future__ import annotations

import html
import re
from typing import TYPE_CHECKING

import pytest
from django.core import mail
from django.test import Client

from courses.models import Course, Enrolment, User

if TYPE_CHECKING:
    from pytest_django.fixtures import Settings

PERSON = {"email": "ann@example.org", "password1": "correct horse battery"}
FIRST_PAGE = "/courses/tiny/page-1/"


def link(page: str, label: str) -> str:
    """Return the address of the link with a label."""
    found = re.search(rf'href="([^"]+)"[^>]*>{label}<', page)
    assert found, f"no link says {label}"
    return found[1].replace("&amp;", "&")


def field(page: str, name: str) -> str:
    """Return the value of a form's hidden field."""
    found = re.search(rf'name="{name}" value="([^"]*)"', page.partition("<main")[2])
    assert found, f"no field {name}"
    return html.unescape(found[1])


def sign_up(browser: Client, address: str) -> Client:
    """Sign up with the form at an address, as a browser does."""
    page = browser.get(address).content.decode()
    form = PERSON | {"next": field(page, "next")}
    return browser.post("/accounts/signup/", form, follow=True)  # type: ignore[return-value]


def confirm(browser: Client, *, follow: bool = True) -> str:
    """Open the link of the last mail, press the button, and return where it ends."""
    (address,) = [word for word in mail.outbox[-1].body.split() if "/confirm-email/" in word]
    address = address.removeprefix("http://localhost:8000")
    page = browser.get(address).content.decode()
    form = {"next": field(page, "next")}
    action = re.search(r'action="(/accounts/confirm-email/[^"]+)"', page)
    assert action
    answer = browser.post(action[1], form, follow=follow)
    return str(answer.redirect_chain[-1][0])


def test_sign_up_to_start_enrols_and_leads_to_page_1(course: Course) -> None:
    """From the button of a course: one form, and the learner reads the first page, enrolled."""
    browser = Client()
    page = browser.get("/courses/tiny/").content.decode()

    answer = sign_up(browser, link(page, "Sign up to start"))

    assert answer.redirect_chain[-1][0] == FIRST_PAGE  # type: ignore[attr-defined]
    assert Enrolment.objects.get().course == course
    assert Enrolment.objects.get().user == User.objects.get(email=PERSON["email"])


def test_so_does_signing_in(course: Course, learner: User) -> None:
    """Who has an account already gets there by the sign-in beside it."""
    browser = Client()
    page = browser.get("/courses/tiny/").content.decode()
    address = link(page.partition("<main")[2], "Sign in")
    form = {"login": learner.email, "password": "a good long password"}
    form["next"] = field(browser.get(address).content.decode(), "next")

    answer = browser.post("/accounts/login/", form, follow=True)

    assert answer.redirect_chain[-1][0] == FIRST_PAGE
    assert Enrolment.objects.filter(user=learner, course=course).exists()


@pytest.mark.parametrize("same_browser", [True, False])
def test_confirming_the_mail_enrols_and_leads_to_page_1(
    course: Course, settings: Settings, *, same_browser: bool
) -> None:
    """Where addresses must be confirmed, the mail's link goes on with the course."""
    settings.ACCOUNT_EMAIL_VERIFICATION = "mandatory"
    browser = Client()
    page = browser.get("/courses/tiny/").content.decode()
    sign_up(browser, link(page, "Sign up to start"))
    assert not Enrolment.objects.exists()
    browser = browser if same_browser else Client()

    end = confirm(browser)

    if not same_browser:  # a phone, say: it does not know who asks
        assert end == "/accounts/login/?next=/courses/tiny/start/"
        form = {"login": PERSON["email"], "password": PERSON["password1"]}
        end = browser.post(end, form, follow=True).redirect_chain[-1][0]
    assert end == FIRST_PAGE
    assert Enrolment.objects.get().course == course


@pytest.mark.parametrize("verification", ["optional", "mandatory"])
def test_confirming_the_mail_comes_back_to_where_one_was(
    course: Course, settings: Settings, verification: str
) -> None:
    """From the menu of any page, its filters included."""
    settings.ACCOUNT_EMAIL_VERIFICATION = verification
    browser = Client()
    page = browser.get("/courses/?topic=shap&level=beginner").content.decode()
    sign_up(browser, link(page, "Sign up"))

    assert confirm(browser) == "/courses/?topic=shap&level=beginner"


def test_no_mail_leads_to_another_site(course: Course) -> None:
    """What a forged sign-up link names as the way back is left out."""
    Client().post("/accounts/signup/", PERSON | {"next": "https://evil.example/"})

    assert "evil" not in mail.outbox[-1].body


@pytest.mark.parametrize("origin", ["cross-site", "same-site"])
def test_a_link_of_another_site_enrols_nobody(course: Course, learner: User, origin: str) -> None:
    """A picture or a link elsewhere changes nothing; it shows the course."""
    browser = Client(headers={"Sec-Fetch-Site": origin})
    browser.force_login(learner)

    answer = browser.get("/courses/tiny/start/")

    assert answer["Location"] == "/courses/tiny/"
    assert not Enrolment.objects.exists()
