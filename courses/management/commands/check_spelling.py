"""Check the spelling of the content folder: ``python manage.py check_spelling``."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from courses.authoring.spelling import spelling_problems
from courses.authoring.tree import read_tree


class Command(BaseCommand):
    """Say which words are in no dictionary; needs the tools for checks."""

    help = "Name each word of the English texts that neither Hunspell nor content/words.txt knows."
    requires_migrations_checks = False

    def add_arguments(self, parser: CommandParser) -> None:
        """Take another folder than the one in the settings."""
        parser.add_argument("folder", nargs="?", type=Path, default=settings.CONTENT_DIR)

    def handle(self, *_args: Any, folder: Path, **_options: Any) -> None:
        """Check.

        Raises:
            CommandError: with every unknown word.
        """
        if found := spelling_problems(folder, read_tree(folder)):
            raise CommandError("\n".join(map(str, found)))
