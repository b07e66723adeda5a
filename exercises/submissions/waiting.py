"""How long a queued submission will wait, and which workers are available."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from statistics import median
from typing import TYPE_CHECKING, Any

from django.db.models import Count, F, Subquery
from django.db.models.functions import Coalesce

from courses.database import database_now
from exercises.models import State, Submission, Worker

if TYPE_CHECKING:
    from collections.abc import Iterable

    from exercises.models import SubmissionQuerySet, WorkerQuerySet

SILENT_AFTER = timedelta(seconds=20)
"""A worker that has not reported for this long is gone; it reports every five seconds."""

RECENT = 20
FEWEST = 3
"""How many gradings of the same exercise an estimate rests on, at most and at least: the first
after a start computes its reference, and takes many times as long."""

SOON = 5
"""Places of the queue whose pages ask often: their turn comes within seconds."""
SOON_MS = 500
LONGEST_MS = 10_000
UNKNOWN_MS = 4_000
"""Milliseconds until a page that waits asks again: if its submission is next or running,
at most, and if nobody can say when."""
IN_MINUTES = 100
"""From so many seconds on a wait is told in minutes, and from half an hour on in fives of them."""
SHARE_OF_WAIT = 20
"""A page that waits asks so often until its verdict: hundreds of them cost the site a few requests
a second, and no learner knows later than a twentieth of the wait."""


@dataclass(frozen=True)
class Waiting:
    """A submission's place in the queue.

    Attributes:
        position: 1 is the next one; learners take turns (`in_turn`).
        seconds: until its verdict, estimated; None when unknown.
        working: whether any worker accepts submissions.
        pausing: whether it waits after an interruption, and nobody may claim it yet.
    """

    position: int
    seconds: int | None
    working: bool
    pausing: bool = False

    @property
    def minutes(self) -> int | None:
        """The estimate in minutes; None where it is told in seconds, or unknown."""
        if self.seconds is None or self.seconds < IN_MINUTES:
            return None
        minutes = round(self.seconds / 60)
        return minutes if minutes < 30 else 5 * round(minutes / 5)  # noqa: PLR2004  # half an hour

    @property
    def poll_ms(self) -> int:
        """Milliseconds until a page that shows this asks again."""
        if self.position <= SOON and not self.pausing:
            return SOON_MS
        if self.seconds is None:
            return UNKNOWN_MS
        return min(LONGEST_MS, max(SOON_MS, self.seconds * 1000 // SHARE_OF_WAIT))


@dataclass(frozen=True)
class Watched:
    """What a page that waits for a verdict is told.

    Attributes:
        waiting: its place, while it is queued.
        seen: changes whenever the page has to; a page sends back what it was told last.
        poll_ms: milliseconds until the page asks again.
    """

    waiting: Waiting | None
    seen: str
    poll_ms: int


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


@cache
def _in_turn() -> Any:
    """Return the queue in fair order with the load, as a query that is built once per process.

    It depends on nothing but the database and its clock. Building it takes ten times as long as
    the database takes to answer it. Whoever reads it reads a copy (`all`).
    """
    return _with_load(Submission.objects.in_turn())


def _with_load(rows: SubmissionQuerySet) -> Iterable[tuple[Any, int, int]]:
    """Return keys of submissions, each with how many run and how many can, in one query."""
    alike = Submission.objects.running().order_by().values("state")
    running = Subquery(alike.annotate(number=Count("pk")).values("number"))
    slots = Subquery(present_workers().open_slots())
    return rows.values_list("pk", Coalesce(running, 0), Coalesce(slots, 0))


def waiting(submission: Submission) -> Waiting:
    """Estimate a queued submission's wait from the last gradings of its exercise, by their median.

    Each counts with all that kept a slot busy, from claim to verdict: the run alone is a part of
    it when many wait and the machine is full. One that pauses comes after those that are due.
    """
    queue = list(_in_turn().all())
    pause = _pause_seconds(submission)
    last = len(queue) if pause else 0
    before = next((place for place, row in enumerate(queue) if row[0] == submission.pk), last)
    alone = Submission.objects.filter(pk=submission.pk)
    _key, running, slots = next(iter(queue or _with_load(alone)), (None, 0, 0))
    recent = Submission.objects.filter(
        exercise_id=submission.exercise_id,
        state=State.GRADED,
        started_at__isnull=False,
    )
    took = list(
        recent.order_by("-finished_at")
        .annotate(took=F("finished_at") - F("started_at"))
        .values_list("took", flat=True)[:RECENT]
    )
    seconds = None
    if slots and len(took) >= FEWEST:
        rounds = (before + running) // slots + 1
        usual = median(max(0.0, each.total_seconds()) for each in took)
        seconds = max(1, round(usual * rounds), round(pause + usual))
    return Waiting(position=before + 1, seconds=seconds, working=slots > 0, pausing=pause > 0)


def _pause_seconds(submission: Submission) -> float:
    """Return how long it may not be claimed yet, after an interruption; 0 for all others."""
    if submission.not_before is None:
        return 0.0
    return max(0.0, (submission.not_before - database_now()).total_seconds())


def watched(submission: Submission) -> Watched:
    """Return what a page that waits for this submission is told, in a few short queries."""
    seen = f"{submission.state}.{submission.stage}.{submission.cell}"
    if submission.state != State.QUEUED:
        return Watched(waiting=None, seen=seen, poll_ms=SOON_MS)
    place = waiting(submission)
    seen += f".{place.position}.{place.seconds}.{place.working}"
    return Watched(waiting=place, seen=seen, poll_ms=place.poll_ms)
