"""Run a scripted learner against a running site, from sign-up to certificate."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.core.management.base import BaseCommand

from exercises.demo import COURSE, run_demo

if TYPE_CHECKING:
    from django.core.management.base import CommandParser


class Command(BaseCommand):
    """``manage.py demo [ADDRESS]``: exits 0 when it ended with a certificate."""

    help = "Run a scripted learner from sign-up to certificate against a running site."

    def add_arguments(self, parser: CommandParser) -> None:
        """Where, and which course."""
        parser.add_argument("address", nargs="?", default=settings.SITE_URL)
        parser.add_argument("--course", default=COURSE)
        parser.add_argument("--content", type=Path, default=settings.CONTENT_DIR)

    def handle(self, *_args: Any, **options: Any) -> None:
        """Run; the exit status says how it ended."""
        sys.exit(run_demo(options["address"], content=options["content"], course=options["course"]))
