"""The operator's page: who may, what it shows, and what its buttons do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from django.test import Client
from django.utils import timezone

from courses.maintenance import mode
from courses.models import SiteChange, User
from exercises.models import RunWorker, State, Submission, Worker
from exercises.submissions import files, lifecycle, operating
from exercises.submissions.lease import claim
from exercises.submissions.waiting import present_workers
from exercises.submissions.worker import WorkerSandbox
from exercises.workbench import runs
from tests.exercises.worker_process import SOLUTION

if TYPE_CHECKING:
    from tests.exercises.learner_client import LearnerClient

pytestmark = pytest.mark.django_db

PAGE = "/operations/"

UNKNOWN = "0d5f3c52-6f6a-4f0e-9d0a-3c3a4d6f8b11"


@pytest.fixture
def operator() -> User:
    """A member of staff."""
    return User.objects.create_user("ops@example.org", "a quiet harbour", is_staff=True)


@pytest.fixture
def staff(operator: User) -> Client:
    """The operator's browser."""
    client = Client()
    client.force_login(operator)
    return client


def failed(client: LearnerClient) -> Submission:
    """A submission that ended with a platform error after all its tries."""
    submission = client.submit(SOLUTION)
    for _try in range(lifecycle.MAX_TRIES):
        lease = claim(submission_id=submission.pk)
        assert lease is not None
        lifecycle.put_back(lease=lease)
    submission.refresh_from_db()
    assert submission.state == State.FAILED
    return submission


def press(client: Client, action: str, target: object = "", **facts: str) -> str:
    """Press a button of the page; return what the page says then."""
    data = {"action": action, "target": str(target), **facts}
    return client.post(PAGE, data, follow=True).content.decode()


def worker(name: str = "host:1", **facts: Any) -> Worker:
    """A worker that has just reported itself."""
    now = timezone.now()
    given = {"concurrency": 2, "started_at": now, "seen_at": now, "sandbox_open": True, **facts}
    return Worker.objects.create(name=name, **given)


def actions() -> list[str]:
    """The audit entries, the latest first."""
    return list(SiteChange.objects.values_list("action", flat=True))


def test_a_learner_is_refused_and_a_visitor_signs_in_first(learner: User) -> None:
    """Neither sees nor does anything."""
    client = Client()
    assert client.get(PAGE).status_code == 302
    client.force_login(learner)
    assert client.get(PAGE).status_code == 403
    assert client.post(PAGE, {"action": "start_maintenance"}).status_code == 403
    assert mode.current() is None


def test_the_page_shows_workers_and_what_is_stuck_in_few_queries(
    staff: Client, learner_client: LearnerClient, django_assert_max_num_queries: Any
) -> None:
    """Reasons, fixes and submissions that need a look: eleven queries, and one for the menu."""
    worker("good:1")
    worker("bad:2", sandbox_open=False, reason="no user namespaces", fix="sysctl -w x=1")
    set_aside = failed(learner_client)
    waiting = learner_client.submit(SOLUTION)
    Submission.objects.filter(pk=waiting.pk).update(
        created_at=timezone.now() - 2 * operating.STUCK_AFTER
    )
    with django_assert_max_num_queries(12):
        page = staff.get(PAGE).content.decode()
    for text in ("good:1", "bad:2", "no user namespaces", "sysctl -w x=1", str(set_aside.pk)):
        assert text in page
    assert f'value="{waiting.pk}"' in page


def test_a_submission_that_failed_is_graded_again_as_the_latest_attempt(
    staff: Client, operator: User, learner_client: LearnerClient
) -> None:
    """It is queued with all its tries, once; the change is in the audit under the staff's name."""
    submission = failed(learner_client)
    assert "It is in the queue again." in press(staff, "retry", submission.pk)
    submission.refresh_from_db()
    assert (submission.state, submission.tries, submission.attempt) == (State.QUEUED, 0, 1)
    assert (submission.verdict, submission.finished_at) == ("", None)
    assert "Only what failed" in press(staff, "retry", submission.pk)
    entry = SiteChange.objects.get(action="submission.retried")
    assert (entry.actor, entry.person) == (operator, learner_client.learner)
    assert entry.facts == {"submission": str(submission.pk)}


