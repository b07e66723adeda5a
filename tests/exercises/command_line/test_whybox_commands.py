"""The command line against a running site with a real worker, as a learner uses it."""

from __future__ import annotations

import ast
import json
import stat
import zipfile
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from courses.accounts.tokens import new_token
from exercises import command_line
from exercises.models import Submission
from exercises.pages.command_line import archive
from tests.exercises.worker_process import SLUG, SOLUTION

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.test import Client

    from courses.models import User
    from tests.exercises.command_line.conftest import Terminal
    from tests.exercises.worker_process import WorkerProcess

WRONG = SOLUTION.replace("phi = weights", "phi = -weights")


def test_from_signing_in_to_a_pass(worker: WorkerProcess, signed_in: Terminal) -> None:
    """Log in, list, get, submit a mistake, read the feedback, fix it, pass; exit codes 0, 1, 0."""
    listed = signed_in.run("list")
    assert SLUG in listed.stdout
    got = signed_in.run("get", SLUG)
    assert (got.returncode, got.stderr) == (0, "")
    notebook = json.loads((signed_in.folder / f"{SLUG}.ipynb").read_text())
    assert notebook["metadata"]["whybox"] == {"exercise": SLUG}

    signed_in.write("renamed.ipynb", WRONG)
    wrong = signed_in.run("submit", "renamed.ipynb", "--wait")
    assert wrong.returncode == 1, wrong.stderr
    assert "Submitted renamed.ipynb as saved at" in wrong.stdout
    assert "not yet passed" in wrong.stdout
    assert "✗" in wrong.stdout
    assert signed_in.run("status").returncode == 1
    assert signed_in.run("feedback", SLUG).stdout in wrong.stdout

    signed_in.write("renamed.ipynb", SOLUTION)
    right = signed_in.run("submit", "renamed.ipynb", "--wait")
    assert right.returncode == 0, right.stderr
    assert "passed, 10 of 10 points" in right.stdout
    assert signed_in.run("status", "renamed.ipynb").stdout.startswith(f"{SLUG}: passed")
    assert f"✓ {SLUG}" in signed_in.run("list").stdout


def test_json_is_the_api_s_answer(worker: WorkerProcess, signed_in: Terminal) -> None:
    """One document on standard output; without waiting the exit code of a new submission is 0."""
    signed_in.write("mine.ipynb", SOLUTION)
    sent = signed_in.run("submit", "--json")
    assert sent.returncode == 0, sent.stderr
    submission = json.loads(sent.stdout)
    assert (submission["state"], submission["exercise"]) == ("queued", SLUG)

    shown = signed_in.run("feedback", submission["id"], "--wait", "--json")
    assert shown.returncode == 0
    assert json.loads(shown.stdout)["passed"] is True
    (exercise,) = json.loads(signed_in.run("list", "--json").stdout)
    assert (exercise["slug"], exercise["passed"]) == (SLUG, True)
    refused = signed_in.run("get", "nowhere", "--json")
    assert json.loads(refused.stdout)["code"] == "unknown_exercise"


def test_without_a_worker_the_answer_is_not_graded_yet(
    worker_process: WorkerProcess, signed_in: Terminal
) -> None:
    """Exit code 4, also when the wait is over; the submission is kept."""
    worker_process.stop()
    signed_in.write("mine.ipynb", SOLUTION)
    waited = signed_in.run("submit", "mine.ipynb", "--wait", "--timeout", "1")

    assert waited.returncode == 4
    assert "Not graded yet" in waited.stdout
    assert signed_in.run("status").returncode == 4
    again = signed_in.run("submit", "mine.ipynb")
    assert (again.returncode, Submission.objects.count()) == (2, 1)
    assert "being graded" in again.stderr


def test_the_token_is_only_its_owner_s_to_read(signed_in: Terminal) -> None:
    """The file has mode 600; a looser one is refused, and says how to fix it."""
    assert stat.S_IMODE(signed_in.account.stat().st_mode) == 0o600
    assert "quiet harbour" not in signed_in.account.read_text()

    signed_in.account.chmod(0o640)
    refused = signed_in.run("list")
    assert (refused.returncode, refused.stdout) == (3, "")
    assert f"chmod 600 {signed_in.account}" in refused.stderr

    assert signed_in.run("logout").returncode == 0
    assert not signed_in.account.exists()
    assert "Run: whybox login" in signed_in.run("list").stderr


def test_a_token_of_the_profile_page_signs_in(terminal: Terminal, learner: User) -> None:
    """As those with two-factor authentication do; a wrong one is refused and not stored."""
    wrong = terminal.run("login", terminal.site, "--token", answers=f"{'0' * 64}\n")
    assert wrong.returncode == 3
    assert not terminal.account.exists()

    answer = terminal.run("login", terminal.site, "--token", answers=f"{new_token(learner)}\n")
    assert answer.returncode == 0, answer.stderr
    assert SLUG in terminal.run("list").stdout


def test_a_wrong_password_is_said(terminal: Terminal, learner: User) -> None:
    """In the site's own sentence; nothing is stored."""
    answer = terminal.run("login", terminal.site, "--user", learner.email, answers="no\n")

    assert (answer.returncode, answer.stdout) == (3, "")
    assert answer.stderr == "whybox: Incorrect email or password.\n"
    assert not terminal.account.exists()


def test_an_expired_token_is_said(signed_in: Terminal, learner: User) -> None:
    """A changed password ends all tokens; the sentence says what to do."""
    learner.set_password("another harbour")
    learner.save()

    answer = signed_in.run("status")
    assert answer.returncode == 3
    assert "isn't valid any more" in answer.stderr
    assert "whybox login" in answer.stderr


