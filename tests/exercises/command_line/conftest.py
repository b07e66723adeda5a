"""The file that learners download, run by a Python that has nothing else."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from courses.catalogue.models import PartKind
from courses.models import Course, Part
from exercises.pages.command_line import archive
from tests.exercises.worker_process import CONTENT, SLUG, TIMEOUT_SECONDS

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from pytest_django.live_server_helper import LiveServer

    from courses.models import User
    from exercises.models import Exercise

STARTER = CONTENT / "exercises" / SLUG / "starter.ipynb"


@dataclass
class Terminal:
    """A folder of a learner's machine with `whybox.pyz` in it, and a site."""

    folder: Path
    site: str

    def run(self, *arguments: str, answers: str = "") -> subprocess.CompletedProcess[str]:
        """Run a command; `answers` are the lines on its standard input."""
        return subprocess.run(
            # Isolated, without site-packages: only the standard library can be imported.
            [sys.executable, "-I", "-S", "whybox.pyz", *arguments],
            cwd=self.folder,
            env=self.environment,
            input=answers,
            capture_output=True,
            text=True,
            timeout=TIMEOUT_SECONDS,
            check=False,
        )

    @property
    def environment(self) -> dict[str, str]:
        """What a process on that machine finds."""
        home = str(self.folder / "home")
        return {"HOME": home, "PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8"}

    @property
    def account(self) -> Path:
        """Where the token is stored."""
        return self.folder / "home" / ".config" / "whybox" / "account.json"

    def write(self, name: str, *cells: str, exercise: str | None = SLUG) -> None:
        """Write a notebook: the parameters, the starter's model, then the given cells."""
        made: dict[str, Any] = json.loads(STARTER.read_text())
        kept = [cell for cell in made["cells"] if cell["id"] in {"parameters", "cell-0"}]
        new = [
            {"cell_type": "code", "id": f"new-{number}", "source": source, "metadata": {}}
            | {"outputs": [], "execution_count": None}
            for number, source in enumerate(cells)
        ]
        made["cells"] = [*kept, *new]
        made["metadata"] = {"whybox": {"exercise": exercise}} if exercise else {}
        (self.folder / name).write_text(json.dumps(made))


@pytest.fixture
def terminal(
    broker: Path,
    transactional_db: None,
    live_server: LiveServer,
    tmp_path: Path,
    exercise: Exercise,
) -> Terminal:
    """A learner's machine, with a site that runs.

    The broker is asked for before anything is sent: a connection keeps the folder that it began
    with.
    """
    course = Course.objects.create(slug="foundations", title="Foundations", position=1)
    Part.objects.create(
        course=course, position=1, kind=PartKind.EXERCISE, exercise_slug=SLUG, title="Parts"
    )
    (tmp_path / "whybox.pyz").write_bytes(archive())
    return Terminal(tmp_path, live_server.url)


@pytest.fixture
def signed_in(terminal: Terminal, learner: User) -> Terminal:
    """The same, signed in by email and password."""
    answer = terminal.run("login", answers=f"{terminal.site}\n{learner.email}\na quiet harbour\n")
    assert answer.returncode == 0, answer.stderr
    return terminal


@pytest.fixture
def limited(exercise: Exercise) -> Callable[[int], None]:
    """Allow so many attempts only."""

    def limit(attempts: int) -> None:
        exercise.max_attempts = attempts
        exercise.save()

    return limit
