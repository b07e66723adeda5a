"""The state machine: attempt rules, leases, bounded tries, and what the database refuses."""

from __future__ import annotations

import uuid
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from celery import Celery
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from courses.models import User
from exercises.models import Stage, State, Submission
from exercises.submissions import files, lifecycle, queue
from exercises.submissions.attempts import SubmissionRefused, standing
from exercises.submissions.lease import LEASE, Lease, Progress, claim, renew_lease
from exercises.submissions.lifecycle import (
    LOOK_BACK,
    MAX_INTERRUPTIONS,
    MAX_INTERRUPTIONS_IN_OUTAGE,
    MAX_INTERRUPTIONS_IN_TROUBLE,
    MAX_TRIES,
    MOST_SET_ASIDE,
    OUTAGE,
    PAUSES,
    SHARE_IN_TROUBLE,
)
from grader.report import GradeReport, VariantMatch
from grader.sandbox.job import Verdict

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    from tests.exercises.learner_client import LearnerClient

GRADE = GradeReport(verdict=Verdict.OK, score=4.0, max_score=10.0, passed=False, answers=b"packed")


def claimed(submission: Submission) -> Lease:
    """Take a submission that is there to be taken."""
    lease = claim(submission_id=submission.pk)
    assert lease is not None
    return lease


def test_a_submission_is_queued_and_keeps_its_notebook(learner_client: LearnerClient) -> None:
    """A submitted notebook is stored unchanged, in state QUEUED, as attempt 1."""
    submission = learner_client.submit("x = 1")
    assert (submission.state, submission.attempt) == (State.QUEUED, 1)
    assert b"x = 1" in files.notebook(submission.pk)


def test_only_one_is_unfinished_at_a_time(learner_client: LearnerClient) -> None:
    """A second submission is refused while the first waits, and nothing is stored."""
    learner_client.submit()
    with pytest.raises(SubmissionRefused) as refusal:
        learner_client.submit()
    assert refusal.value.reason == "unfinished"
    assert Submission.objects.count() == 1


def test_attempts_end(learner_client: LearnerClient) -> None:
    """After the last attempt the next submission is refused."""
    assert learner_client.exercise.max_attempts == 5
    for _ in range(5):
        lifecycle.record_grade(lease=claimed(learner_client.submit()), report=GRADE)
    with pytest.raises(SubmissionRefused) as refusal:
        learner_client.submit()
    assert refusal.value.reason == "no_attempts_left"


def test_a_retired_exercise_accepts_nothing(learner_client: LearnerClient) -> None:
    """An inactive exercise refuses submissions."""
    learner_client.exercise.active = False
    with pytest.raises(SubmissionRefused) as refusal:
        learner_client.submit()
    assert refusal.value.reason == "inactive"


def test_a_submission_is_claimed_once(learner_client: LearnerClient) -> None:
    """A second claim of the same submission gets nothing."""
    submission = learner_client.submit()
    assert claim(submission_id=submission.pk) is not None
    assert claim(submission_id=submission.pk) is None


def test_an_unknown_key_is_ignored(db: None) -> None:
    """A key that no submission has claims nothing."""
    assert claim(submission_id=uuid.uuid4()) is None


def test_progress_extends_the_lease(learner_client: LearnerClient) -> None:
    """A worker that reports progress keeps its submission, and the row says how far it is."""
    submission = learner_client.submit()
    lease = claimed(submission)
    Submission.objects.update(lease_until=timezone.now())
    assert renew_lease(lease=lease, progress=Progress(Stage.CELLS, 4, 9))
    submission.refresh_from_db()
    assert (submission.stage, submission.cell, submission.cells) == (Stage.CELLS, 4, 9)
    assert lifecycle.requeue_stale(now=timezone.now()) == 0


