"""How long a queued submission will wait, and which workers are available."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.db.models import Avg, Count, F, Subquery
from django.db.models.functions import Coalesce

from exercises.models import State, Submission, Worker

if TYPE_CHECKING:
    from collections.abc import Iterable

    from exercises.models import SubmissionQuerySet, WorkerQuerySet

SILENT_AFTER = timedelta(seconds=20)
"""A worker that has not reported for this long is gone; it reports every five seconds."""

RECENT = 20
"""How many gradings of the same exercise an estimate rests on."""


@dataclass(frozen=True)
class Waiting:
    """A submission's place in the queue.

    Attributes:
        position: 1 is the next one; learners take turns (`in_turn`).
        seconds: until its verdict, estimated; None when unknown.
        working: whether any worker accepts submissions.
    """

    position: int
    seconds: int | None
    working: bool


@dataclass(frozen=True)
class Load:
    """The queue as a whole."""

    queued: int
    running: int
    slots: int


def present_workers() -> WorkerQuerySet:
    """Return the workers that have reported themselves lately."""
    return Worker.objects.seen_within(SILENT_AFTER)


def current_load() -> Load:
    """Count queued and running submissions, and how many can run at once."""
    return Load(
        queued=Submission.objects.queued().count(),
        running=Submission.objects.running().count(),
        slots=present_workers().slots(),
    )


def _with_load(rows: SubmissionQuerySet) -> Iterable[tuple[Any, int, int]]:
    """Return keys of submissions, each with how many run and how many can, in one query."""
    alike = Submission.objects.running().order_by().values("state")
    running = Subquery(alike.annotate(number=Count("pk")).values("number"))
    slots = Subquery(present_workers().open_slots())
    return rows.values_list("pk", Coalesce(running, 0), Coalesce(slots, 0))


def waiting(submission: Submission) -> Waiting:
    """Estimate a queued submission's wait from the last gradings of its exercise."""
    queue = list(_with_load(Submission.objects.in_turn()))
    before = next((place for place, row in enumerate(queue) if row[0] == submission.pk), 0)
    pausing = Submission.objects.filter(pk=submission.pk)
    _key, running, slots = next(iter(queue or _with_load(pausing)), (None, 0, 0))
    recent = Submission.objects.filter(exercise_id=submission.exercise_id, state=State.GRADED)
    typical = (
        recent.order_by("-finished_at")[:RECENT]
        .annotate(seconds=F("run_seconds") + F("mark_seconds"))
        .aggregate(mean=Avg("seconds"))["mean"]
    )
    seconds = None
    if slots and typical is not None:
        rounds = (before + running) // slots + 1
        seconds = max(1, round(typical * rounds))
    return Waiting(position=before + 1, seconds=seconds, working=slots > 0)
