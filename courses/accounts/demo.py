"""The accounts that `make run` makes, so that a newcomer can look around at once."""

from __future__ import annotations

from dataclasses import dataclass

from django.db import transaction

from courses.accounts.models import User


@dataclass(frozen=True)
class DemoAccount:
    """An account whose password everybody knows: for a site on one's own machine only."""

    email: str
    password: str
    name: str
    what: str
    is_staff: bool = False


DEMO_ACCOUNTS = (
    DemoAccount("learner@example.org", "explain-it-to-me", "Lea Learner", "a learner"),
    DemoAccount(
        "instructor@example.org", "because-of-the-data", "Ina Instructor", "staff", is_staff=True
    ),
)


@transaction.atomic
def create_demo_accounts() -> int:
    """Make the demo accounts that are missing, and return how many were."""
    made = 0
    for account in DEMO_ACCOUNTS:
        if User.objects.filter(email=account.email).exists():
            continue
        User.objects.create_user(
            account.email,
            account.password,
            name=account.name,
            is_staff=account.is_staff,
            is_superuser=account.is_staff,
        )
        made += 1
    return made
