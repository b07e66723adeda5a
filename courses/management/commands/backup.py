"""Write the whole site into one file: ``manage.py backup FILE``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.core.management.base import BaseCommand, CommandError

from courses.backups.archive import BackupError, make, read_manifest
from courses.backups.databases import DatabaseToolError

if TYPE_CHECKING:
    from django.core.management.base import CommandParser


class Command(BaseCommand):
    """Make a backup, or check one."""

    help = "Write database, stored files and generated secrets into one file; the site may run."

    def add_arguments(self, parser: CommandParser) -> None:
        """Where to, and whether to check only."""
        parser.add_argument("file", type=Path)
        parser.add_argument(
            "--check", action="store_true", help="only compare a backup with its digests"
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        """Make it, then read it again and compare: a backup that cannot be read is none."""
        path: Path = options["file"]
        try:
            if not options["check"]:
                make(path)
            manifest = read_manifest(path)
        except (BackupError, DatabaseToolError) as error:
            raise CommandError(str(error)) from error
        self.stdout.write(
            f"{path}: {manifest.vendor}, {len(manifest.digests)} members, "
            f"{manifest.bytes / 2**20:.1f} MiB, made {manifest.made_at}, all digests agree."
        )
        if manifest.missing:
            self.stdout.write(f"{manifest.missing} files were deleted while it was made.")
