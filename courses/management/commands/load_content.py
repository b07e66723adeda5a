"""Load the content folder: ``python manage.py load_content``."""

import time
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from courses.authoring.loading import load
from courses.markup.problems import InvalidContentError


class Command(BaseCommand):
    """Bring courses, lessons and quizzes in line with their files."""

    help = "Load courses, lessons, quizzes, paths and translations; all or nothing."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take another folder than the one in the settings."""
        parser.add_argument("folder", nargs="?", type=Path, default=settings.CONTENT_DIR)

    def handle(self, *_args: Any, folder: Path, **_options: Any) -> None:
        """Load, and say what was done.

        Raises:
            CommandError: a file is wrong; nothing was loaded.
        """
        if not folder.is_dir():
            raise CommandError(f"{folder}: no such folder. WHYBOX_CONTENT names another one.")
        start = time.perf_counter()
        try:
            report = load(folder)
        except InvalidContentError as error:
            raise CommandError(f"Nothing was loaded. Fix these:\n{error}") from error
        self.stdout.write(
            f"Content: {report.written} written, {report.removed} removed, "
            f"{report.unchanged} unchanged, {time.perf_counter() - start:.1f} s."
        )
