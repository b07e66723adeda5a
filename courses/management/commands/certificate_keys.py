"""The keys that sign certificates: ``manage.py certificate_keys make|rotate|retire|list``."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured, ValidationError
from django.core.management.base import BaseCommand, CommandError

from courses.certificates.keys import (
    method_of,
    new_private_key,
    private_key,
    register,
    retire,
    signing_key,
)
from courses.certificates.models import SigningKey

if TYPE_CHECKING:
    from django.core.management.base import CommandParser

RESTART = "Restart the site: from then on it signs. The key before it stays accepted."


class Command(BaseCommand):
    """Make, rotate, retire and list the keys."""

    help = "The keys that sign certificates."
    requires_system_checks: tuple[str, ...] = ()  # it makes the key that the check asks for

    def add_arguments(self, parser: CommandParser) -> None:
        """One action."""
        actions = parser.add_subparsers(dest="action", required=True)
        actions.add_parser("make", help="print a new private key, for the environment")
        actions.add_parser("rotate", help="publish a new key, to sign after the next start")
        actions.add_parser("list", help="show every key and what it is good for")
        retiring = actions.add_parser("retire", help="accept nothing that a key has signed")
        retiring.add_argument("key", help="the public key, as `list` shows it")
        retiring.add_argument("--reason", required=True, help="shown to whoever verifies a file")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Do it and say what is next."""
        if options["action"] == "make":
            self.stdout.write(new_private_key())
        elif options["action"] == "rotate":
            self._rotate()
        elif options["action"] == "retire":
            self._retire(options["key"], options["reason"])
        else:
            self._list()

    def _rotate(self) -> None:
        try:
            signing_key()  # a key that has signed is published, whatever happened before
        except ImproperlyConfigured as error:
            self.stderr.write(f"No key signs at present: {error}")
        text = new_private_key()
        record = register(private_key(text))
        self.stdout.write(f"New key: {record.public}")
        if settings.CERTIFICATE_KEY_FILE is None:
            self.stdout.write("It is published now. Set this in the environment:")
            self.stdout.write(f"WHYBOX_CERTIFICATE_KEY={text}")
        else:
            _replace(settings.CERTIFICATE_KEY_FILE, text)
            self.stdout.write(f"Written to {settings.CERTIFICATE_KEY_FILE}.")
        self.stdout.write(RESTART)

    def _retire(self, public: str, reason: str) -> None:
        try:
            record = retire(public=public, reason=reason)
        except ValidationError as error:
            raise CommandError(error.messages[0]) from error
        self.stdout.write(f"Retired: {record.public}. Nothing that it has signed is accepted.")

    def _list(self) -> None:
        try:
            signs = signing_key()[1].public
        except ImproperlyConfigured as error:
            signs = ""
            self.stderr.write(f"No key signs at present: {error}")
        for record in SigningKey.objects.all():
            state = "signs" if record.public == signs else "accepted, does not sign"
            if record.retired_at is not None:
                state = f"retired {record.retired_at:%Y-%m-%d}: {record.retired_reason}"
            self.stdout.write(f"{method_of(record.public)}  {record.created_at:%Y-%m-%d}  {state}")


def _replace(path: Path, text: str) -> None:
    """Write a secret so that nobody ever reads half of it, nor anybody but the owner."""
    descriptor, name = tempfile.mkstemp(dir=path.parent)
    with os.fdopen(descriptor, "w") as new:
        new.write(text + "\n")
    Path(name).replace(path)
