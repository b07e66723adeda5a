"""An upgrade from the previous release while people submit: none lost, none graded twice."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import time
from typing import TYPE_CHECKING

from config.environment import BASE_DIR
from tests.courses.other_database import other_database, rows
from tests.exercises.previous_release import WAITING
from tests.exercises.worker_process import CONTENT, SOLUTION, TIMEOUT_SECONDS, WorkerProcess

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

STATES = "SELECT id, state, tries, attempt, score FROM exercises_submission"


def keys(text: str, word: str) -> set[str]:
    """The keys that the old site has printed after a word, as the database writes them."""
    return {line.split()[1].replace("-", "") for line in text.splitlines() if line.startswith(word)}


def test_an_upgrade_under_load_loses_no_submission_and_grades_each_once(
    transactional_db: None, tmp_path: Path, notebook: Callable[..., bytes]
) -> None:
    """Queued before, while and after the migration by the old web process, or left by a worker.

    The old process goes on with the columns it knows; the new worker grades what all of it left. A
    grade from before stays as it was.
    """
    file = tmp_path / "notebook.ipynb"
    file.write_bytes(notebook(SOLUTION))
    for name in ("messages", "control"):
        (tmp_path / "broker" / name).mkdir(parents=True)
    with other_database(tmp_path) as database:
        environment = {
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "config.settings.test",
            "WHYBOX_VAR": str(tmp_path),
            "WHYBOX_DATABASE_URL": database,
            "WHYBOX_BROKER_URL": "",
            "WHYBOX_CONTENT": str(CONTENT),
            "WHYBOX_SUBMISSION_STORAGE_OPTIONS": f"location={tmp_path / 'submissions'}",
        }

        def command(*arguments: str) -> str:
            return subprocess.run(
                [sys.executable, *arguments],
                cwd=BASE_DIR,
                env=environment,
                check=True,
                stdout=subprocess.PIPE,
                text=True,
            ).stdout

        told = command("-m", "tests.exercises.previous_release", "make", str(file))
        old_web = subprocess.Popen(
            [sys.executable, "-m", "tests.exercises.previous_release", "accept", str(file)],
            cwd=BASE_DIR,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        migration = subprocess.Popen(
            [sys.executable, "manage.py", "migrate", "--verbosity", "0"],
            cwd=BASE_DIR,
            env=environment,
        )
        assert old_web.stdin is not None
        assert old_web.stdout is not None
        for _number in range(2 * WAITING):  # a first one is answered while it migrates
            old_web.stdin.write("one\n")
            old_web.stdin.flush()
            told += old_web.stdout.readline()
            with contextlib.suppress(subprocess.TimeoutExpired):
                migration.wait(1.0)  # the pace of the uploads
        migration.wait()
        old_web.stdin.write("one after the migration\n")
        told += old_web.communicate()[0]
        assert (migration.returncode, old_web.returncode) == (0, 0)
        waiting, graded = keys(told, "queued"), keys(told, "graded")
        assert len(waiting) == 3 * WAITING + 2
        command("manage.py", "load_exercises")

        overrides = {
            name: environment[name]
            for name in ("WHYBOX_DATABASE_URL", "WHYBOX_SUBMISSION_STORAGE_OPTIONS")
        }
        worker = WorkerProcess(tmp_path, **overrides, WHYBOX_BROKER_URL="")
        worker.start()
        try:
            seen: list[str] = []
            deadline = time.monotonic() + TIMEOUT_SECONDS
            while seen != ["graded"] * (len(waiting) + 1):
                states = sorted(row[1] for row in rows(database, STATES))
                if states != seen:  # each step may take as long as a verdict does elsewhere
                    seen, deadline = states, time.monotonic() + 2 * TIMEOUT_SECONDS
                assert time.monotonic() < deadline, rows(database, STATES)
                time.sleep(0.2)
        finally:
            worker.close()

        ended = {row[0].replace("-", ""): row[1:] for row in rows(database, STATES)}
        assert set(ended) == waiting | graded
        tries = sorted(ended[key][1] for key in waiting)
        assert tries == ["1"] * (len(waiting) - 1) + ["2"]  # the one that a worker had left
        assert {ended[key][2:] for key in waiting} == {("1", "10.0")}
        assert {ended[key] for key in graded} == {("graded", "1", "1", "7.0")}
