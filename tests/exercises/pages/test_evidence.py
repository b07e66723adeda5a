"""The notebook of a graded project beside a certificate: public by the holder's consent only."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from django.test import Client
from django.utils import timezone

from courses.certificates.issuing import issue, revoke, show_results
from courses.models import Certificate, Course, Part
from exercises.achievements import achieved
from exercises.models import Exercise, Review, Submission
from exercises.submissions import files, lifecycle, queue
from exercises.submissions.lease import claim
from grader.report import GradeReport
from grader.sandbox.job import Verdict

if TYPE_CHECKING:
    from pathlib import Path

    from tests.exercises.learner_client import LearnerClient

pytestmark = pytest.mark.django_db


@pytest.fixture
def project(
    learner_client: LearnerClient, monkeypatch: pytest.MonkeyPatch, settings: Any, tmp_path: Path
) -> Submission:
    """A project that passed the checks and that a reviewer accepted, with its page."""
    monkeypatch.setattr(queue, "enqueue", lambda _pk: None)
    options = {"BACKEND": "django.core.files.storage.FileSystemStorage"}
    settings.STORAGES = settings.STORAGES | {
        "submissions": options | {"OPTIONS": {"location": str(tmp_path)}}
    }
    Exercise.objects.update(reviewed=True)
    learner_client.exercise.refresh_from_db()
    most = learner_client.exercise.max_score
    submission = learner_client.submit()
    lease = claim(submission_id=submission.pk)
    assert lease is not None
    report = GradeReport(Verdict.OK, most, most, True, page="<p>My analysis</p>")
    assert lifecycle.record_grade(lease=lease, report=report)
    submission.refresh_from_db()
    return submission


def accept(submission: Submission, *, passed: bool) -> None:
    """Write what a reviewer decided."""
    Review.objects.update_or_create(
        submission=submission,
        defaults={
            "points": {},
            "score": 1,
            "max_score": 1,
            "passed": passed,
            "created_at": timezone.now(),
        },
    )


def certificate_of(submission: Submission) -> Certificate:
    """Issue the certificate of a course that consists of the project."""
    slug = submission.exercise.slug
    Part.objects.filter(exercise_slug=slug).delete()
    course = Course.objects.create(
        slug="projects", title="Projects", summary="S.", level="beginner", version="1.0"
    )
    Part.objects.create(
        course=course, position=0, kind="exercise", exercise_slug=slug, title="My project"
    )
    return issue(user=submission.user, course=course, parts=list(course.parts.for_outlines()))


def test_a_project_counts_once_a_reviewer_has_accepted_it(project: Submission) -> None:
    """With its best score; one that was not accepted is no evidence."""
    slug = project.exercise.slug
    assert achieved(project.user, [slug]) == {}
    accept(project, passed=False)
    assert achieved(project.user, [slug]) == {}
    accept(project, passed=True)
    found = achieved(project.user, [slug])[slug]
    assert (found.score, found.reviewed, found.evidence) == (
        project.max_score,
        True,
        str(project.pk),
    )


def test_anybody_reads_the_project_while_the_holder_consents(project: Submission) -> None:
    """Not before, not after, not of a revoked certificate, and no other submission."""
    accept(project, passed=True)
    certificate = certificate_of(project)
    address = f"/certificates/{certificate.pk}/projects/{project.pk}/"
    assert certificate.passed[0]["kind"] == "project"
    assert Client().get(address).status_code == 404

    show_results(certificate=certificate, scores=False, evidence=True)
    answer = Client().get(address)
    assert answer.status_code == 200
    assert "My analysis" in answer.content.decode()
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    assert address in Client().get(certificate.get_absolute_url()).content.decode()
    other = f"/certificates/{certificate.pk}/projects/{certificate.pk}/"
    assert Client().get(other).status_code == 404

    show_results(certificate=certificate, scores=False, evidence=False)
    assert Client().get(address).status_code == 404
    show_results(certificate=certificate, scores=False, evidence=True)
    revoke(certificate=certificate, reason="A mistake.")
    assert Client().get(address).status_code == 404


def test_a_project_that_everybody_may_read_keeps_its_files(
    project: Submission, settings: Any
) -> None:
    """Beyond the retention too, until the holder no longer shows it."""
    settings.SUBMISSION_FILES_DAYS = 30
    accept(project, passed=True)
    Submission.objects.update(finished_at=timezone.now() - timedelta(days=31), review_due=False)
    certificate = certificate_of(project)
    show_results(certificate=certificate, scores=False, evidence=True)
    assert files.expire() == 0
    address = f"/certificates/{certificate.pk}/projects/{project.pk}/"
    assert Client().get(address).status_code == 200

    show_results(certificate=certificate, scores=False, evidence=False)
    assert files.expire() == 1
