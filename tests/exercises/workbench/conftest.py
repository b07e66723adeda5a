"""What tests of the workbench share."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from courses.models import User
from tests.exercises.workbench.workbench_client import WorkbenchClient

if TYPE_CHECKING:
    from exercises.models import Exercise


@pytest.fixture
def work(learner: User, exercise: Exercise) -> WorkbenchClient:
    """A learner who works on the exercise."""
    return WorkbenchClient(learner)


@pytest.fixture
def other(exercise: Exercise) -> WorkbenchClient:
    """Another learner who works on it."""
    return WorkbenchClient(User.objects.create_user("grace@example.org", "a loud harbour"))
