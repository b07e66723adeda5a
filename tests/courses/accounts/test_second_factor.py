"""Staff need a second factor where the setting says so; they reach its set-up and nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from allauth.mfa.models import Authenticator
from django.test import Client

from config.environment import env
from courses.accounts.tokens import new_token
from courses.models import User

if TYPE_CHECKING:
    from pytest_django.fixtures import Settings

PRIVATE = ("/", "/dashboard/", "/admin/", "/reviews/", "/profile/", "/staff/changes/")


@pytest.fixture
def staff(settings: Settings, db: None) -> User:
    """A member of staff of a site that asks for a second factor."""
    settings.STAFF_SECOND_FACTOR = True
    return User.objects.create_superuser("boss@example.org", "a good long password")


@pytest.mark.parametrize("address", PRIVATE)
def test_staff_without_one_are_led_to_set_it_up(staff: User, address: str) -> None:
    """Every page answers with 403 and the way to the set-up, whatever it is."""
    client = Client()
    client.force_login(staff)
    answer = client.get(address)
    assert answer.status_code == 403
    assert "/accounts/2fa/" in answer.content.decode()


def test_the_set_up_itself_is_reached(staff: User) -> None:
    """The pages of the second factor, re-authentication and signing out stay open."""
    client = Client()
    client.force_login(staff)
    for address in ("/accounts/2fa/", "/accounts/logout/", "/accounts/reauthenticate/"):
        assert client.get(address).status_code in {200, 302}
    assert client.get("/accounts/2fa/").status_code == 200


def test_the_api_refuses_staff_without_one(staff: User) -> None:
    """Neither a session nor a token of theirs is let in."""
    client = Client()
    client.force_login(staff)
    answer = client.get("/api/v1/courses/")
    assert (answer.status_code, answer.json()["code"]) == (403, "second_factor_required")
    token = Client(headers={"Authorization": f"Token {new_token(staff)}"})
    answer = token.post("/api/v1/courses/nothing/enrolment/")
    assert (answer.status_code, answer.json()["code"]) == (401, "second_factor_required")


@pytest.mark.parametrize("kind", [Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN])
def test_staff_with_one_go_on(staff: User, kind: Authenticator.Type) -> None:
    """An authenticator app or a passkey is enough."""
    Authenticator.objects.create(user=staff, type=kind, data={})
    client = Client()
    client.force_login(staff)
    assert client.get("/dashboard/").status_code == 200
    token = Client(headers={"Authorization": f"Token {new_token(staff)}"})
    assert token.post("/api/v1/courses/nothing/enrolment/").status_code == 404


def test_recovery_codes_alone_are_no_second_factor(staff: User) -> None:
    """Codes without a factor that they recover do not count."""
    Authenticator.objects.create(user=staff, type=Authenticator.Type.RECOVERY_CODES, data={})
    client = Client()
    client.force_login(staff)
    assert client.get("/dashboard/").status_code == 403


def test_learners_and_sites_without_the_setting_are_not_asked(
    staff: User, learner: User, settings: Settings
) -> None:
    """It is staff who are asked, and only where the setting says so."""
    client = Client()
    client.force_login(learner)
    assert client.get("/dashboard/").status_code == 200
    settings.STAFF_SECOND_FACTOR = False
    client.force_login(staff)
    assert client.get("/dashboard/").status_code == 200


def test_production_asks_unless_the_operator_says_no() -> None:
    """The default of the variable is yes."""
    assert env.scheme["WHYBOX_STAFF_SECOND_FACTOR"] == (bool, True)
