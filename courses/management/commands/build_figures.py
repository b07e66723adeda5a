"""Draw the lessons' figures: ``python manage.py build_figures [folder ...]``."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from courses.authoring.figures import FigureError, build_all, lessons_with_figures, problems


class Command(BaseCommand):
    """Draw what has changed, or say what is stale."""

    help = "Draw the figures of lessons whose figures.py has changed, in light and dark."
    requires_migrations_checks = False

    def add_arguments(self, parser: CommandParser) -> None:
        """Take folders, and what to do with them."""
        parser.add_argument("folders", nargs="*", type=Path, default=[settings.CONTENT_DIR])
        parser.add_argument("--check", action="store_true", help="Draw nothing; say what is stale.")
        parser.add_argument("--all", action="store_true", help="Draw also what has not changed.")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Draw or check.

        Raises:
            CommandError: a figure is stale, or cannot be drawn.
        """
        folders: list[Path] = options["folders"]
        for folder in folders:
            if not folder.is_dir():
                raise CommandError(f"{folder}: no such folder.")
        if options["check"]:
            lessons = [lesson for folder in folders for lesson in lessons_with_figures(folder)]
            found = [problem for lesson in lessons for problem in problems(lesson)]
            if found:
                raise CommandError("\n".join(found))
            self.stdout.write(f"The figures of {len(lessons)} lessons are up to date.")
            return
        try:
            for path in build_all(folders, everything=options["all"]):
                self.stdout.write(str(path))
        except FigureError as error:
            raise CommandError(str(error)) from error
