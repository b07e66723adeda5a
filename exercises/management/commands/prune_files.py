"""``manage.py prune_files``: delete files beyond the retention, and those that no row names."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from exercises.submissions import files


class Command(BaseCommand):
    """Delete old and unnamed files of submissions."""

    help = "Delete files of submissions beyond WHYBOX_SUBMISSION_DAYS, and unnamed ones."

    def handle(self, *_args: Any, **_options: Any) -> None:
        """Delete, and print how much."""
        expired = 0
        while found := files.expire():
            expired += found
        unnamed = files.delete_unnamed()
        self.stdout.write(f"{expired} submissions expired, {unnamed} unnamed files deleted")
