"""Check the content folder without loading it: ``python manage.py check_content``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.timezone import localdate

from courses.authoring.coverage import coverage_page, coverage_problems, read_subject
from courses.authoring.doing import Doing, all_doing, doing_page, idle_lessons
from courses.authoring.identities import identity_problems, record_identities
from courses.authoring.law import law_problems, law_reminders, read_law, write_law_table
from courses.authoring.loading import check
from courses.authoring.proofreading import proofread
from courses.authoring.question_statistics import question_problems, question_table
from courses.authoring.tree import read_tree
from courses.markup.problems import InvalidContentError, Problem

if TYPE_CHECKING:
    from courses.authoring.content_files import Tree
    from courses.authoring.files import Document

PAGE = "docs/features/coverage.md"
"""The page made from the subject, beside the content folder."""
DOING = "docs/features/doing.md"
"""The table of what there is to do, made from the lessons."""


class Command(BaseCommand):
    """Say what is wrong with lessons and quizzes; the database is not touched."""

    help = "Read, render and proofread all content, and name each problem with file and line."
    requires_migrations_checks = False

    def add_arguments(self, parser: CommandParser) -> None:
        """Take another folder than the one in the settings, and whether to write what is made."""
        parser.add_argument("folder", nargs="?", type=Path, default=settings.CONTENT_DIR)
        parser.add_argument(
            "--write",
            action="store_true",
            help=f"Write {PAGE}, {DOING} and the table of the law, and record new ids in ids.txt.",
        )
        parser.add_argument(
            "--statistics",
            action="store_true",
            help="Print what the questions' form gives away, course by course.",
        )

        parser.add_argument(
            "--doing", action="store_true", help="Print what there is to do in each lesson."
        )

    def handle(self, *_args: Any, folder: Path, **options: Any) -> None:
        """Check.

        Raises:
            CommandError: with every problem.
        """
        if not folder.is_dir():
            raise CommandError(f"{folder}: no such folder. WHYBOX_CONTENT names another one.")
        try:
            law = read_law(folder)
            if options["write"] and law is not None:
                write_law_table(folder, law)
            check(folder)
            tree, subject = read_tree(folder), read_subject(folder)
        except InvalidContentError as error:
            raise CommandError(str(error)) from error
        every = all_doing(tree)
        if options["write"]:
            record_identities(folder, tree)
            if subject is not None:
                _page(folder, PAGE).write_text(coverage_page(subject, tree), encoding="utf-8")
                _page(folder, DOING).write_text(doing_page(every), encoding="utf-8")
        self._tell(tree, every, options)
        found = [*proofread(tree), *question_problems(tree), *identity_problems(folder, tree)]
        if law is not None:
            found += self._law_problems(folder, law)
        if subject is not None:
            found += coverage_problems(subject, tree)
            found += _stale(folder, PAGE, coverage_page(subject, tree))
            found += _stale(folder, DOING, doing_page(every))
        if found:
            raise CommandError("\n".join(map(str, found)))

    def _tell(self, tree: Tree, every: list[Doing], options: dict[str, Any]) -> None:
        """Print the tables that were asked for, and which lessons have nothing to do."""
        if options["statistics"]:
            self.stdout.write(question_table(tree))
        if options["doing"]:
            self.stdout.write(doing_page(every))
        for idle in idle_lessons(every):
            self.stderr.write(self.style.WARNING(str(idle)))

    def _law_problems(self, folder: Path, law: Document) -> list[Problem]:
        """Return what is wrong with the statements on the law; only remind of the old ones."""
        today = localdate()
        for reminder in law_reminders(law, today):
            self.stderr.write(self.style.WARNING(f"To look up again: {reminder}"))
        return law_problems(folder, law, today)


def _page(folder: Path, name: str) -> Path:
    return folder.resolve().parent / name


def _stale(folder: Path, name: str, fresh: str) -> list[Problem]:
    page = _page(folder, name)
    if page.exists() and page.read_text(encoding="utf-8") == fresh:
        return []
    return [Problem(name, 1, "The page is stale: run `manage.py check_content --write`.")]
