"""Create the demo accounts: ``python manage.py create_demo``."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from courses.accounts.demo import DEMO_ACCOUNTS, create_demo_accounts


class Command(BaseCommand):
    """Create a learner and an instructor whose passwords are published."""

    help = "Create the demo accounts and print how to sign in with them. Not for a public site."

    def handle(self, *_args: Any, **_options: Any) -> None:
        """Create what is missing, and print all accounts.

        Raises:
            CommandError: the settings switch demo accounts off.
        """
        if not settings.DEMO_ACCOUNTS:
            raise CommandError("Demo accounts are switched off here (WHYBOX_DEMO_ACCOUNTS).")
        made = create_demo_accounts()
        for account in DEMO_ACCOUNTS:
            state = "created" if account in made else "exists"
            self.stdout.write(
                f"{account.email}  password: {account.password}  ({account.what}, {state})"
            )
