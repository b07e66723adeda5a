"""Give roles from the server's command line: ``python manage.py set_roles EMAIL ROLE...``."""

from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser

from courses.accounts.role_giving import set_roles
from courses.accounts.roles import SiteRole
from courses.models import User


class Command(BaseCommand):
    """Give somebody exactly the named roles; none takes all away."""

    help = "Give an account exactly these roles of the whole site; without a role, take all away."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take an address and roles."""
        parser.add_argument("email")
        parser.add_argument("roles", nargs="*", metavar="role", help=", ".join(SiteRole.values))

    def handle(self, *_args: Any, **options: Any) -> None:
        """Set the roles and say which the account has now.

        Raises:
            CommandError: there is no such account or role.
        """
        person = User.objects.filter(email__iexact=options["email"]).first()
        if person is None:
            raise CommandError(f"There is no account with the address {options['email']}.")
        try:
            changed = set_roles(actor=None, person=person, roles=options["roles"])
        except ValidationError as error:
            raise CommandError(
                f"{error.messages[0]} Roles: {', '.join(SiteRole.values)}"
            ) from error
        self.stdout.write(f"{changed.email}: {', '.join(changed.roles) or 'no role'}")
