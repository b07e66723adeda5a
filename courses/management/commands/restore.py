"""Restore a backup into an empty site: ``manage.py restore FILE``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.core.management.base import BaseCommand, CommandError

from courses.backups.archive import BackupError
from courses.backups.databases import DatabaseToolError
from courses.backups.restoring import restore

if TYPE_CHECKING:
    from django.core.management.base import CommandParser


class Command(BaseCommand):
    """Restore a backup."""

    help = "Restore a backup into a site without accounts; then run python -m config.prepare."
    requires_system_checks: tuple[str, ...] = ()  # they look for what this brings

    def add_arguments(self, parser: CommandParser) -> None:
        """The backup."""
        parser.add_argument("file", type=Path)

    def handle(self, *_args: Any, **options: Any) -> None:
        """Restore, and say what is left to do."""
        try:
            done = restore(options["file"])
        except (BackupError, DatabaseToolError) as error:
            raise CommandError(str(error)) from error
        self.stdout.write(
            f"Restored the site of {done.manifest.made_at}: database and {done.files} files."
        )
        for warning in done.warnings:
            self.stdout.write(self.style.WARNING(warning))
        self.stdout.write(
            "Now run python -m config.prepare, or start the services of the site, which do."
        )