def test_a_grade_is_recorded_whole(learner_client: LearnerClient) -> None:
    """Recording a grade ends the submission, keeps report and answers, and frees the lease."""
    submission = learner_client.submit()
    assert lifecycle.record_grade(lease=claimed(submission), report=GRADE)
    submission.refresh_from_db()
    assert (submission.state, submission.score, submission.lease_token) == (State.GRADED, 4.0, None)
    assert submission.report is not None
    assert submission.report["max_score"] == 10.0
    assert files.answers(submission.pk) == b"packed"


def test_answers_of_another_variant_are_kept_beside_the_grade(
    learner_client: LearnerClient,
) -> None:
    """As rows of their own, no part of the report; whoever lost the lease writes none."""
    submission = learner_client.submit()
    lost = claimed(submission)
    lifecycle.put_back(lease=lost)
    report = replace(GRADE, matches=(VariantMatch("visible", "phi", "hidden-1", literal=True),))
    assert lifecycle.record_grade(lease=claimed(submission), report=report)
    assert not lifecycle.record_grade(lease=lost, report=report)
    submission.refresh_from_db()
    (found,) = submission.variant_matches.all()
    assert (found.run, found.output, found.variant, found.literal) == (
        "visible",
        "phi",
        "hidden-1",
        True,
    )
    assert "matches" not in (submission.report or {})


def test_who_lost_the_lease_writes_nothing(learner_client: LearnerClient) -> None:
    """A slow worker whose submission was given to another changes nothing any more."""
    submission = learner_client.submit()
    slow = claimed(submission)
    lifecycle.put_back(lease=slow)
    quick = claimed(submission)
    assert not lifecycle.record_grade(lease=slow, report=GRADE)
    assert not renew_lease(lease=slow, progress=Progress(Stage.GRADING))
    assert lifecycle.put_back(lease=slow) is None
    submission.refresh_from_db()
    assert submission.lease_token == quick.token


def test_platform_errors_are_bounded_and_cost_no_attempt(learner_client: LearnerClient) -> None:
    """After three platform errors the submission ends as internal error; no attempt is used."""
    submission = learner_client.submit()
    states = [lifecycle.put_back(lease=claimed(submission)) for _ in range(MAX_TRIES)]
    assert states == [State.QUEUED, State.QUEUED, State.FAILED]
    submission.refresh_from_db()
    assert (submission.verdict, submission.score) == ("internal_error", None)
    stands = standing(user=learner_client.learner, exercise=learner_client.exercise)
    assert (stands.attempts, stands.attempts_left) == (0, 5)
    assert learner_client.submit().attempt == 1


def test_a_worker_that_reports_again_keeps_its_submission(learner_client: LearnerClient) -> None:
    """Only leases that have ended are put back."""
    submission = learner_client.submit()
    lease = claimed(submission)
    assert lifecycle.put_back(lease=lease, expired_before=timezone.now()) is None
    assert lifecycle.requeue_stale(now=timezone.now() + LEASE) == 1
    submission.refresh_from_db()
    assert submission.state == State.QUEUED


def test_the_best_attempt_counts(learner_client: LearnerClient) -> None:
    """Standing reports the best score, and a pass stays a pass."""
    best = GradeReport(verdict=Verdict.OK, score=9.0, max_score=10.0, passed=True)
    for report in (best, GRADE):
        lifecycle.record_grade(lease=claimed(learner_client.submit()), report=report)
    stands = standing(user=learner_client.learner, exercise=learner_client.exercise)
    assert (stands.best, stands.passed, stands.graded) == (9.0, True, 2)


