"""Check the content folder without loading it: ``python manage.py check_content``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from courses.authoring.coverage import coverage_page, coverage_problems, read_subject
from courses.authoring.identities import identity_problems, record_identities
from courses.authoring.loading import check
from courses.authoring.proofreading import proofread
from courses.authoring.tree import read_tree
from courses.markup.problems import InvalidContentError, Problem

if TYPE_CHECKING:
    from courses.authoring.content_files import Tree
    from courses.authoring.files import Document

PAGE = "docs/features/coverage.md"
"""The page made from the subject, beside the content folder."""


class Command(BaseCommand):
    """Say what is wrong with lessons and quizzes; the database is not touched."""

    help = "Read, render and proofread all content, and name each problem with file and line."
    requires_migrations_checks = False

    def add_arguments(self, parser: CommandParser) -> None:
        """Take another folder than the one in the settings, and whether to write what is made."""
        parser.add_argument("folder", nargs="?", type=Path, default=settings.CONTENT_DIR)
        parser.add_argument(
            "--write", action="store_true", help=f"Write {PAGE}, and record new ids in ids.txt."
        )

    def handle(self, *_args: Any, folder: Path, write: bool, **_options: Any) -> None:
        """Check.

        Raises:
            CommandError: with every problem.
        """
        if not folder.is_dir():
            raise CommandError(f"{folder}: no such folder. WHYBOX_CONTENT names another one.")
        try:
            check(folder)
            tree, subject = read_tree(folder), read_subject(folder)
        except InvalidContentError as error:
            raise CommandError(str(error)) from error
        if write:
            record_identities(folder, tree)
            if subject is not None:
                _page(folder).write_text(coverage_page(subject, tree), encoding="utf-8")
        found = [*proofread(tree), *identity_problems(folder, tree)]
        if subject is not None:
            found += [*coverage_problems(subject, tree), *_stale(folder, subject, tree)]
        if found:
            raise CommandError("\n".join(map(str, found)))


def _page(folder: Path) -> Path:
    return folder.resolve().parent / PAGE


def _stale(folder: Path, subject: Document, tree: Tree) -> list[Problem]:
    page = _page(folder)
    if page.exists() and page.read_text(encoding="utf-8") == coverage_page(subject, tree):
        return []
    return [Problem(PAGE, 1, "The page is stale: run `manage.py check_content --write`.")]
