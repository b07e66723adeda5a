"""Make cards of earlier quiz attempts: ``python manage.py make_review_cards``."""

from typing import Any

from django.core.management.base import BaseCommand

from courses.quizzes.earlier_answers import make_cards


class Command(BaseCommand):
    """Let questions come back that were answered before there was a review."""

    help = "Make a review card for each question of an earlier quiz attempt that has none."

    def handle(self, *_args: Any, **_options: Any) -> None:
        """Make them and say how many."""
        self.stdout.write(f"{make_cards()} review cards were made.")
