"""Claim, grade, record: what is raised is ours, and nothing is ever scored by an exception."""
# ruff: noqa: ARG002  # the fakes take what the protocol gives them

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from django.core import mail

from exercises import mails, pipeline, queue, submissions
from exercises.models import State
from grader.errors import SandboxUnavailable
from grader.report import GradeReport
from grader.sandbox.job import Run, Verdict

if TYPE_CHECKING:
    from collections.abc import Callable

    from grader.sandbox.job import Event, Job
    from tests.exercises.desk import Desk

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _no_messages(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep the session's worker from taking what these tests grade themselves."""
    monkeypatch.setattr(queue, "announce", lambda _pk: None)


class BrokenSandbox:
    """A sandbox whose walls have fallen."""

    def run(self, job: Job, *, on_event: Callable[[Event], None] | None = None) -> Run:
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

    def run(self, job: Job, *, on_event: Callable[[Event], None] | None = None) -> Run:
        """Return a run that ended by a fault of ours."""
        return Run(verdict=Verdict.INTERNAL_ERROR, cells=(), answers={})


def test_a_broken_sandbox_is_passed_on_and_costs_nothing(desk: Desk) -> None:
    """The submission is queued again, and the worker is told that its sandbox is gone."""
    submission = desk.submit()
    with pytest.raises(SandboxUnavailable):
        pipeline.grade_submission(submission.pk, sandbox=BrokenSandbox())
    submission.refresh_from_db()
    assert (submission.state, submission.tries) == (State.QUEUED, 1)


def test_a_run_that_failed_by_our_fault_is_no_grade(desk: Desk) -> None:
    """A run that says internal error is tried again, a bounded number of times."""
    submission = desk.submit()
    states = [pipeline.grade_submission(submission.pk, sandbox=FaultySandbox()) for _ in range(4)]
    assert states == [State.QUEUED, State.QUEUED, State.FAILED, None]
    submission.refresh_from_db()
    assert (submission.verdict, submission.score) == ("internal_error", None)


def test_broken_content_is_ours(desk: Desk) -> None:
    """An exercise whose folder is gone fails no learner."""
    desk.exercise.slug = "nowhere"
    desk.exercise.save()
    submission = desk.submit()
    assert pipeline.grade_submission(submission.pk, sandbox=FaultySandbox()) == State.QUEUED


def test_the_verdict_is_mailed_once(desk: Desk) -> None:
    """Who wished a mail gets one, in words, though its message comes twice; others get none."""
    for wanted in (True, False):
        submission = submissions.submit(
            user=desk.learner, exercise=desk.exercise, notebook=desk.make(), mail_wanted=wanted
        )
        lease = submissions.claim(submission_id=submission.pk)
        assert lease is not None
        report = GradeReport(verdict=Verdict.OK, score=9.5, max_score=10.0, passed=True)
        submissions.record_grade(lease=lease, report=report)
        mails.mail_graded(submission.pk)
        mails.mail_graded(submission.pk)
    (sent,) = mail.outbox
    assert sent.to == ["ada@example.org"]
    assert sent.subject == "Marked: The parts of a linear model"
    assert "Passed: 9.5 of 10 points." in sent.body
    assert "/submissions/" in sent.body


def test_a_mail_speaks_the_learner_s_language(desk: Desk) -> None:
    """The worker has no visitor; the profile says which language it is."""
    desk.learner.locale = "fr"
    desk.learner.save()
    submission = submissions.submit(
        user=desk.learner, exercise=desk.exercise, notebook=desk.make(), mail_wanted=True
    )
    lease = submissions.claim(submission_id=submission.pk)
    assert lease is not None
    report = GradeReport(verdict=Verdict.OK, score=9.5, max_score=10.0, passed=True)
    submissions.record_grade(lease=lease, report=report)

    mails.mail_graded(submission.pk)

    (sent,) = mail.outbox
    assert "L’essai 1 de" in sent.body  # noqa: RUF001  # French writes it so
