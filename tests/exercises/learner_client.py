"""A learner with a browser, as the tests of exercises use one."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from django.test import Client

from exercises.submissions import lifecycle
from tests.exercises.worker_process import TIMEOUT_SECONDS

if TYPE_CHECKING:
    from collections.abc import Callable

    from courses.models import User
    from exercises.models import Exercise, Submission


class LearnerClient:
    """A learner with a browser: submits notebooks, waits, reads the page."""

    def __init__(self, learner: User, exercise: Exercise, make: Callable[..., bytes]) -> None:
        self.learner, self.exercise, self.make = learner, exercise, make
        self.browser = Client()
        self.browser.force_login(learner)

    def submit(self, *cells: str) -> Submission:
        """Submit a notebook with these cells after the model."""
        return lifecycle.submit(
            user=self.learner, exercise=self.exercise, notebook=self.make(*cells)
        )

    def wait(self, submission: Submission, until: Callable[[Submission], bool]) -> Submission:
        """Wait until the submission in the database satisfies `until`."""
        deadline = time.monotonic() + TIMEOUT_SECONDS
        while time.monotonic() < deadline:
            submission.refresh_from_db()
            if until(submission):
                return submission
            time.sleep(0.02)
        message = f"still {submission.state}/{submission.stage} after {TIMEOUT_SECONDS} s"
        raise AssertionError(message)

    def verdict(self, *cells: str) -> Submission:
        """Submit, and wait for the verdict."""
        return self.wait(self.submit(*cells), lambda submission: submission.finished)

    def page(self, submission: Submission) -> str:
        """Return the submission's page as the learner sees it."""
        return self.browser.get(submission.get_absolute_url()).content.decode()
