"""Regrade the stored outputs of an exercise, and show what would change before it is written."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.core.management.base import BaseCommand, CommandError

from exercises.models import Exercise
from exercises.submissions import regrading

if TYPE_CHECKING:
    from django.core.management.base import CommandParser


class Command(BaseCommand):
    """``manage.py regrade SLUG [--commit]``."""

    help = "Regrade stored outputs with the current rubric; writes only with --commit."

    def add_arguments(self, parser: CommandParser) -> None:
        """Which exercise, and whether to write."""
        parser.add_argument("slug")
        parser.add_argument("--commit", action="store_true", help="write what is shown")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Print each difference, then the sums."""
        exercise = Exercise.objects.filter(slug=options["slug"]).first()
        if exercise is None:
            raise CommandError(
                f"There is no exercise {options['slug']!r}; load_exercises makes it."
            )
        same = changed = ungraded = written = 0
        for found in regrading.regrades(exercise):
            if found.marks is None:
                ungraded += 1
                self.stdout.write(f"{found.submission.pk}  cannot be regraded: {found.reason}")
            elif not found.changes:
                same += 1
            else:
                changed += 1
                self.stdout.write(_difference(found))
                written += options["commit"] and regrading.commit(found, exercise=exercise)
        self.stdout.write(f"{same} the same, {changed} changed, {ungraded} cannot be regraded.")
        if options["commit"]:
            self.stdout.write(f"{written} written.")
        elif changed:
            self.stdout.write("Nothing was written; --commit writes.")


def _difference(found: regrading.Regrade) -> str:
    before, after = found.submission, found.marks
    assert after is not None  # noqa: S101  # only what was graded can differ
    verdict = ""
    if after.passed != before.passed:
        verdict = "  now passed" if after.passed else "  no longer passed (completion stays)"
    return f"{before.pk}  {before.score:g} → {after.score:g}{verdict}"