def test_a_site_that_cannot_be_reached_is_said(terminal: Terminal) -> None:
    """Exit code 3 and the address, no traceback."""
    answer = terminal.run("login", "http://127.0.0.1:9", "--token", answers=f"{'0' * 64}\n")

    assert answer.returncode == 3
    assert "Can't reach http://127.0.0.1:9" in answer.stderr
    assert "Traceback" not in answer.stderr


@pytest.mark.parametrize(
    ("site", "words"),
    [("http://courses.example.org", "read your password"), ("ftp://x", "no site address")],
)
def test_a_password_does_not_cross_a_network_in_the_clear(
    terminal: Terminal, site: str, words: str
) -> None:
    """Nothing is asked for, and nothing is sent."""
    answer = terminal.run("login", site)

    assert answer.returncode == 2
    assert words in answer.stderr


def test_what_cannot_be_submitted_is_said(signed_in: Terminal) -> None:
    """Unknown exercise, no notebook, no metadata, no file, several files: exit code 2 each."""
    folder = signed_in.folder
    (folder / "page.html").write_text("<html>")
    (folder / "broken.ipynb").write_text("{")
    signed_in.write("unnamed.ipynb", SOLUTION, exercise=None)
    signed_in.write("elsewhere.ipynb", SOLUTION, exercise="no-such-exercise")
    said = {
        ("submit", "page.html"): "isn't a notebook",
        ("submit", "broken.ipynb"): "isn't a notebook",
        ("submit", "absent.ipynb"): "There is no file absent.ipynb",
        ("submit", "unnamed.ipynb"): "doesn't say which exercise it is for",
        ("submit", "elsewhere.ipynb"): 'There is no exercise "no-such-exercise"',
        ("submit", SLUG): f"No notebook of the exercise {SLUG} here",
        ("get", "nowhere"): 'There is no exercise "nowhere"',
        ("get", "../up"): '"../up" is no exercise',
        ("list", "nowhere"): 'No course "nowhere"',
        ("status",): "You have submitted nothing yet",
        (
            "submit",
            "unnamed.ipynb",
            "--exercise",
            SLUG,
            "--wait",
            "--timeout",
            "x",
        ): "invalid float",
        ("sbmit",): "invalid choice",
    }
    for command, words in said.items():
        answer = signed_in.run(*command)
        assert (answer.returncode, words in answer.stderr) == (2, True), answer
    assert not Submission.objects.exists()

    signed_in.write("one.ipynb", SOLUTION)
    signed_in.write("two.ipynb", SOLUTION)
    assert "one.ipynb, two.ipynb" in signed_in.run("submit", SLUG).stderr
    named = signed_in.run("submit", "unnamed.ipynb", "--exercise", SLUG)
    assert named.returncode == 0, named.stderr


def test_an_existing_file_is_not_replaced(signed_in: Terminal) -> None:
    """Only with --force; --draft gets the notebook of the site's page."""
    file = signed_in.folder / f"{SLUG}.ipynb"
    file.write_text("mine")
    assert signed_in.run("get", SLUG).returncode == 2
    assert file.read_text() == "mine"

    assert signed_in.run("get", SLUG, "--draft", "--force").returncode == 0
    assert json.loads(file.read_text())["metadata"]["whybox"]["exercise"] == SLUG


def test_no_attempts_left_and_an_untouched_starter_are_said(
    worker: WorkerProcess, signed_in: Terminal, limited: Callable[[int], None]
) -> None:
    """In the site's own sentences; neither counts as an attempt."""
    limited(1)
    signed_in.run("get", SLUG)
    untouched = signed_in.run("submit", SLUG)
    assert untouched.returncode == 2
    assert not Submission.objects.exists()

    signed_in.write("mine.ipynb", WRONG)
    assert signed_in.run("submit", "mine.ipynb", "--wait").returncode == 1
    again = signed_in.run("submit", "mine.ipynb")
    assert (again.returncode, Submission.objects.count()) == (2, 1)
    assert "attempts" in again.stderr


def test_the_rate_limit_is_said(signed_in: Terminal) -> None:
    """With the seconds after which it works again."""
    signed_in.write("mine.ipynb", SOLUTION)
    answers = [signed_in.run("submit", "mine.ipynb") for _ in range(31)]

    assert answers[-1].returncode == 3
    assert "Too many requests. Try again in" in answers[-1].stderr


def test_what_is_printed_cannot_steer_a_terminal(signed_in: Terminal) -> None:
    """A file's name with escape sequences is shown without them."""
    answer = signed_in.run("submit", "\x1b[2J.ipynb")

    assert "\x1b" not in answer.stderr


def test_the_file_is_the_same_for_everybody(client: Client) -> None:
    """The page names its digest; the bytes depend on the source alone."""
    first = archive()
    archive.cache_clear()
    assert archive() == first

    served = client.get("/cli/whybox.pyz")
    assert served.content == first
    assert served["Content-Disposition"] == 'attachment; filename="whybox.pyz"'
    names = zipfile.ZipFile(BytesIO(first)).namelist()
    assert {"__main__.py", "whybox/__init__.py", "whybox/commands.py"} <= set(names)


@pytest.mark.django_db
def test_the_page_explains_it(client: Client) -> None:
    """Lines to copy name this site; the exit codes are those of the help."""
    page = client.get("/cli/").content.decode()

    assert "python3 whybox.pyz login http://testserver" in page
    assert "%load_ext whybox" in page


@pytest.mark.parametrize(
    "file", sorted(Path(command_line.__file__).parent.glob("*.py")), ids=lambda file: file.name
)
def test_an_older_python_reads_it(file: Path) -> None:
    """The syntax is that of Python 3.9."""
    ast.parse(file.read_text(), feature_version=(3, 9))
