"""The chaos run notices what it is there to notice."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

import pytest
from django.utils import timezone

from bench.chaos import audit, material, processes
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
    findings = audit.count(accepted=accepted or {key}, runs=set(), mails={key: mails})
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
