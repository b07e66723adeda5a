"""How long a queued submission will wait, and which workers are available."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from django.db.models import Avg, F

from exercises.models import State, Submission, Worker

if TYPE_CHECKING:
    from exercises.models import WorkerQuerySet

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


def waiting(submission: Submission) -> Waiting:
    """Estimate a queued submission's wait from the last gradings of its exercise."""
    keys = Submission.objects.in_turn().values_list("pk", flat=True)
    before = next((place for place, key in enumerate(keys) if key == submission.pk), 0)
    running = Submission.objects.running().count()
    slots = present_workers().slots()
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
