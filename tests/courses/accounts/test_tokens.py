"""API tokens: digests in the database, none for unconfirmed addresses, gone with the password."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

import pytest
from allauth.account.models import EmailAddress
from django.apps import apps
from django.core import mail
from django.core.management import call_command
from django.db import connection
from django.test import Client
from knox.models import get_token_model

from courses.accounts.tokens import MOST_TOKENS, new_token

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytest_django.fixtures import Settings

    from courses.models import User

OLD, NEW = "a good long password", "another good password"


def status(token: str) -> int:
    """Return what a private address answers to a token."""
    client = Client(headers={"Authorization": f"Token {token}"})
    return client.post("/api/v1/courses/nothing/enrolment/").status_code


def ask(user: User, password: str = OLD) -> Any:
    """Ask for a token."""
    facts = {"username": user.email, "password": password}
    return Client().post("/api/v1/auth/token/", facts, content_type="application/json")


def test_the_database_holds_no_token(learner: User) -> None:
    """No column of any table holds a token that was given out, or half of one."""
    token = new_token(learner)

    with connection.cursor() as cursor:
        rows: list[Any] = []
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")  # noqa: S608  # a table's own name
            rows += cursor.fetchall()

    assert rows
    assert token not in repr(rows)
    assert token[:20] not in repr(rows)
    assert status(token) == 404


@pytest.mark.parametrize(
    "key", ["0" * 64, "0" * 15, "", "x" * 64, "\xff" * 40, "a b", "'" * 40, "0" * 100_000]
)
def test_what_is_no_token_is_refused(db: None, key: str) -> None:
    """Whatever stands in the header, the answer is a problem document that asks for another."""
    answer = Client(headers={"Authorization": f"Token {key}"}).get("/api/v1/submissions/1/")
    answer = Client(headers={"Authorization": f"Token {key}"}).post(
        "/api/v1/courses/nothing/enrolment/"
    )

    assert answer.status_code == 401
    assert answer.json()["code"] == "authentication_failed"


def by_profile(user: User) -> None:
    """Change the password on the site."""
    browser = Client()
    browser.force_login(user)
    form = {"oldpassword": OLD, "password1": NEW, "password2": NEW}
    assert browser.post("/accounts/password/change/", form).status_code == 302


def by_mail(user: User) -> None:
    """Reset the password by the link of a mail."""
    browser = Client()
    browser.post("/accounts/password/reset/", {"email": user.email})
    (link,) = [word for word in mail.outbox[-1].body.split() if "/key/" in word]
    form = browser.get(link.removeprefix("http://localhost:8000"))
    browser.post(form["Location"], {"password1": NEW, "password2": NEW})


def by_staff(user: User) -> None:
    """Set the password on the admin pages."""
    boss = type(user).objects.create_superuser("boss@example.org", OLD)
    browser = Client()
    browser.force_login(boss)
    form = {"usable_password": "true", "password1": NEW, "password2": NEW}
    browser.post(f"/admin/courses/user/{user.pk}/password/", form)


def by_shell(user: User) -> None:
    """Set the password in a program."""
    user.set_password(NEW)
    user.save(update_fields=["password"])


@pytest.mark.parametrize("change", [by_profile, by_mail, by_staff, by_shell])
def test_a_new_password_ends_every_token(learner: User, change: Callable[[User], None]) -> None:
    """On whatever way the password is changed, who knew the old one keeps no access."""
    EmailAddress.objects.create(user=learner, email=learner.email, verified=True, primary=True)
    tokens = [new_token(learner), new_token(learner)]
    assert [status(token) for token in tokens] == [404, 404]

    change(learner)

    learner.refresh_from_db()
    assert learner.check_password(NEW)
    assert [status(token) for token in tokens] == [401, 401]


def test_signing_in_ends_no_token(learner: User) -> None:
    """Saving a user without a new password keeps the tokens."""
    token = new_token(learner)
    Client().post("/accounts/login/", {"login": learner.email, "password": OLD})
    learner.name = "Lena"
    learner.save()

    assert status(token) == 404


def test_an_unconfirmed_address_gets_no_token(learner: User, settings: Settings) -> None:
    """Where the site lets nobody sign in before confirming, the API gives no token either."""
    settings.ACCOUNT_EMAIL_VERIFICATION = "mandatory"
    address = EmailAddress.objects.create(user=learner, email=learner.email, primary=True)

    refused = ask(learner)
    assert refused.status_code == 403
    assert refused.json()["code"] == "email_unverified"
    assert ask(learner, "wrong").status_code == 401, "a wrong password learns nothing of it"

    address.verified = True
    address.save()
    assert ask(learner).status_code == 200


def test_a_token_of_an_unconfirmed_address_is_refused(learner: User, settings: Settings) -> None:
    """A token from before the site asked for confirmed addresses works once it is confirmed."""
    token = new_token(learner)
    settings.ACCOUNT_EMAIL_VERIFICATION = "mandatory"
    assert status(token) == 401

    EmailAddress.objects.create(user=learner, email=learner.email, verified=True)
    assert status(token) == 404


def test_an_account_has_a_bounded_number_of_tokens(learner: User) -> None:
    """A script that asks for a token at each run ends its own oldest ones."""
    tokens = [new_token(learner) for _ in range(MOST_TOKENS + 1)]

    assert status(tokens[0]) == 401
    assert {status(token) for token in tokens[1:]} == {404}


def test_no_page_of_the_administration_lists_tokens(admin_client: Client, learner: User) -> None:
    """Neither the index nor an address of the admin pages leads to tokens."""
    new_token(learner)

    index = admin_client.get("/admin/").content.decode().lower().replace("tokens.css", "")
    assert "token" not in index.replace("csrfmiddlewaretoken", "")
    for app in ("knox/authtoken", "authtoken/token", "authtoken/tokenproxy"):
        assert admin_client.get(f"/admin/{app}/").status_code == 404


class Editor:
    """The part of a schema editor that works inside of a test's transaction."""

    connection = connection

    def execute(self, statement: str) -> None:
        """Execute a statement."""
        with connection.cursor() as cursor:
            cursor.execute(statement)


def test_tokens_of_an_older_site_stay_valid_and_are_no_longer_readable(learner: User) -> None:
    """The migration replaces the readable tokens by their digests and deletes their table."""
    key = "0123456789abcdef0123456789abcdef01234567"
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE authtoken_token (key varchar(40), user_id bigint)")
        cursor.execute("INSERT INTO authtoken_token VALUES (%s, %s)", [key, learner.pk])
    migration = importlib.import_module("courses.migrations.0011_tokens_as_digests")

    migration.keep_digests(apps, Editor())

    assert status(key) == 404
    assert "authtoken_token" not in connection.introspection.table_names()
    assert key not in repr(list(get_token_model().objects.values_list()))


def test_the_command_that_changes_a_password_ends_tokens(
    learner: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`manage.py changepassword` is a way to change a password, too."""
    token = new_token(learner)
    monkeypatch.setattr("getpass.getpass", lambda **_prompt: NEW)
    call_command("changepassword", learner.email)

    assert status(token) == 401
