"""Claim, grade, record: exceptions are platform errors, and none of them ever scores."""
# ruff: noqa: ARG002  # the fakes take what the protocol gives them

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from django.core import mail

from exercises.models import State
from exercises.submissions import emails, lifecycle, pipeline, queue
from exercises.submissions.lease import claim
from grader.errors import SandboxUnavailable
from grader.report import Diagnosis, GradeReport
from grader.sandbox.job import Run, Verdict

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable

    from grader.sandbox.job import Event, Job
    from tests.exercises.learner_client import LearnerClient

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _no_messages(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep the session's worker from taking what these tests grade themselves."""
    monkeypatch.setattr(queue, "enqueue", lambda _pk: None)


class BrokenSandbox:
    """A sandbox that is broken."""

    def run(
        self,
        job: Job,
        *,
        on_event: Callable[[Event], None] | None = None,
        interrupt: threading.Event | None = None,
    ) -> Run:
        """Refuse."""
        raise SandboxUnavailable("bwrap is gone.", fix="apt-get install bubblewrap")

    def run_many(
        self, jobs: tuple[Job, ...], *, on_event: Callable[[int, Event], None] | None = None
    ) -> tuple[Run, ...]:
        """Refuse."""
        return tuple(self.run(job) for job in jobs)

    def close(self) -> None:
        """Do nothing."""


class FaultySandbox(BrokenSandbox):
    """A sandbox that runs, and finds out that it failed itself."""

    def run(
        self,
        job: Job,
        *,
        on_event: Callable[[Event], None] | None = None,
        interrupt: threading.Event | None = None,
    ) -> Run:
        """Return a run that ended with a platform error."""
        return Run(verdict=Verdict.INTERNAL_ERROR, cells=(), answers={})


def test_a_broken_sandbox_is_reported_and_costs_no_attempt(learner_client: LearnerClient) -> None:
    """The submission is queued again, and the worker learns that its sandbox is gone."""
    submission = learner_client.submit()
    with pytest.raises(SandboxUnavailable):
        pipeline.grade_submission(submission.pk, sandbox=BrokenSandbox())
    submission.refresh_from_db()
    assert (submission.state, submission.tries) == (State.QUEUED, 1)


def test_a_platform_error_is_not_graded(learner_client: LearnerClient) -> None:
    """A run that says internal error is tried again, a bounded number of times."""
    submission = learner_client.submit()
    states = [pipeline.grade_submission(submission.pk, sandbox=FaultySandbox()) for _ in range(4)]
    assert states == [State.QUEUED, State.QUEUED, State.FAILED, None]
    submission.refresh_from_db()
    assert (submission.verdict, submission.score) == ("internal_error", None)


def test_broken_content_is_a_platform_error(learner_client: LearnerClient) -> None:
    """An exercise whose folder is gone fails no learner."""
    learner_client.exercise.slug = "nowhere"
    learner_client.exercise.save()
    submission = learner_client.submit()
    assert pipeline.grade_submission(submission.pk, sandbox=FaultySandbox()) == State.QUEUED


def test_the_verdict_is_emailed_once(learner_client: LearnerClient) -> None:
    """Who asked for an email gets one, though its task is delivered twice; others get none."""
    for wanted in (True, False):
        submission = lifecycle.submit(
            user=learner_client.learner,
            exercise=learner_client.exercise,
            notebook=learner_client.make(),
            mail_wanted=wanted,
        )
        lease = claim(submission_id=submission.pk)
        assert lease is not None
        report = GradeReport(verdict=Verdict.OK, score=9.5, max_score=10.0, passed=True)
        lifecycle.record_grade(lease=lease, report=report)
        emails.mail_graded(submission.pk)
        emails.mail_graded(submission.pk)
    (sent,) = mail.outbox
    assert sent.to == ["ada@example.org"]
    assert sent.subject == "Graded: The parts of a linear model"
    assert "Passed: 9.5 of 10 points." in sent.body
    assert "/submissions/" in sent.body


def test_an_email_says_what_the_page_says(learner_client: LearnerClient) -> None:
    """The diagnosis of a failed submission is in the email, with the question to check."""
    submission = lifecycle.submit(
        user=learner_client.learner,
        exercise=learner_client.exercise,
        notebook=learner_client.make(),
        mail_wanted=True,
    )
    lease = claim(submission_id=submission.pk)
    assert lease is not None
    facts = {"message": "You submitted absolute values.", "question": "Which are negative?"}
    found = Diagnosis(("absolute",), "match", "diagnosis.match", facts)
    report = GradeReport(
        verdict=Verdict.OK, score=3, max_score=10.0, passed=False, misconception=found
    )
    lifecycle.record_grade(lease=lease, report=report)

    emails.mail_graded(submission.pk)

    (sent,) = mail.outbox
    assert "You submitted absolute values.\nTo check: Which are negative?" in sent.body


def test_an_email_is_in_the_learner_s_language(learner_client: LearnerClient) -> None:
    """The worker has no visitor; the profile says which language it is."""
    learner_client.learner.locale = "fr"
    learner_client.learner.save()
    submission = lifecycle.submit(
        user=learner_client.learner,
        exercise=learner_client.exercise,
        notebook=learner_client.make(),
        mail_wanted=True,
    )
    lease = claim(submission_id=submission.pk)
    assert lease is not None
    report = GradeReport(verdict=Verdict.OK, score=9.5, max_score=10.0, passed=True)
    lifecycle.record_grade(lease=lease, report=report)

    emails.mail_graded(submission.pk)

    (sent,) = mail.outbox
    assert "a été not" in sent.body
