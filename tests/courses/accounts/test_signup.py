"""Sign-up: open, by domain, by invitation, closed; weak and common passwords are refused."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from allauth.account.models import EmailAddress
from django.core import mail
from django.test import Client
from django.utils import timezone

from courses.accounts import signup
from courses.models import User
from tests.classes import material

if TYPE_CHECKING:
    from pytest_django.fixtures import Settings

PASSWORD = "a good long password"
ADDRESS = "/accounts/signup/"
pytestmark = pytest.mark.django_db


def sign_up(client: Client, email: str, password: str = PASSWORD) -> bool:
    """Fill in the form; whether there is an account then."""
    client.post(ADDRESS, {"email": email, "password1": password})
    return User.objects.filter(email=email).exists()


@pytest.mark.parametrize(
    ("policy", "email", "allowed"),
    [
        ("open", "a@anywhere.org", True),
        ("domain", "a@Example.EDU", True),
        ("domain", "a@anywhere.org", False),
        ("domain", "a@evil-example.edu", False),
        ("domain", "a@example.edu.evil.org", False),
        ("domain", '"a@example.edu"@evil.org', False),
        ("invitation", "a@example.edu", False),
        ("closed", "a@example.edu", False),
        ("opne", "a@example.edu", False),
        ("", "a@example.edu", False),
    ],
)
def test_who_may_sign_up_is_a_setting(
    settings: Settings, policy: str, email: str, *, allowed: bool
) -> None:
    """A value that the site doesn't know closes it."""
    settings.SIGNUP, settings.SIGNUP_DOMAINS = policy, ["example.edu"]
    client = Client()
    client.post(ADDRESS, {"email": email, "password1": PASSWORD})
    assert User.objects.exists() is allowed


@pytest.mark.parametrize("policy", ["domain", "invitation"])
def test_an_invitation_lets_its_address_and_no_other_sign_up(
    settings: Settings, policy: str
) -> None:
    """The link proves the address: it is confirmed at once."""
    settings.SIGNUP, settings.SIGNUP_DOMAINS = policy, ["example.edu"]
    settings.ACCOUNT_EMAIL_VERIFICATION = "mandatory"
    signup.invite(["guest@anywhere.org"])
    (link,) = [word for word in mail.outbox[-1].body.split() if "/invited/" in word]
    client = Client()
    assert client.get(link.removeprefix("http://localhost:8000"))["Location"].startswith(ADDRESS)

    assert not sign_up(client, "other@anywhere.org")
    assert sign_up(client, "guest@anywhere.org")
    assert EmailAddress.objects.get(email="guest@anywhere.org").verified


@pytest.mark.parametrize("days", [0, 15])
def test_a_forged_or_old_invitation_is_refused(
    settings: Settings, days: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Changed in one letter, or older than two weeks."""
    settings.SIGNUP = "invitation"
    key = signup.invitation_address("guest@anywhere.org").rstrip("/").rpartition("/")[2]
    if days:
        later = timezone.now().timestamp() + days * 86_400
        monkeypatch.setattr("django.core.signing.time.time", lambda: later)
    else:
        key = key[:-1] + ("A" if key[-1] != "A" else "B")
    client = Client()
    assert client.get(f"/invited/{key}/")["Location"].startswith("/accounts/login/")
    assert not sign_up(client, "guest@anywhere.org")


def test_an_invitation_to_a_class_is_one_to_the_site(settings: Settings) -> None:
    """Whom an instructor invites may sign up with that address."""
    settings.SIGNUP = "invitation"
    klass = material.make_class()
    member = klass.members.create(email="guest@anywhere.org", pseudonym="Otter")
    client = Client()
    answer = client.get(f"/classes/invitations/{member.invitation_key}/")
    if answer.status_code == 404:
        answer = client.get(f"/invitations/{member.invitation_key}/")
    assert answer.status_code == 302
    assert sign_up(client, "guest@anywhere.org")


def test_staff_invite_on_a_page(admin_client: Client, client: Client, learner: User) -> None:
    """Addresses are checked before any is written to; others than staff have no such page."""
    assert client.get("/staff/invitations/").status_code == 302
    client.force_login(learner)
    assert client.get("/staff/invitations/").status_code == 403

    refused = admin_client.post("/staff/invitations/", {"addresses": "a@example.org\nnonsense"})
    assert refused.status_code == 422
    assert not mail.outbox
    many = "\n".join(f"a{number}@example.org" for number in range(201))
    assert admin_client.post("/staff/invitations/", {"addresses": many}).status_code == 422
    admin_client.post("/staff/invitations/", {"addresses": "a@example.org\nb@example.org"})
    assert [one.to for one in mail.outbox] == [["a@example.org"], ["b@example.org"]]


@pytest.mark.parametrize("password", ["password", "password123", "1234567890", "iloveyou", "short"])
def test_common_and_weak_passwords_are_refused(password: str) -> None:
    """Django's list of twenty thousand common passwords, digits only, too short."""
    assert not sign_up(Client(), "lena@example.org", password)


def test_a_closed_site_still_resets_passwords(settings: Settings, learner: User) -> None:
    """The rule is about new accounts: those that exist are not locked out."""
    settings.SIGNUP, settings.SIGNUP_DOMAINS = "domain", ["example.edu"]
    EmailAddress.objects.create(user=learner, email=learner.email, verified=True, primary=True)
    Client().post("/accounts/password/reset/", {"email": learner.email})
    assert mail.outbox[-1].to == [learner.email]
