"""The chaos run notices what it is there to notice."""

from __future__ import annotations

import random
import shlex
import shutil
import socket
import subprocess
import sys
import uuid
from typing import TYPE_CHECKING, Any

import pytest
from django.utils import timezone

from bench.chaos import audit, campus, clocks, material, processes
from bench.chaos.editor import Editor, RunsTold
from bench.chaos.second_host import SecondHost
from courses.models import User
from exercises.catalogue import loading
from exercises.models import Exercise, State, Submission, SubmissionFiles

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def graded(settings: Any, tmp_path: Path, db: None) -> Submission:
    """One graded submission, on a storage of its own, with every end noted."""
    options = {"BACKEND": "django.core.files.storage.FileSystemStorage"}
    settings.STORAGES = settings.STORAGES | {
        "submissions": options | {"OPTIONS": {"location": str(tmp_path / "files")}}
    }
    (tmp_path / "files").mkdir()
    material.write_exercises(tmp_path)
    loading.load(content=tmp_path)
    audit.note_ends()
    submission = Submission.objects.create(
        user=User.objects.create_user("ada@example.org", "a quiet harbour"),
        exercise=Exercise.objects.get(slug=material.SLUGS[0]),
        attempt=1,
        max_score=1.0,
        created_at=timezone.now(),
        notified_at=timezone.now(),
    )
    end(submission)
    return submission


def end(submission: Submission) -> None:
    """Write a grade, as a worker does that holds it."""
    Submission.objects.filter(pk=submission.pk).update(
        state=State.GRADED,
        verdict="ok",
        score=1.0,
        passed=True,
        finished_at=timezone.now(),
    )


def found(submission: Submission, *, accepted: set[str] | None = None, mails: int = 1) -> set[str]:
    """Return what the count calls wrong."""
    key = str(submission.pk)
    findings = audit.count(accepted=accepted or {key}, runs=RunsTold(), mails={key: mails})
    return set(findings.wrong)


def test_nothing_is_wrong_with_one_grade_and_one_email(graded: Submission) -> None:
    """The control of the others."""
    assert found(graded) == set()
    assert found(graded, mails=2) == set()


def test_what_was_accepted_and_is_not_there_is_lost(graded: Submission) -> None:
    """An id that a learner was given, and no row has."""
    assert found(graded, accepted={str(uuid.uuid4())}) == {"accepted and not there"}


def test_a_second_end_is_noticed_whoever_writes_it(graded: Submission) -> None:
    """The row looks as before; the database has noted both."""
    end(graded)
    assert found(graded) == {"ended twice"}


def test_what_is_not_graded_is_noticed(graded: Submission) -> None:
    """Set aside for staff is no grade."""
    Submission.objects.filter(pk=graded.pk).update(
        state=State.FAILED, verdict="internal_error", score=None, passed=False
    )
    assert found(graded) == {"not graded", "ended twice"}


@pytest.mark.parametrize(
    ("mails", "wrong"), [(0, "graded without an email"), (3, "more than two emails")]
)
def test_emails_are_counted(graded: Submission, mails: int, wrong: str) -> None:
    """Once or twice; never not at all."""
    assert found(graded, mails=mails) == {wrong}


def test_a_missing_file_is_noticed(graded: Submission) -> None:
    """A row that names a file that is not there."""
    SubmissionFiles.objects.create(submission=graded, notebook="ab/x/notebook-1.gz")
    assert found(graded) == {"files that are missing"}


@pytest.mark.parametrize(
    ("command", "kind"),
    [
        ("/usr/bin/bwrap --unshare-all -- python -m inside.server 5", "bubblewrap"),
        ("python -I -S grader/sandbox/supervisor.py {inside.server}", "supervisor"),
        ("python -P -s -m inside.server 5", processes.SANDBOX),
        ("python -m grader.grading_process.child 29", "grading process"),
        ("python -m celery worker", ""),
    ],
)
def test_processes_are_told_apart(command: str, kind: str) -> None:
    """By their command lines, of which one contains the next."""
    assert processes.kind_of(command.replace(" ", "\0").encode()) == kind


class _Site:
    """Answers a page of the workbench with what a test has written down, one after the other."""

    def __init__(self, *answers: tuple[int, dict[str, Any] | None]) -> None:
        self.answers = list(answers)

    def __call__(
        self, _method: str, _path: str, _body: bytes = b""
    ) -> tuple[int, dict[str, Any] | None]:
        """Answer the next request."""
        return self.answers.pop(0)


class _Reader(random.Random):
    """Somebody who never closes the page."""

    def random(self) -> float:
        """Return the most."""
        return 1.0


DRAFT = (200, {"version": 3})


def run(status: int, state: str, detail: str = "") -> tuple[int, dict[str, Any]]:
    """Return an answer about a run."""
    return status, {"id": "1", "state": state, "detail": detail, "poll_ms": 0, "cursor": 0}


