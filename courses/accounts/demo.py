"""The demo accounts of `make run`. Their passwords are published, so no public site has them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from allauth.account.models import EmailAddress
from django.db import transaction

from courses.accounts.models import User


@dataclass(frozen=True)
class DemoAccount:
    """An account to try the site with."""

    email: str
    password: str
    name: str
    what: str
    is_staff: bool = False


DEMO_ACCOUNTS: Final = (
    DemoAccount("learner@example.org", "why-did-it-say-so", "Lena Learner", "a learner"),
    DemoAccount(
        "instructor@example.org",
        "look-behind-the-score",
        "Ines Instructor",
        "an instructor",
        is_staff=True,
    ),
)


@transaction.atomic
def create_demo_accounts() -> list[DemoAccount]:
    """Create the demo accounts that are missing and return those; activate the other ones."""
    made = []
    for account in DEMO_ACCOUNTS:
        if User.objects.filter(email__iexact=account.email).update(is_active=True):
            continue
        user = User.objects.create_user(
            account.email,
            account.password,
            name=account.name,
            name_public=True,
            is_staff=account.is_staff,
            is_superuser=account.is_staff,
        )
        EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
        made.append(account)
    return made


def deactivate_demo_accounts() -> int:
    """Refuse every sign-in and token of the demo accounts; return how many were active.

    Their submissions stay, and `create_demo_accounts` activates them again.
    """
    emails = [account.email for account in DEMO_ACCOUNTS]
    return User.objects.filter(email__in=emails, is_active=True).update(is_active=False)
