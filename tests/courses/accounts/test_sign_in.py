"""Signing in: one way for everybody, limits that stop guessing and let a class in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP
from django.test import Client

from courses.accounts.demo import DEMO_ACCOUNTS, DemoAccount, create_demo_accounts
from courses.models import User

if TYPE_CHECKING:
    from django.http import HttpResponse

PASSWORD = "a good long password"
CLASS_SIZE = 120


def sign_in(email: str, password: str = PASSWORD, **where: str) -> HttpResponse:
    """Sign in with the form, from an address."""
    form = {"login": email, "password": password}
    browser: Any = Client()
    answer: HttpResponse = browser.post("/accounts/login/", form, **where)
    return answer


def signed_in(answer: HttpResponse) -> bool:
    """Say whether a form's answer leads to one's own pages."""
    return answer.status_code == 302 and answer["Location"] == "/dashboard/"


@pytest.fixture
def boss(db: None) -> User:
    """A member of staff."""
    return User.objects.create_superuser("boss@example.org", PASSWORD)


@pytest.mark.parametrize("path", ["/admin/", "/admin/login/", "/admin/courses/user/"])
def test_the_administration_has_no_door_of_its_own(boss: User, path: str) -> None:
    """Every way into the admin pages ends at the sign-in of the site, whatever is posted."""
    browser = Client()
    form = {"username": boss.email, "password": PASSWORD, "next": "/admin/"}

    for answer in (
        browser.get(path, follow=True),
        browser.post(path, form, follow=True),
    ):
        assert answer.redirect_chain[-1][0].startswith("/accounts/login/?next=")
    assert "_auth_user_id" not in browser.session


def test_staff_with_a_second_factor_are_asked_for_it(boss: User) -> None:
    """The password alone leads to the page of the second factor and opens no admin page."""
    TOTP.activate(boss, "JBSWY3DPEHPK3PXP")
    assert Authenticator.objects.filter(user=boss).exists()
    browser = Client()

    answer = browser.post(
        "/accounts/login/?next=/admin/", {"login": boss.email, "password": PASSWORD}
    )

    assert answer["Location"].startswith("/accounts/2fa/authenticate/")
    assert browser.get("/admin/").status_code == 302


def test_a_learner_is_refused_by_the_administration(learner: User) -> None:
    """Who is signed in without being staff is told so, in place of a second sign-in."""
    browser = Client()
    browser.force_login(learner)

    assert browser.get("/admin/login/").status_code == 403


def test_guessing_the_password_of_staff_is_throttled(boss: User) -> None:
    """After five wrong passwords in five minutes not even the right one is tried."""
    for number in range(5):
        sign_in(boss.email, f"wrong {number}")

    assert not signed_in(sign_in(boss.email))


def test_a_class_behind_one_address_signs_up_and_in(db: None) -> None:
    """A lecture room shares one address: everybody gets in within the same minute."""
    for number in range(CLASS_SIZE):
        form = {"email": f"learner{number}@example.org", "password1": PASSWORD}
        assert signed_in(Client().post("/accounts/signup/", form)), number  # type: ignore[arg-type]

    for number in range(CLASS_SIZE):
        assert signed_in(sign_in(f"learner{number}@example.org")), number


def test_a_class_behind_one_address_gets_tokens(db: None) -> None:
    """The same holds for the API."""
    for number in range(CLASS_SIZE):
        User.objects.create_user(f"learner{number}@example.org", PASSWORD)
    for number in range(CLASS_SIZE):
        facts = {"username": f"learner{number}@example.org", "password": PASSWORD}
        answer = Client().post("/api/v1/auth/token/", facts, content_type="application/json")
        assert answer.status_code == 200, number


def test_many_accounts_are_not_guessed_from_one_address(db: None) -> None:
    """One password tried on many accounts is stopped by the limit of the address."""
    statuses = [
        sign_in(f"nobody{number}@example.org", "summer2026").status_code for number in range(140)
    ]
    User.objects.create_user("lena@example.org", PASSWORD)

    assert statuses[0] == 200
    assert not signed_in(sign_in("lena@example.org"))
    assert signed_in(sign_in("lena@example.org", REMOTE_ADDR="198.51.100.7"))


@pytest.mark.parametrize("account", DEMO_ACCOUNTS, ids=lambda account: account.what)
@pytest.mark.parametrize(
    ("where", "opens"),
    [
        ({"REMOTE_ADDR": "127.0.0.1"}, True),
        ({"REMOTE_ADDR": "::1"}, True),
        ({"REMOTE_ADDR": "192.0.2.1"}, False),
        ({"REMOTE_ADDR": "127.0.0.1", "HTTP_X_FORWARDED_FOR": "192.0.2.1"}, False),
        ({"REMOTE_ADDR": "127.0.0.1", "HTTP_X_FORWARDED_PROTO": "https"}, False),
        ({"REMOTE_ADDR": ""}, False),
    ],
)
def test_published_passwords_open_nothing_over_the_network(
    db: None, account: DemoAccount, where: dict[str, str], *, opens: bool
) -> None:
    """A demo account signs in, and gets a token, on the machine itself only."""
    create_demo_accounts()
    email, password = account.email, account.password
    facts = {"username": email, "password": password}
    browser: Any = Client()

    answer = browser.post("/api/v1/auth/token/", facts, content_type="application/json", **where)

    assert signed_in(sign_in(email, password, **where)) is opens
    assert signed_in(sign_in(email.upper(), password, **where)) is opens
    assert answer.status_code == (200 if opens else 401)


def test_the_first_superuser_has_a_confirmed_address(boss: User) -> None:
    """The account that the command line makes can sign in where addresses must be confirmed."""
    assert EmailAddress.objects.get(user=boss).verified
