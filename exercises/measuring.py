"""What the database tells at the moment somebody asks for the metrics."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db.models import Count, Min
from django.db.models.functions import Now

from courses.database import database_now
from courses.maintenance import mode
from courses.metrics import gauge
from courses.models import OutgoingMail
from exercises.models import DraftRun, RunState, State, Submission
from exercises.submissions.waiting import present_workers
from exercises.workbench import runs

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from prometheus_client import Metric

    from exercises.models import RunWorker, Worker


def site_gauges() -> Iterator[Metric]:
    """Return the gauges of queues, workers, outbox and maintenance: eight queries."""
    queued = Submission.objects.queued()
    numbers = {"queued": queued.count(), "running": Submission.objects.running().count()}
    yield gauge(
        "whybox_submissions",
        "Unfinished submissions.",
        [({"state": state}, number) for state, number in numbers.items()],
    )
    oldest = queued.aggregate(at=Min("created_at"))["at"]
    age = (database_now() - oldest).total_seconds() if oldest else 0.0
    yield gauge("whybox_oldest_queued_seconds", "Age of the oldest queued one.", [({}, age)])
    failed = Submission.objects.filter(state=State.FAILED).count()
    yield gauge("whybox_submissions_failed", "Set aside after platform errors.", [({}, failed)])
    yield _runs()
    grading, interactive = list(present_workers()), list(runs.present_workers())
    kinds: dict[str, Iterable[Worker | RunWorker]] = {"grading": grading, "runs": interactive}
    yield gauge(
        "whybox_workers",
        "Workers that have reported themselves lately.",
        [
            ({"kind": kind, "state": state}, sum(_state(one) == state for one in workers))
            for kind, workers in kinds.items()
            for state in ("working", "draining", "no_sandbox")
        ],
    )
    slots = {
        kind: sum(one.concurrency for one in workers if _state(one) == "working")
        for kind, workers in kinds.items()
    }
    yield gauge(
        "whybox_slots",
        "Notebooks that can run at once.",
        [({"kind": kind}, number) for kind, number in slots.items()],
    )
    waiting, delayed = OutgoingMail.objects.backlog()
    mails = {
        "waiting": waiting,
        "delayed": delayed,
        "given_up": OutgoingMail.objects.given_up().count(),
    }
    yield gauge(
        "whybox_outbox_emails",
        "Emails not sent yet; delayed ones are among the waiting.",
        [({"state": state}, number) for state, number in mails.items()],
    )
    closed = float(mode.current() is not None)
    yield gauge("whybox_maintenance", "1 while the site is in maintenance.", [({}, closed)])


def _runs() -> Metric:
    rows = (
        DraftRun.objects.filter(seen_at__gte=Now() - runs.SILENT_AFTER).going_on().values("state")
    )
    found = dict(rows.annotate(number=Count("pk")).order_by().values_list("state", "number"))
    return gauge(
        "whybox_workbench_unfinished_runs",
        "Runs in the browser that are queued or running.",
        [({"state": s.value}, found.get(s, 0)) for s in (RunState.QUEUED, RunState.RUNNING)],
    )


def _state(worker: Worker | RunWorker) -> str:
    if not worker.sandbox_open:
        return "no_sandbox"
    return "draining" if worker.draining else "working"