@pytest.mark.django_db(transaction=True)
def test_a_broker_that_is_away_loses_nothing(
    learner_client: LearnerClient,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Submitting succeeds though no message can be sent: the row is queued, the error is logged."""
    gone = dict.fromkeys(
        ("data_folder_in", "data_folder_out", "control_folder"), str(tmp_path / "x")
    )
    monkeypatch.setattr(
        queue,
        "current_app",
        Celery(broker="filesystem://", broker_transport_options=gone, set_as_current=False),
    )
    assert learner_client.submit().state == State.QUEUED
    assert "could not be sent" in caplog.text


@pytest.mark.parametrize(
    "wrong",
    [
        {"state": State.RUNNING},
        {"lease_token": uuid.uuid4()},
        {"state": State.GRADED, "verdict": "ok", "finished_at": timezone.now()},
        {"state": State.GRADED, "verdict": "", "score": 1.0, "finished_at": timezone.now()},
        {"state": State.GRADED, "verdict": "ok", "score": 11.0, "finished_at": timezone.now()},
        {"state": State.GRADED, "verdict": "ok", "score": -1.0, "finished_at": timezone.now()},
        {
            "state": State.GRADED,
            "verdict": "ok",
            "score": float("nan"),
            "finished_at": timezone.now(),
        },
        {"state": State.FAILED, "verdict": "ok", "finished_at": timezone.now()},
        {"passed": True},
        {"attempt": 0},
    ],
    ids=",".join,
)
def test_the_database_refuses_what_cannot_be(
    learner_client: LearnerClient, wrong: dict[str, Any]
) -> None:
    """A row that breaks a rule of the state machine cannot be written by any code."""
    submission = learner_client.submit()
    with pytest.raises(IntegrityError), transaction.atomic():
        Submission.objects.filter(pk=submission.pk).update(**wrong)


def test_the_database_refuses_a_second_unfinished_one(learner_client: LearnerClient) -> None:
    """Two unfinished submissions of one learner for one exercise cannot be written."""
    first = learner_client.submit()
    with pytest.raises(IntegrityError), transaction.atomic():
        Submission.objects.create(
            user=first.user,
            exercise=first.exercise,
            attempt=2,
            max_score=10,
            created_at=timezone.now(),
            notified_at=timezone.now(),
        )


def interrupted(submission: Submission) -> State | None:
    """Let the worker of a submission die; return what becomes of the submission."""
    claimed(submission)
    lifecycle.requeue_stale(now=timezone.now() + LEASE)
    submission.refresh_from_db()
    return State(submission.state)


def due_now(submission: Submission) -> bool:
    """Whether a worker may claim it at this moment."""
    return Submission.objects.in_turn().filter(pk=submission.pk).exists()


def test_what_interrupts_its_workers_waits_longer_each_time(learner_client: LearnerClient) -> None:
    """Once more at once; then after pauses, in which nobody claims it and nobody is notified."""
    submission = learner_client.submit()
    assert interrupted(submission) == State.QUEUED
    assert due_now(submission)
    waits = []
    for _ in PAUSES[1:]:
        assert interrupted(submission) == State.QUEUED
        assert submission.not_before is not None
        waits.append(submission.not_before - submission.notified_at)
        assert not due_now(submission)
        assert lifecycle.notify_waiting(notified_before=timezone.now() - LEASE) == 0
    assert waits == list(PAUSES[1:])


def test_after_a_pause_the_workers_are_notified(learner_client: LearnerClient) -> None:
    """As soon as it is due again, however lately it was put back."""
    submission = learner_client.submit()
    lifecycle.notify_waiting(notified_before=timezone.now())
    interrupted(submission)
    interrupted(submission)
    paused = Submission.objects.filter(pk=submission.pk)
    earlier = timezone.now() - PAUSES[-1]
    paused.update(not_before=earlier, notified_at=earlier - PAUSES[1])
    assert due_now(submission)
    assert lifecycle.notify_waiting(notified_before=earlier - PAUSES[-1]) == 1
    assert lifecycle.notify_waiting(notified_before=earlier - PAUSES[-1]) == 0


def others_are_graded(learner_client: LearnerClient, *, finished_at: datetime) -> None:
    """Let the site grade somebody else's submission."""
    Submission.objects.create(
        user=User.objects.create_user("bo@example.org", "a quiet harbour"),
        exercise=learner_client.exercise,
        attempt=1,
        state=State.GRADED,
        verdict="ok",
        score=1.0,
        max_score=1.0,
        passed=True,
        created_at=finished_at,
        notified_at=finished_at,
        finished_at=finished_at,
    )


def set_aside(learner_client: LearnerClient) -> Submission:
    """Submit something that kills each of its workers, on a site that grades what others submit."""
    submission = learner_client.submit()
    others_are_graded(learner_client, finished_at=timezone.now())
    states = [interrupted(submission) for _ in range(MAX_INTERRUPTIONS)]
    assert states == [State.QUEUED] * (MAX_INTERRUPTIONS - 1) + [State.FAILED]
    return submission


def test_what_kills_every_worker_is_set_aside(learner_client: LearnerClient) -> None:
    """After six workers, without a mark and without an attempt, where staff find it."""
    submission = set_aside(learner_client)
    assert list(Submission.objects.set_aside()) == [submission]
    assert (submission.interruptions, submission.verdict) == (MAX_INTERRUPTIONS, "internal_error")
    stands = standing(user=learner_client.learner, exercise=learner_client.exercise)
    assert stands.attempts == 0


def test_what_kills_workers_again_and_again_is_refused(learner_client: LearnerClient) -> None:
    """It costs no attempt, so it would have no end: after the third in a day, only staff go on."""
    first = set_aside(learner_client)
    for _ in range(MOST_SET_ASIDE - 1):
        submission = learner_client.submit()
        assert [interrupted(submission) for _ in range(MAX_INTERRUPTIONS)][-1] == State.FAILED
    with pytest.raises(SubmissionRefused) as refusal:
        learner_client.submit()
    assert refusal.value.reason == "set_aside"
    lifecycle.grade_again(submission=first)
    lifecycle.record_grade(lease=claimed(first), report=GRADE)
    assert learner_client.submit().attempt == 2


def grade_meanwhile(
    learner_client: LearnerClient, *, interruptions: int, user: User | None = None
) -> None:
    """Grade a submission of somebody that was interrupted so often, in the hours to come."""
    if user is None:
        user, _new = User.objects.get_or_create(email="cleo@example.org")
    exercise, notebook = learner_client.exercise, learner_client.make()
    other = lifecycle.submit(user=user, exercise=exercise, notebook=notebook)
    lifecycle.record_grade(lease=claimed(other), report=GRADE)
    Submission.objects.filter(pk=other.pk).update(
        interruptions=interruptions, finished_at=timezone.now() + timedelta(hours=1)
    )


def test_no_submission_is_set_aside_while_the_site_is_in_trouble(
    learner_client: LearnerClient,
) -> None:
    """Others that were interrupted and graded show that no notebook is the reason; to a bound."""
    grade_meanwhile(learner_client, interruptions=2)
    submission = learner_client.submit()
    states = [interrupted(submission) for _ in range(MAX_INTERRUPTIONS_IN_TROUBLE)]
    assert states == [State.QUEUED] * (MAX_INTERRUPTIONS_IN_TROUBLE - 1) + [State.FAILED]
    assert submission.interruptions == MAX_INTERRUPTIONS_IN_TROUBLE


def test_a_learners_own_submissions_are_no_sign_of_trouble(learner_client: LearnerClient) -> None:
    """Whoever kills workers with one notebook wins it no tries by another that was beside it."""
    grade_meanwhile(learner_client, interruptions=2, user=learner_client.learner)
    set_aside(learner_client)


def test_old_trouble_does_not_excuse(learner_client: LearnerClient) -> None:
    """What staff let be graded again came long ago; only the last two hours say how the site is."""
    submission = set_aside(learner_client)
    grade_meanwhile(learner_client, interruptions=2)
    long_ago = timezone.now() - LOOK_BACK - timedelta(hours=1)
    interrupted_one = Submission.objects.filter(user__email="cleo@example.org")
    interrupted_one.update(finished_at=long_ago + timedelta(minutes=1))
    Submission.objects.filter(pk=submission.pk).update(created_at=long_ago)
    lifecycle.grade_again(submission=submission)
    states = [interrupted(submission) for _ in range(MAX_INTERRUPTIONS)]
    assert states[-1] == State.FAILED


def test_what_kills_workers_beside_others_that_are_well_is_set_aside(
    learner_client: LearnerClient,
) -> None:
    """One that was interrupted once among five is no sign of trouble."""
    learner_client.exercise.max_attempts = 9
    learner_client.exercise.save()
    grade_meanwhile(learner_client, interruptions=1)
    for _ in range(SHARE_IN_TROUBLE):
        grade_meanwhile(learner_client, interruptions=0)
    set_aside(learner_client)


def test_an_outage_is_no_submissions_fault(learner_client: LearnerClient) -> None:
    """While nothing is graded at all, dying workers set nothing aside for twice as many tries."""
    submission = learner_client.submit()
    others_are_graded(learner_client, finished_at=timezone.now() - 2 * OUTAGE)
    states = [interrupted(submission) for _ in range(MAX_INTERRUPTIONS_IN_OUTAGE)]
    assert states == [State.QUEUED] * (MAX_INTERRUPTIONS_IN_OUTAGE - 1) + [State.FAILED]


def test_interruptions_do_not_count_as_failed_gradings(learner_client: LearnerClient) -> None:
    """Two of each: the grading may fail once more."""
    submission = learner_client.submit()
    for _ in range(2):
        interrupted(submission)
        assert lifecycle.put_back(lease=claimed(submission)) == State.QUEUED
    assert lifecycle.put_back(lease=claimed(submission)) == State.FAILED


def test_staff_have_it_graded_again(learner_client: LearnerClient) -> None:
    """It is queued as the learner's next attempt, with all its tries before it."""
    submission = set_aside(learner_client)
    lifecycle.record_grade(lease=claimed(learner_client.submit()), report=GRADE)
    lifecycle.grade_again(submission=submission)
    submission.refresh_from_db()
    assert (submission.state, submission.attempt, submission.tries) == (State.QUEUED, 2, 0)
    assert due_now(submission)
    assert lifecycle.record_grade(lease=claimed(submission), report=GRADE)
    with pytest.raises(SubmissionRefused) as refusal:
        lifecycle.grade_again(submission=submission)
    assert refusal.value.reason == "not_set_aside"


def test_nothing_is_graded_again_beside_another(learner_client: LearnerClient) -> None:
    """One unfinished submission at a time, and no more attempts than there are."""
    submission = set_aside(learner_client)
    newer = learner_client.submit()
    with pytest.raises(SubmissionRefused) as refusal:
        lifecycle.grade_again(submission=submission)
    assert refusal.value.reason == "unfinished"
    lifecycle.record_grade(lease=claimed(newer), report=GRADE)
    learner_client.exercise.max_attempts = 1
    learner_client.exercise.save()
    submission.refresh_from_db()
    with pytest.raises(SubmissionRefused) as refusal:
        lifecycle.grade_again(submission=submission)
    assert refusal.value.reason == "no_attempts_left"


def test_a_submission_that_arrives_while_another_is_graded_again_wins(
    learner_client: LearnerClient,
) -> None:
    """Between the look at the attempts and the change: the database's constraint decides."""
    submission = set_aside(learner_client)
    newer: list[Submission] = []

    def submit_before(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:  # noqa: FBT001  # Django's
        if sql.startswith("UPDATE") and not newer:
            newer.append(submission)
            newer[0] = learner_client.submit()
        return execute(sql, params, many, context)

    with (
        connection.execute_wrapper(submit_before),
        pytest.raises(SubmissionRefused) as refusal,
    ):
        lifecycle.grade_again(submission=submission)
    assert refusal.value.reason == "unfinished"
    submission.refresh_from_db()
    assert submission.state == State.FAILED
