"""Run the code that lessons show: ``python manage.py check_lessons [folder ...]``."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from courses.authoring.programs import WorkbenchError
from courses.authoring.snippets import all_translation_problems, lesson_files, run_lessons


class Command(BaseCommand):
    """Compare what lessons' code prints with what the text says."""

    help = "Run all lessons' code in the sandbox environment and compare outputs and numbers."
    requires_migrations_checks = False

    def add_arguments(self, parser: CommandParser) -> None:
        """Take folders; without any, all content."""
        parser.add_argument("folders", nargs="*", type=Path)

    def handle(self, *_args: Any, **options: Any) -> None:
        """Run and compare.

        Raises:
            CommandError: with each problem, naming file and line.
        """
        content: Path = settings.CONTENT_DIR
        folders: list[Path] = options["folders"] or [content / "courses"]
        for folder in folders:
            if not folder.is_dir():
                raise CommandError(f"{folder}: no such folder.")
        try:
            runs = run_lessons([path for folder in folders for path in lesson_files(folder)])
        except WorkbenchError as error:
            raise CommandError(str(error)) from error
        found = [problem for ran in runs for problem in ran.problems()]
        if not options["folders"]:
            found.extend(all_translation_problems(content))
        if found:
            raise CommandError("\n".join(found))
        blocks = sum(len(ran.lesson.blocks) for ran in runs)
        self.stdout.write(f"{blocks} code blocks of {len(runs)} lessons say what the text says.")
