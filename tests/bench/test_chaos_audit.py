"""Every rule of the chaos run is broken once here, and the count says so."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest
from django.utils import timezone

from bench import load
from bench.chaos import audit, material, processes
from bench.chaos.editor import RunsTold
from courses.certificates.issuing import issue
from courses.learners.progress import record_completion
from courses.models import Certificate, Course, User
from exercises.models import Exercise, State, Submission
from exercises.submissions import files
from grader.sandbox import cgroup

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_django.fixtures import Settings


@pytest.fixture
def learner(settings: Settings, tmp_path: Path, db: None) -> User:
    """A learner of the chaos run's course, on a storage of its own, with every end noted."""
    options = {"BACKEND": "django.core.files.storage.FileSystemStorage"}
    settings.STORAGES = settings.STORAGES | {
        "submissions": options | {"OPTIONS": {"location": str(tmp_path / "files")}}
    }
    settings.CONTENT_DIR = tmp_path
    (tmp_path / "files").mkdir()
    material.write_exercises(tmp_path)
    material.create_rows(tmp_path, learners=1)
    audit.note_ends()
    return User.objects.get()


def graded(learner: User, slug: str, **facts: Any) -> Submission:
    """Store a submission that has its grade."""
    now = timezone.now()
    return Submission.objects.create(
        user=learner,
        exercise=Exercise.objects.get(slug=slug),
        **{
            "attempt": 1,
            "state": State.GRADED,
            "verdict": "ok",
            "score": 1.0,
            "max_score": 1.0,
            "passed": True,
            "created_at": now,
            "notified_at": now,
            "finished_at": now,
            **facts,
        },
    )


def wrong() -> set[str]:
    """Return what the count calls wrong when all were accepted and emailed."""
    keys = {str(key) for key in Submission.objects.values_list("pk", flat=True)}
    found = audit.count(accepted=keys, runs=RunsTold(), mails=dict.fromkeys(keys, 1))
    return set(found.wrong)


def test_a_certificate_that_is_missing_or_not_earned_is_noticed(learner: User) -> None:
    """One for whoever has passed everything, none for others."""
    for slug in material.SLUGS[:-1]:
        graded(learner, slug)
        record_completion(user=learner, exercise_slug=slug)
    assert wrong() == set()
    course = Course.objects.get()
    issue(user=learner, course=course, parts=list(course.parts.for_outlines()))
    assert wrong() == {"certificates"}
    Certificate.objects.all().delete()
    graded(learner, material.SLUGS[-1])
    record_completion(user=learner, exercise_slug=material.SLUGS[-1])
    assert audit.issued_wrongly({learner.pk: 1}) == []
    assert len(audit.issued_wrongly({learner.pk: 2})) == 1
    assert len(audit.issued_wrongly({})) == 1


def test_a_gap_in_the_attempts_is_noticed(learner: User) -> None:
    """A learner whose first submission that counts is the second was charged for a fault."""
    graded(learner, material.SLUGS[0], attempt=2)
    assert wrong() == {"attempts that do not count from 1 without a gap"}


def test_a_right_notebook_that_failed_is_noticed(learner: User) -> None:
    """Graded, and not passed."""
    graded(learner, material.SLUGS[0], score=0.0, passed=False)
    assert wrong() == {"not passed"}


def test_a_deleted_grade_is_noticed(learner: User) -> None:
    """An id that was given, and a row that is gone."""
    key = str(graded(learner, material.SLUGS[0]).pk)
    Submission.objects.all().delete()
    found = audit.count(accepted={key}, runs=RunsTold(), mails={key: 1})
    assert "accepted and not there" in found.wrong


def test_a_file_that_nothing_names_and_pruning_leaves_is_noticed(
    learner: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Pruning removes it; where pruning does nothing, the count finds it."""
    files.write(graded(learner, material.SLUGS[0]).pk, "notebook", b"{}")
    with monkeypatch.context() as broken:
        broken.setattr(files, "delete_unnamed", lambda **_when: 0)
        assert wrong() == {"files that nothing names"}
    assert wrong() == set()


def test_what_is_still_going_on_is_noticed(learner: User) -> None:
    """A submission that nobody grades is told when the time is up."""
    graded(
        learner,
        material.SLUGS[0],
        state=State.QUEUED,
        verdict="",
        score=None,
        passed=False,
        finished_at=None,
    )
    assert audit.wait_for_end(seconds=0.0, skip_after=1.0) == {"submissions": 1}


def test_a_process_that_is_left_is_noticed() -> None:
    """Below the process that started the site, whoever its own parent was."""
    program = "import subprocess, sys; subprocess.run([sys.executable, '-c', 'input()'])"
    command = [sys.executable, "-c", program]
    with subprocess.Popen(command, stdin=subprocess.PIPE) as parent:
        while not (left := processes.left_below(parent.pid, seconds=0.0)):
            assert parent.poll() is None
        assert "input()" in left[0]
        parent.communicate(b"\n")
    assert processes.left_below(parent.pid, seconds=0.0) == []


def test_a_control_group_that_cannot_be_removed_is_noticed() -> None:
    """One whose sandbox has ended while a run goes on in it; that of another site is not."""
    place = cgroup.hierarchy()
    if place is None:  # where this user may make no groups, a site makes none either
        assert processes.groups_left() == []
        return
    with subprocess.Popen([sys.executable, "-c", ""]) as ended:
        pass
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as run:
        lost = cgroup.Group(place, owner=ended.pid, bound_bytes=2**28)
        others = cgroup.Group(place, owner=run.pid, bound_bytes=2**28)
        for group in (others, lost):
            group.add(run.pid)
        left = processes.groups_left()
        run.communicate(b"\n")
    lost.remove()
    others.remove()
    assert [f"-{ended.pid}-" in name for name in left] == [True]
    assert processes.groups_left() == []


@pytest.mark.parametrize("name", ["tmp/x", "references/tmpabc", "var/submissions/a.part"])
def test_a_temporary_file_that_is_left_is_noticed(tmp_path: Path, name: str) -> None:
    """In the folder for them, or beside what it was to become."""
    assert audit.temporary_files(tmp_path) == []
    (tmp_path / name).parent.mkdir(parents=True)
    (tmp_path / name).touch()
    (tmp_path / "var").mkdir(exist_ok=True)
    (tmp_path / "var" / "db.sqlite3").touch()
    assert audit.temporary_files(tmp_path) == [name]


def test_waits_are_told_by_turn() -> None:
    """Whoever has one submission in the queue, and who has two before it."""
    told = {
        "a": load.Graded(1, 0.0, 10.0),
        "b": load.Graded(1, 1.0, 31.0),
        "c": load.Graded(2, 2.0, 14.0),
        "d": load.Graded(1, 11.0, 41.0),
    }
    assert load.waits_by_turn(told) == [11.0, 30.0]
