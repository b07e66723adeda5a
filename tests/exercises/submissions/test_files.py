"""A submission's files: compressed and bounded in storage, deleted with their rows or by age."""

from __future__ import annotations

import gzip
import uuid
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from django.core.management import call_command
from django.utils import timezone

from courses.privacy.erasure import Certificates, erase
from exercises.models import State, Submission, SubmissionFiles
from exercises.submissions import files, lifecycle, pipeline, queue
from exercises.submissions.attempts import SubmissionRefused
from exercises.submissions.lease import claim
from grader.errors import SandboxUnavailable
from grader.report import GradeReport
from grader.sandbox.job import Verdict
from tests.exercises.submissions.test_pipeline import BrokenSandbox

if TYPE_CHECKING:
    from pathlib import Path

    from tests.exercises.learner_client import LearnerClient

pytestmark = pytest.mark.django_db(transaction=True)
REPORT = GradeReport(
    Verdict.OK, 1.0, 10.0, False, executed='{"cells": []}', page="<p>é</p>", answers=b"packed"
)


@pytest.fixture(autouse=True)
def folder(monkeypatch: pytest.MonkeyPatch, settings: Any, tmp_path: Path, db: None) -> Path:
    """A storage of this test's own; no worker takes its submissions."""
    monkeypatch.setattr(queue, "enqueue", lambda _pk: None)
    options = {"BACKEND": "django.core.files.storage.FileSystemStorage"}
    settings.STORAGES = settings.STORAGES | {
        "submissions": options | {"OPTIONS": {"location": str(tmp_path)}}
    }
    return tmp_path


def graded(learner_client: LearnerClient) -> Submission:
    """Make a submission with all of its files."""
    submission = learner_client.submit()
    lease = claim(submission_id=submission.pk)
    assert lease is not None
    assert lifecycle.record_grade(lease=lease, report=REPORT)
    return submission


def stored(folder: Path) -> list[Path]:
    """Return the files in the storage."""
    return sorted(path for path in folder.rglob("*") if path.is_file())


def test_each_kind_is_stored_compressed(learner_client: LearnerClient, folder: Path) -> None:
    """Four files, each gzip, each read back as it was; the row holds their names only."""
    submission = graded(learner_client)
    assert len(stored(folder)) == 4
    assert all(gzip.decompress(path.read_bytes()) for path in stored(folder))
    assert files.executed(submission.pk) == b'{"cells": []}'
    assert files.page(submission.pk) == "<p>é</p>"
    assert files.answers(submission.pk) == b"packed"
    assert b"nbformat" in files.notebook(submission.pk)


def test_a_file_is_bounded_both_ways(learner_client: LearnerClient, folder: Path) -> None:
    """Too much is not stored, and what unfolds to too much is not read."""
    submission = graded(learner_client)
    with pytest.raises(ValueError, match="allowed"):
        files.write(submission.pk, "answers", bytes(files.MAX_BYTES + 1))
    (folder / "bomb").write_bytes(gzip.compress(bytes(files.MAX_BYTES + 1)))
    with pytest.raises(ValueError, match="unfolds"):
        files.read("bomb")
    assert files.read("gone") == b""


def test_an_erased_account_leaves_no_file(learner_client: LearnerClient, folder: Path) -> None:
    """Files go with the rows, once that is committed, also by the cascade from the account."""
    graded(learner_client)
    erase(user=learner_client.learner, certificates=Certificates.FORGET)
    assert stored(folder) == []


def test_a_refused_submission_leaves_no_file(learner_client: LearnerClient, folder: Path) -> None:
    """A notebook that the attempt rules refuse is not kept."""
    learner_client.submit()
    with pytest.raises(SubmissionRefused):
        learner_client.submit()
    assert len(stored(folder)) == 1


