"""The magic in a real IPython, loaded from the same file."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

from exercises.models import Submission
from exercises.pages.command_line import CELL
from tests.exercises.worker_process import SLUG, SOLUTION, TIMEOUT_SECONDS

if TYPE_CHECKING:
    from tests.exercises.command_line.conftest import Terminal
    from tests.exercises.worker_process import WorkerProcess


def in_ipython(terminal: Terminal, *lines: str, **environment: str) -> str:
    """Run lines in an IPython in the learner's folder; return what it shows."""
    (terminal.folder / "session.ipy").write_text("\n".join(lines))
    shown = subprocess.run(
        [sys.executable, "-m", "IPython", "--no-banner", "--colors=NoColor", "session.ipy"],
        cwd=terminal.folder,
        env=terminal.environment
        | {"IPYTHONDIR": str(terminal.folder / "home" / "ipython"), "TERM": "dumb"}
        | environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=TIMEOUT_SECONDS,
        check=False,
    )
    return shown.stdout + shown.stderr


def test_a_cell_submits_the_notebook_of_its_folder(
    worker: WorkerProcess, signed_in: Terminal
) -> None:
    """The documented lines, as they stand: found by its metadata, submitted, waited for."""
    signed_in.write("any name.ipynb", SOLUTION)
    shown = in_ipython(signed_in, CELL, "print('and on')")

    assert "Submitted" in shown
    assert f"{SLUG}: passed, 10 of 10 points" in shown
    assert "and on" in shown
    assert Submission.objects.get().passed


def test_the_notebook_that_the_front_end_names_comes_first(signed_in: Terminal) -> None:
    """Jupyter tells its kernels the notebook's file; another one in the folder is left alone."""
    signed_in.write("one.ipynb", SOLUTION)
    signed_in.write("two.ipynb", SOLUTION)
    lines = CELL.replace("submit", "submit --no-wait")
    ambiguous = in_ipython(signed_in, lines)
    assert "Several notebooks here" in ambiguous

    named = str(signed_in.folder / "two.ipynb")
    shown = in_ipython(signed_in, lines, JPY_SESSION_NAME=named)
    assert f"Submitted {named}" in shown
    signed_in.write("three.ipynb", SOLUTION, exercise="elsewhere")
    told = f"__vsc_ipynb_file__ = {os.fspath(signed_in.folder / 'three.ipynb')!r}"
    assert 'There is no exercise "elsewhere"' in in_ipython(signed_in, told, lines)


def test_a_failure_is_a_sentence_and_the_session_goes_on(terminal: Terminal) -> None:
    """Not signed in, a wrong command, an open quote: no traceback, the next line runs."""
    shown = in_ipython(terminal, CELL, "%whybox sbmit", "%whybox get 'x", "print('and on')")

    assert "You aren't signed in" in shown
    assert "invalid choice" in shown
    assert "Traceback" not in shown
    assert "and on" in shown
