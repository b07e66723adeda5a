"""Load exercises from content/ into the database."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from courses.markup.problems import InvalidContentError as MarkdownError
from exercises.catalogue import loading
from grader.errors import ExerciseContentError


class Command(BaseCommand):
    """``manage.py load_exercises``: idempotent, all or nothing."""

    help = "Load the exercises from content/; an error names the file, the key and the line."

    def handle(self, *_args: Any, **_options: Any) -> None:
        """Load and say what changed."""
        try:
            changed = loading.load(content=settings.CONTENT_DIR)
        except (ExerciseContentError, MarkdownError) as error:
            raise CommandError(str(error)) from error
        self.stdout.write(
            f"exercises: {len(changed)} changed" if changed else "exercises: no change"
        )
