"""Make the demo accounts: ``python manage.py create_demo``."""

from typing import Any

from django.core.management.base import BaseCommand

from courses.accounts.demo import DEMO_ACCOUNTS, create_demo_accounts


class Command(BaseCommand):
    """Make a learner and an instructor whose passwords everybody knows."""

    help = "Make the demo accounts and print how to sign in with them. Not for a public site."

    def handle(self, *_args: Any, **_options: Any) -> None:
        """Make what is missing, and print all."""
        made = create_demo_accounts()
        for account in DEMO_ACCOUNTS:
            state = "made" if account in made else "there already"
            self.stdout.write(
                f"{account.email}  password: {account.password}  ({account.what}, {state})"
            )
