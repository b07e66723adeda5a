"""The demo accounts: with `make run` only, and gone where the setting says so."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest
from django.core.management import CommandError, call_command

from config.environment import BASE_DIR
from config.prepare import set_demo_accounts
from config.run import sign_in_help
from courses.accounts.demo import DEMO_ACCOUNTS
from courses.accounts.tokens import new_token
from courses.models import User

if TYPE_CHECKING:
    from django.test import Client

INSTRUCTOR = DEMO_ACCOUNTS[1]
SITES = [
    ("config.settings.development", {}, "False"),
    ("config.settings.development", {"WHYBOX_DEMO_ACCOUNTS": "true"}, "True"),
    (
        "config.settings.development",
        {"WHYBOX_DEMO_ACCOUNTS": "true", "WHYBOX_ALLOWED_HOSTS": "localhost,school.example"},
        "False",
    ),
    (
        "config.settings.development",
        {"WHYBOX_DEMO_ACCOUNTS": "true", "WHYBOX_SITE_URL": "https://school.example"},
        "False",
    ),
    ("config.settings.development", {"WHYBOX_DEMO_ACCOUNTS": "false"}, "False"),
    ("config.settings.production", {"WHYBOX_DEMO_ACCOUNTS": "true"}, "False"),
]


def signs_in(client: Client) -> bool:
    """Return whether the demo instructor can sign in by password."""
    return client.login(username=INSTRUCTOR.email, password=INSTRUCTOR.password)


@pytest.mark.parametrize(("site", "variables", "expected"), SITES)
def test_only_make_run_has_them_and_one_variable_switches_them_off(
    site: str, variables: dict[str, str], expected: str
) -> None:
    """The development settings read the variable; production has none whatever it says."""
    secrets = {"WHYBOX_SECRET_KEY": "a", "WHYBOX_VARIANT_SECRET": "b"}
    shown = subprocess.run(
        [sys.executable, "-c", "from django.conf import settings; print(settings.DEMO_ACCOUNTS)"],
        cwd=BASE_DIR,
        env=os.environ | secrets | variables | {"DJANGO_SETTINGS_MODULE": site},
        check=True,
        capture_output=True,
        text=True,
    )
    assert shown.stdout.strip() == expected


def test_switched_off_they_cannot_sign_in(db: None, client: Client, settings: Any) -> None:
    """Neither password nor token of an existing demo account works, until it is on again."""
    set_demo_accounts()
    assert signs_in(client)
    key = new_token(User.objects.get(email=INSTRUCTOR.email))
    header = {"Authorization": f"Token {key}"}
    client.logout()

    settings.DEMO_ACCOUNTS = False
    set_demo_accounts()
    assert not signs_in(client)
    assert client.get("/api/v1/courses/", headers=header).status_code == 401

    settings.DEMO_ACCOUNTS = True
    set_demo_accounts()
    assert signs_in(client)


def test_switched_off_none_is_created(db: None, settings: Any) -> None:
    """Neither a start nor the command creates an account."""
    settings.DEMO_ACCOUNTS = False
    set_demo_accounts()
    with pytest.raises(CommandError, match="switched off"):
        call_command("create_demo")
    assert not User.objects.exists()


def test_the_start_says_how_to_sign_in(settings: Any) -> None:
    """The demo accounts where there are some, the command for a staff account otherwise."""
    assert INSTRUCTOR.password in sign_in_help()

    settings.DEMO_ACCOUNTS = False
    assert INSTRUCTOR.email not in sign_in_help()
    assert "createsuperuser" in sign_in_help()
