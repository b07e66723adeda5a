"""Check the content folder without loading it: ``python manage.py check_content``."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from courses.catalogue.files import ContentError
from courses.catalogue.loading import check


class Command(BaseCommand):
    """Say what is wrong with lessons and quizzes; the database is not touched."""

    help = "Read and render all content, and name each problem with file, line and reason."
    requires_migrations_checks = False

    def add_arguments(self, parser: CommandParser) -> None:
        """Take another folder than the one in the settings."""
        parser.add_argument("folder", nargs="?", type=Path, default=settings.CONTENT_DIR)

    def handle(self, *_args: Any, folder: Path, **_options: Any) -> None:
        """Check.

        Raises:
            CommandError: with every problem.
        """
        if not folder.is_dir():
            raise CommandError(f"{folder}: no such folder. WHYBOX_CONTENT names another one.")
        try:
            check(folder)
        except ContentError as error:
            raise CommandError(str(error)) from error
