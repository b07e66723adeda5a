"""What staff do to submissions and workers by hand: one transaction and an audit entry each."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from django.db import transaction
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from courses.audit.recording import record_change
from exercises.models import RunWorker, State, Submission, SubmissionFiles, Worker
from exercises.submissions import lifecycle
from exercises.submissions.attempts import SubmissionRefused
from exercises.submissions.lease import Lease
from grader.sandbox.job import Verdict

if TYPE_CHECKING:
    import uuid

    from courses.models import User
    from exercises.models import SubmissionQuerySet

STUCK_AFTER: Final = timedelta(minutes=15)
"""A queued submission that has waited for longer is worth a look."""

WORKERS: Final[dict[str, type[Worker | RunWorker]]] = {"grading": Worker, "runs": RunWorker}


_REFUSALS: Final = {
    "unfinished": gettext_lazy("The learner's next submission is being graded."),
    "no_attempts_left": gettext_lazy("The learner has no attempts left."),
}


class NotPossible(Exception):  # noqa: N818  # named after what it says, as in attempts
    """It cannot be done any more, or not yet; the text is for staff."""


def stuck() -> SubmissionQuerySet:
    """Return unfinished submissions that wait long, were tried before, or whose worker is gone."""
    return (
        Submission.objects.unfinished()
        .filter(
            Q(state=State.QUEUED, created_at__lt=Now() - STUCK_AFTER)
            | Q(state=State.QUEUED, tries__gt=0)
            | Q(state=State.RUNNING, tries__gt=1)
            | Q(state=State.RUNNING, lease_until__lt=Now())
        )
        .select_related("exercise")
        .defer("report")
        .order_by("created_at")
    )


@transaction.atomic
def retry(*, actor: User, submission_id: uuid.UUID) -> None:
    """Queue a submission again that ended with a platform error; it becomes the latest attempt.

    Raises:
        NotPossible: it has not failed, its notebook is gone, or the attempt rules do not allow it.
    """
    rows = Submission.objects.select_for_update().select_related("user", "exercise")
    submission = rows.filter(pk=submission_id, state=State.FAILED).first()
    if submission is None:
        raise NotPossible(_("Only what failed with a system error can be graded again."))
    if not SubmissionFiles.objects.filter(pk=submission_id).exclude(notebook="").exists():
        raise NotPossible(_("Its notebook has been deleted."))
    try:
        lifecycle.grade_again(submission=submission)
    except SubmissionRefused as refusal:
        raise NotPossible(str(_REFUSALS.get(refusal.reason, refusal))) from refusal
    _record(actor, "submission.retried", submission)


@transaction.atomic
def put_back(*, actor: User, submission_id: uuid.UUID) -> None:
    """Take a running submission from its worker; it is queued again, or fails after its last try.

    The worker notices at its next event and cancels the run.

    Raises:
        NotPossible: no worker holds it.
    """
    submission = Submission.objects.filter(pk=submission_id, state=State.RUNNING).first()
    token = submission.lease_token if submission is not None else None
    if submission is None or token is None:
        raise NotPossible(_("No worker holds it any more."))
    if lifecycle.put_back(lease=Lease(submission_id, token)) is None:
        raise NotPossible(_("No worker holds it any more."))
    _record(actor, "submission.put_back", submission)


@transaction.atomic
def set_aside(*, actor: User, submission_id: uuid.UUID) -> None:
    """End a queued submission as a platform error, which costs no attempt.

    Raises:
        NotPossible: it is not queued any more.
    """
    queued = Submission.objects.filter(pk=submission_id, state=State.QUEUED)
    if not queued.update(
        state=State.FAILED, verdict=Verdict.INTERNAL_ERROR, finished_at=Now(), started_at=None
    ):
        raise NotPossible(_("It is not in the queue any more."))
    _record(actor, "submission.set_aside", Submission.objects.get(pk=submission_id))


@transaction.atomic
def drain(*, actor: User, kind: str, name: str, draining: bool) -> None:
    """Let a worker accept no further jobs, or accept them again; what it has begun it finishes.

    Raises:
        NotPossible: the worker is gone.
    """
    rows = WORKERS[kind].objects.filter(pk=name)
    if not rows.update(draining=draining):
        raise NotPossible(_("This worker has stopped."))
    action = "worker.drained" if draining else "worker.resumed"
    record_change(actor, action, facts={"worker": name, "kind": kind})


def _record(actor: User, action: str, submission: Submission) -> None:
    facts = {"submission": str(submission.pk)}
    record_change(actor, action, person=submission.user, facts=facts)