def test_grading_again_respects_the_attempt_rules(
    staff: Client, learner_client: LearnerClient
) -> None:
    """Not beside an unfinished one, not beyond the attempts, not without its notebook."""
    submission = failed(learner_client)
    other = learner_client.submit(SOLUTION)
    assert "next submission is being graded" in press(staff, "retry", submission.pk)
    Submission.objects.filter(pk=other.pk).update(
        state=State.GRADED, score=1.0, verdict="ok", finished_at=timezone.now()
    )
    learner_client.exercise.max_attempts = 1
    learner_client.exercise.save()
    assert "no attempts left" in press(staff, "retry", submission.pk)
    learner_client.exercise.max_attempts = None
    learner_client.exercise.save()
    assert "in the queue again" in press(staff, "retry", submission.pk)
    submission.refresh_from_db()
    assert submission.attempt == other.attempt + 1
    press(staff, "set_aside", submission.pk)
    type(submission.files).objects.filter(pk=submission.pk).update(notebook="")
    assert "has been deleted" in press(staff, "retry", submission.pk)


def test_a_queued_submission_is_set_aside_and_costs_no_attempt(
    staff: Client, learner_client: LearnerClient
) -> None:
    """The learner may submit again at once."""
    submission = learner_client.submit(SOLUTION)
    press(staff, "set_aside", submission.pk)
    submission.refresh_from_db()
    assert (submission.state, submission.verdict) == (State.FAILED, "internal_error")
    assert not Submission.objects.counted().exists()
    assert "not in the queue any more" in press(staff, "set_aside", submission.pk)
    assert actions()[0] == "submission.set_aside"
    assert files.notebook(submission.pk)


def test_a_running_submission_is_taken_from_its_worker(
    staff: Client, learner_client: LearnerClient
) -> None:
    """Its worker's lease is worth nothing from then on."""
    submission = learner_client.submit(SOLUTION)
    lease = claim(submission_id=submission.pk)
    assert lease is not None
    press(staff, "put_back", submission.pk)
    submission.refresh_from_db()
    assert submission.state == State.QUEUED
    assert lifecycle.put_back(lease=lease) is None
    assert "No worker holds it" in press(staff, "put_back", submission.pk)


@pytest.mark.parametrize("target", ["", "no-id", UNKNOWN, "runs/gone:1", "other/x"])
@pytest.mark.parametrize("action", ["retry", "put_back", "set_aside", "drain", "dance"])
def test_what_is_not_there_is_told_and_changes_nothing(
    staff: Client, action: str, target: str
) -> None:
    """A page that has been open for long, or a made-up request, does no harm."""
    assert "alert--error" in press(staff, action, target)
    assert actions() == []


class Intake:
    """Remembers whether jobs are accepted."""

    def __init__(self) -> None:
        self.accepting: list[bool] = []

    def accept(self, accepting: bool) -> None:  # noqa: FBT001  # as the protocol has it
        """Note it."""
        self.accepting.append(accepting)

    def end(self) -> None:
        """Nothing ends here."""
        raise AssertionError


class Sandbox:
    """A sandbox that is open and runs nothing."""

    def close(self) -> None:
        """Nothing is open."""


def test_a_drained_worker_accepts_no_jobs_until_it_is_resumed(staff: Client) -> None:
    """At its next report it leaves the queue to others; its slots do not count meanwhile."""
    intake = Intake()
    keeper = WorkerSandbox(open_sandbox=Sandbox, concurrency=2, intake=intake)  # type: ignore[arg-type]  # runs nothing
    keeper._beat()  # one report, without waiting for the thread's
    assert (intake.accepting[-1], present_workers().slots()) == (True, 2)
    press(staff, "drain", f"grading/{keeper.name}")
    keeper._beat()
    assert (intake.accepting[-1], keeper.draining, present_workers().slots()) == (False, True, 0)
    assert "draining" in staff.get(PAGE).content.decode()
    press(staff, "resume", f"grading/{keeper.name}")
    keeper._beat()
    assert (intake.accepting[-1], keeper.draining) == (True, False)
    assert actions() == ["worker.resumed", "worker.drained"]


def test_a_drained_worker_for_runs_is_sent_none(staff: Client) -> None:
    """Without another worker, runs are not available; nothing is sent to one that is leaving."""
    RunWorker.objects.create(
        name="host:9", concurrency=1, seen_at=timezone.now(), sandbox_open=True
    )
    assert runs.workers()
    press(staff, "drain", "runs/host:9")
    assert not runs.workers()


def test_maintenance_begins_and_ends_on_the_page(staff: Client, operator: User) -> None:
    """With a message for visitors, bounded; both are in the audit."""
    press(staff, "start_maintenance", message="m" * 400)
    row = mode.current()
    assert row is not None
    assert row.message == "m" * 300
    assert "The site is open." in press(staff, "end_maintenance")
    assert mode.current() is None
    assert actions() == ["maintenance.ended", "maintenance.started"]
    assert set(SiteChange.objects.values_list("actor", flat=True)) == {operator.pk}
