"""Sessions and tokens: listed, ended elsewhere; named, shown once, expiring, revoked."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.test import Client
from django.utils import timezone
from knox.models import get_token_model

from courses.accounts.browsers import browser_name
from courses.accounts.tokens import MOST_TOKENS, new_token, tokens_of
from courses.models import TokenName, User

if TYPE_CHECKING:
    from pytest_django.fixtures import Settings

PASSWORD = "a good long password"
TOKENS = "/profile/tokens/"


def sign_in(user: User, browser: str) -> Client:
    """Sign in with the form."""
    client = Client(headers={"User-Agent": browser})
    answer = client.post("/accounts/login/", {"login": user.email, "password": PASSWORD})
    assert answer.status_code == 302
    return client


def confirmed(user: User) -> Client:
    """Return a browser in which the password was typed a moment ago."""
    client = Client()
    client.force_login(user)
    client.post("/accounts/reauthenticate/", {"password": PASSWORD})
    return client


def status(token: str) -> int:
    """Return what a private address answers to a token: 404 when the token is let in."""
    client = Client(headers={"Authorization": f"Token {token}"})
    return client.post("/api/v1/courses/nothing/enrolment/").status_code


def test_sessions_are_listed_and_ended_elsewhere(learner: User) -> None:
    """The page names each browser; signing out elsewhere ends all sessions but this one."""
    here, there = sign_in(learner, "Firefox of Lena"), sign_in(learner, "Phone of Lena")
    page = here.get("/accounts/sessions/").content.decode()
    assert page.count("of Lena") == 2
    assert page.count("This session") == 1
    assert there.get("/dashboard/").status_code == 200

    assert here.post("/accounts/sessions/").status_code == 302

    assert here.get("/dashboard/").status_code == 200
    assert there.get("/dashboard/").status_code == 302
    assert Session.objects.count() == UserSession.objects.count() == 1
    assert "nowhere else" in here.get("/accounts/sessions/").content.decode()


def test_nobody_sees_or_ends_the_sessions_of_others(learner: User) -> None:
    """Each sees and ends their own sessions only."""
    other = User.objects.create_user("other@example.org", PASSWORD)
    mine, theirs = sign_in(learner, "Firefox of Lena"), sign_in(other, "Phone of Otto")
    assert "Phone of Otto" not in mine.get("/accounts/sessions/").content.decode()
    mine.post("/accounts/sessions/")
    assert theirs.get("/dashboard/").status_code == 200


def make(client: Client, name: str, days: int = 90) -> str:
    """Make a token on the page and return it as shown."""
    page = client.post(TOKENS, {"make": "1", "name": name, "days": days}, follow=True)
    found = re.search(r"<code class=\"digest\">([0-9a-f]{40})</code>", page.content.decode())
    assert found, page.content.decode()
    return found.group(1)


def test_tokens_are_named_shown_once_and_revoked_one_by_one(learner: User) -> None:
    """Several work side by side; the page shows a new one once; revoking one leaves the others."""
    client = confirmed(learner)
    first, second = make(client, "laptop"), make(client, "cluster", 30)
    page = client.get(TOKENS).content.decode()

    assert (status(first), status(second)) == (404, 404)
    assert first not in page
    assert second not in page
    assert page.index("cluster") < page.index("laptop")
    assert first not in repr(list(get_token_model().objects.values_list()))
    assert first not in repr([one.get_decoded() for one in Session.objects.all()])

    row = TokenName.objects.get(name="laptop")
    client.post(TOKENS, {"revoke": row.pk})
    assert (status(first), status(second)) == (401, 404)


def test_a_token_expires_when_the_page_says(learner: User, settings: Settings) -> None:
    """The chosen days are kept; tokens of the API get those of the setting; 0 has no end."""
    client = confirmed(learner)
    token = make(client, "short", 30)
    row = get_token_model().objects.get()
    assert timedelta(days=29) < row.expiry - timezone.now() <= timedelta(days=30)
    get_token_model().objects.update(expiry=timezone.now() - timedelta(seconds=1))
    assert status(token) == 401
    assert not tokens_of(learner).exists()

    settings.TOKEN_DAYS = 7
    new_token(learner)
    assert get_token_model().objects.latest("created").expiry < timezone.now() + timedelta(days=8)
    settings.TOKEN_DAYS = 0
    new_token(learner)
    assert get_token_model().objects.latest("created").expiry is None


def test_making_a_token_needs_the_password_again(learner: User) -> None:
    """A session that was left open makes no token; it may revoke none either."""
    client = Client()
    client.force_login(learner)
    answer = client.post(TOKENS, {"make": "1", "name": "x", "days": "90"})
    assert answer["Location"].startswith("/accounts/reauthenticate/")
    assert not get_token_model().objects.exists()


def test_nobody_revokes_the_tokens_of_others(learner: User) -> None:
    """The key in the form is looked for among one's own."""
    other = User.objects.create_user("other@example.org", PASSWORD)
    token = new_token(other, name="theirs")
    client = confirmed(learner)
    for key in (str(TokenName.objects.get().pk), "x", "9" * 40, ""):
        assert client.post(TOKENS, {"revoke": key}).status_code == 302
    assert status(token) == 404


def test_the_page_makes_no_more_tokens_than_allowed(learner: User) -> None:
    """It says so, and ends none of those that work."""
    tokens = [new_token(learner) for _number in range(MOST_TOKENS)]
    client = confirmed(learner)
    answer = client.post(TOKENS, {"make": "1", "name": "one more", "days": "90"})
    assert answer.status_code == 422
    assert "Revoke one first" in answer.content.decode()
    assert {status(token) for token in tokens} == {404}


@pytest.mark.parametrize(
    ("address", "form"),
    [
        ("/accounts/email/", {"action_add": "", "email": "new@example.org"}),
        ("/accounts/2fa/totp/activate/", {"code": "123456"}),
    ],
)
def test_changing_how_one_signs_in_needs_the_password_again(
    learner: User, address: str, form: dict[str, str]
) -> None:
    """A session that was left open adds neither an address nor a second factor."""
    client = Client()
    client.force_login(learner)
    answer = client.post(address, form)
    assert answer.status_code == 302
    assert answer["Location"].startswith("/accounts/reauthenticate/")


@pytest.mark.parametrize(
    ("user_agent", "name"),
    [
        (
            "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Firefox/140.0",
            "Firefox, Linux",
        ),
        ("Mozilla/5.0 (Windows NT 10.0) Chrome/150.0 Safari/537.36 Edg/150.0", "Edge, Windows"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) Safari/604.1", "Safari, iPhone"),
        ("curl/8.14", ""),
    ],
)
def test_browsers_have_the_names_that_people_know(user_agent: str, name: str) -> None:
    """The list of sessions says which browser it is; what it sent stands below."""
    assert browser_name(user_agent) == name
