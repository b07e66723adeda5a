"""Fill a class with simulated learners and a term of their work."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.core.management.base import BaseCommand, CommandError

from classes.term_of_work import fill, term_start
from courses.models import User

if TYPE_CHECKING:
    from argparse import ArgumentParser


class Command(BaseCommand):
    """``manage.py fill_class instructor@example.org [--learners N] [--parts N]``."""

    help = "Make a class of simulated learners with a term of work, to look at and to measure."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Add whose class it is, and how large."""
        parser.add_argument("instructor", help="the address of an account")
        parser.add_argument("--learners", type=int, default=500)
        parser.add_argument("--parts", type=int, default=60)
        parser.add_argument("--seed", type=int, default=14)

    def handle(self, *_arguments: Any, **options: Any) -> None:
        """Make the class, and say where it is.

        Raises:
            CommandError: there is no such account, or no course.
        """
        instructor = User.objects.filter(email__iexact=options["instructor"]).first()
        if instructor is None:
            raise CommandError(f"there is no account {options['instructor']}")
        klass = fill(
            instructor=instructor,
            learners=options["learners"],
            parts=options["parts"],
            starts_on=term_start(),
            seed=options["seed"],
        )
        parts = klass.parts.count()
        if not parts:
            raise CommandError("no course is loaded: run load_content and load_exercises first")
        self.stdout.write(
            f"{klass.title}: {options['learners']} learners, {parts} parts, "
            f"{klass.get_absolute_url()}"
        )