def told_after(*answers: tuple[int, dict[str, Any] | None]) -> RunsTold:
    """Let a page get these answers; return what it was told."""
    told, site = RunsTold(), _Site(*answers)
    Editor("/draft/", site, told, _Reader()).work()
    assert site.answers == []
    return told


def test_a_page_asks_again_while_the_site_is_away(monkeypatch: pytest.MonkeyPatch) -> None:
    """No answer, 503 and too many questions are no end; the run's end is."""
    monkeypatch.setattr("bench.chaos.editor.RETRY_WAIT", 0.0)
    away: list[tuple[int, dict[str, Any] | None]] = [(0, None), (503, {}), (429, {})]
    told = told_after(DRAFT, run(202, "queued"), *away, run(200, "running"), run(200, "done"))
    assert (dict(told.ends), any(told.wrong().values())) == ({"done": 1}, False)


def test_a_lost_run_is_run_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """Until it comes to its end, refusals in between included."""
    monkeypatch.setattr("bench.chaos.editor.PRESS_AGAIN", 0.0)
    lost = run(200, "lost", "A fault of the site.")
    again: list[tuple[int, dict[str, Any] | None]] = [DRAFT, (503, {}), DRAFT]
    told = told_after(DRAFT, run(202, "running"), lost, *again, run(202, "done"))
    assert (told.repeated, told.worked, any(told.wrong().values())) == (1, 1, False)


def test_what_a_page_must_not_be_told_is_noticed() -> None:
    """A right notebook that is called wrong; a loss without a reason; a loss for good."""
    for answer in (run(202, "error"), run(202, "limit")):
        wrong = told_after(DRAFT, answer).wrong()
        assert [what for what, who in wrong.items() if who] == [
            "runs that were called the learner's mistake"
        ]
    told = RunsTold(repeated=2, worked=1, unexplained=["1"], stuck=["2: queued"])
    assert sum(bool(who) for who in told.wrong().values()) == 3


def test_scores_of_a_platform_are_compared_with_what_was_earned() -> None:
    """Missing, lower, higher, two values of one exercise, and a column that exists twice."""
    link = f"exercise:{material.SLUGS[0]}"
    items = [{"id": "http://lms/items/a?course=7", "resourceLinkId": link}]

    def wrong(*values: float, earned: float = 100.0, columns: int = 1) -> set[str]:
        history = [{"item": "a", "userId": "u1", "scoreGiven": value} for value in values]
        told = {"items": items * columns, "history": history}
        return {what for what, who in campus.wrong(told, {(link, "u1"): earned}).items() if who}

    assert wrong(100.0, 100.0) == set()
    assert wrong() == {"scores that never arrived"}
    assert wrong(50.0) == {"scores that are lower than earned"}
    assert wrong(100.0, earned=50.0) == {"scores that are higher than earned"}
    assert "scores of an exercise sent with two values" in wrong(50.0, 100.0)
    assert "scores of the course that went back" in wrong(100.0, 50.0)
    assert wrong(100.0, columns=2) == {"columns made twice"}


def test_a_clock_jumps_and_time_that_passes_does_not(tmp_path: Path) -> None:
    """In a process that runs already; the machine's own clock stays as it is."""
    library = clocks.compiled(tmp_path)
    if library is None:  # then the run says that no clock was moved
        assert shutil.which("cc") is None
        return
    clock = clocks.Clock(tmp_path / "clock", library)
    program = (
        "import time\n"
        "for line in iter(input, 'end'): print(time.time(), time.monotonic(), flush=True)"
    )
    with subprocess.Popen(
        [*shlex.split(clock.prefix), sys.executable, "-c", program],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        bufsize=1,
    ) as process:
        assert process.stdin
        assert process.stdout
        seen = []
        for seconds in (0, 10**6, -(10**6)):
            clock.set(seconds)
            process.stdin.write("now\n")
            day, passing = map(float, process.stdout.readline().split())
            seen.append((day, passing))
        process.stdin.write("end\n")
    assert [round((day - seen[0][0]) / 10**6) for day, _passing in seen] == [0, 1, -1]
    assert [round((passing - seen[0][1]) / 10**6) for _day, passing in seen] == [0, 0, 0]


def test_a_second_host_can_be_cut_off_or_says_why_there_is_none() -> None:
    """Its processes reach this machine, not while the cable is cut, and again afterwards."""
    host = SecondHost()
    if reason := host.make():
        assert reason
        return
    try:
        with socket.create_server((host.address, 0)) as server:
            program = f"import socket; socket.create_connection({server.getsockname()!r}, 60)"
            command = [*shlex.split(host.prefix), sys.executable, "-c", program]

            def reaches() -> bool:
                return (
                    subprocess.run(command, stderr=subprocess.DEVNULL, check=False).returncode == 0
                )

            assert reaches()
            assert (host.cut(3600), host.cut(3600)) == (1, 0)
            assert not reaches()
            host.join_again()
            assert reaches()
    finally:
        host.remove()
