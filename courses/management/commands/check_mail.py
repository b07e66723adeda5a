"""Check the mail set-up: ``manage.py check_mail you@example.org``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.core.management.base import BaseCommand, CommandError

from courses.mail.checking import check

if TYPE_CHECKING:
    from django.core.management.base import CommandParser


class Command(BaseCommand):
    """Print each step; exit with an error if one fails."""

    help = "Check how email is sent, step by step, and send one to the address."

    def add_arguments(self, parser: CommandParser) -> None:
        """Whom to write to."""
        parser.add_argument("recipient", help="an address that you can read")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Check."""
        failed = []
        for step in check(options["recipient"]):
            self.stdout.write(f"{'ok    ' if step.ok else 'failed'}  {step.name}: {step.detail}")
            if not step.ok:
                failed.append(step.name)
        if failed:
            raise CommandError(f"Email does not work yet: {', '.join(failed)}.")