def test_a_lost_lease_leaves_no_file(learner_client: LearnerClient, folder: Path) -> None:
    """What a slow worker has stored goes when its grade is not written."""
    submission = learner_client.submit()
    slow = claim(submission_id=submission.pk)
    assert slow is not None
    lifecycle.put_back(lease=slow)
    assert not lifecycle.record_grade(lease=slow, report=REPORT)
    assert pipeline._record(submission, lease=slow, report=REPORT) is None
    assert len(stored(folder)) == 1


def test_files_expire_and_the_grade_stays(
    learner_client: LearnerClient, folder: Path, settings: Any
) -> None:
    """Beyond the retention the files go; a project due for review and recent ones keep theirs."""
    old, recent, due = (graded(learner_client) for _ in range(3))
    long_ago = timezone.now() - timedelta(days=31)
    Submission.objects.filter(pk__in=[old.pk, due.pk]).update(finished_at=long_ago)
    Submission.objects.filter(pk=due.pk).update(review_due=True)

    settings.SUBMISSION_FILES_DAYS = 0
    assert files.expire() == 0
    settings.SUBMISSION_FILES_DAYS = 30
    call_command("prune_files")

    assert not SubmissionFiles.objects.get(pk=old.pk).page
    assert Submission.objects.get(pk=old.pk).score == 1.0
    assert len(stored(folder)) == 8
    for kept in (recent, due):
        assert files.page(kept.pk)
    assert files.expire() == 0
    assert learner_client.browser.get(f"/submissions/{old.pk}/notebook/").status_code == 404
    assert "Not yet passed" in learner_client.page(old)


def test_files_that_no_row_names_are_deleted(learner_client: LearnerClient, folder: Path) -> None:
    """What a crash left between file and row goes after a day; named files stay."""
    submission = graded(learner_client)
    files.write(submission.pk, "page", b"left by a crash")
    assert files.delete_unnamed() == 0
    assert files.delete_unnamed(now=timezone.now() + timedelta(days=2)) == 1
    assert len(stored(folder)) == 4
    assert files.page(submission.pk) == "<p>é</p>"


def test_no_page_loads_a_file_that_it_does_not_show(
    learner_client: LearnerClient, folder: Path
) -> None:
    """Exercise, submission and dashboard are shown although every file is gone."""
    submission = graded(learner_client)
    for path in stored(folder):
        path.unlink()
    assert learner_client.page(submission)
    address = learner_client.exercise.get_absolute_url()
    assert learner_client.browser.get(address).status_code == 200


def full_disk(settings: Any) -> None:
    """Keep the files of submissions where none can be written, as on a full disk."""
    options = {"BACKEND": "tests.exercises.submissions.full_storage.FullStorage"}
    settings.STORAGES = settings.STORAGES | {"submissions": options}


def test_a_worker_that_cannot_store_a_grade_says_so(
    learner_client: LearnerClient, settings: Any
) -> None:
    """The submission is queued again and no attempt is used; the worker takes no more."""
    submission = learner_client.submit()
    full_disk(settings)
    with pytest.raises(SandboxUnavailable, match="No space is left"):
        pipeline.grade_submission(
            submission.pk, sandbox=BrokenSandbox(), grade=lambda *_notebook, **_facts: REPORT
        )
    submission.refresh_from_db()
    assert (submission.state, submission.tries, submission.interruptions) == (State.QUEUED, 1, 1)


def test_the_storage_is_checked_before_a_sandbox_is_opened(folder: Path, settings: Any) -> None:
    """By a file that is written, read and deleted; a full disk is named."""
    files.check_storage()
    assert stored(folder) == []
    full_disk(settings)
    with pytest.raises(SandboxUnavailable) as fault:
        files.check_storage()
    assert "free space" in fault.value.fix


def test_a_full_disk_leaves_no_half_of_a_file(folder: Path, settings: Any) -> None:
    """What was written before the space ended is deleted."""
    full_disk(settings)
    settings.STORAGES["submissions"]["OPTIONS"] = {"location": str(folder)}
    with pytest.raises(OSError, match="No space"):
        files.write(uuid.uuid4(), "notebook", b"x" * 1000)
    assert stored(folder) == []
