"""Runs as the web process sees them: asked for, watched, interrupted.

A learner has one run at a time: a newer one ends the older. The worker's events are stored as JSON
that is cleaned and bounded already (`outputs`), and are passed on as they are.
"""

from __future__ import annotations

import json
import threading
import time
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from django.db import transaction
from django.db.models import Q
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from courses.database import database_now
from exercises.models import Draft, DraftRun, RunEvents, RunState, RunWorker
from exercises.workbench import queue
from exercises.workbench.documents import Document, code_cells, pack

if TYPE_CHECKING:
    import uuid
    from collections.abc import Callable

    from courses.models import User
    from exercises.models import DraftRunQuerySet, RunWorkerQuerySet
    from exercises.workbench.workspaces import Workspace

END_LOST: Final = "exercises.end_lost_runs"
SILENT_AFTER: Final = timedelta(seconds=20)
"""A worker, and a run, that has not reported for this long is gone."""
NOTIFY_AGAIN_AFTER: Final = timedelta(seconds=5)
"""The message of a run that is queued this long may be lost; it is sent again."""
ABANDONED_AFTER: Final = timedelta(minutes=5)
"""Nobody has asked for a queued run for this long: its page was closed."""
KEPT: Final = 3
"""Runs of a draft that are kept, the current one included."""
WAIT_SECONDS: Final = 0.25
PAGE_WAIT_SECONDS: Final = 3.0
"""How long a page without JavaScript waits for its run."""
LOOK_SECONDS: Final = 0.02
SHORTEST_POLL_MS: Final = 60
POLL_SHARE: Final = 0.2
"""A page asks again after this share of the time that has passed."""
LONGEST_POLL_MS: Final = 1000
LONGEST_QUEUED_POLL_MS: Final = 5000
WAITING_REQUESTS: Final = 2
"""Requests of a web process that may wait for a worker at a time: a quarter of its threads."""

_waiting = threading.BoundedSemaphore(WAITING_REQUESTS)


class NoWorker(Exception):  # noqa: N818  # named after what happened, as in grader.errors
    """No worker takes runs at present."""


def present_workers() -> RunWorkerQuerySet:
    """Return the workers for runs that have reported themselves lately."""
    return RunWorker.objects.filter(seen_at__gte=Now() - SILENT_AFTER)


def workers() -> bool:
    """Whether any worker takes runs at present."""
    return RunWorker.objects.working_within(SILENT_AFTER).exists()


def holder(draft: Draft) -> str:
    """Return the worker that a draft's run is best sent to; empty when any is as good."""
    if not draft.held_by:
        return ""
    working = RunWorker.objects.working_within(SILENT_AFTER)
    return draft.held_by if working.filter(pk=draft.held_by).exists() else ""


def start(
    *, user: User, workspace: Workspace, version: int, document: Document, until: str
) -> DraftRun:
    """Queue a run of the code cells up to `until`, or of all; end the learner's older one.

    Raises:
        NoWorker: nobody would take it.
    """
    if not workers():
        raise NoWorker(_("Runs are not available at the moment. Your work is saved."))
    now = database_now()
    with transaction.atomic():
        draft, _made = Draft.objects.get_or_create(user=user, scope=workspace.scope)
        DraftRun.objects.filter(draft__user=user).going_on().update(state=RunState.REPLACED)
        run = DraftRun.objects.create(
            draft=draft,
            version=version,
            until=until,
            cells=pack({"language": get_language(), "cells": cells_until(document, until)}),
            created_at=now,
            seen_at=now,
        )
        kept = draft.runs.order_by("-created_at").values_list("pk", flat=True)[:KEPT]
        draft.runs.exclude(pk__in=list(kept)).delete()
    queue.enqueue(queue.RUN, run.pk, worker=holder(draft))
    return run


def cells_until(document: Document, until: str) -> list[tuple[str, str]]:
    """Return ids and sources of the code cells up to `until`, or of all."""
    cells = [(cell["id"], cell["source"]) for cell in code_cells(document)]
    ids = [identity for identity, _source in cells]
    return cells[: ids.index(until) + 1] if until in ids else cells


def pass_on(run_id: uuid.UUID) -> None:
    """Send a run to a worker that is not draining; without one it stays queued."""
    working = RunWorker.objects.working_within(SILENT_AFTER)
    other = working.order_by("?").first()
    if other is not None:
        queue.enqueue(queue.RUN, run_id, worker=other.name)


def wait_for_end(run: DraftRun, *, seconds: float = WAIT_SECONDS) -> None:
    """Wait a moment for the run to end, unless many requests wait already."""
    wait_until(lambda: DraftRun.objects.filter(pk=run.pk).going_on().exists(), seconds)


def wait_until(pending: Callable[[], bool], seconds: float) -> None:
    """Wait while `pending()`, at most `seconds`, and not at all if many requests wait already."""
    if not _waiting.acquire(blocking=False):
        return
    try:
        deadline = time.monotonic() + seconds
        while pending() and time.monotonic() < deadline:
            time.sleep(LOOK_SECONDS)
    finally:
        _waiting.release()


def find(*, user: User, workspace: Workspace, pk: uuid.UUID) -> DraftRun | None:
    """Return a learner's run; one whose worker is gone is lost from now on."""
    run = _mine(user, workspace).filter(pk=pk).first()
    return run and _looked_after(run)


def _looked_after(run: DraftRun) -> DraftRun:
    """Return a run that has been read; one whose worker is gone is lost from now on."""
    if run.ended:
        return run
    pk, now = run.pk, run.read_at  # type: ignore[attr-defined]  # annotated by `_mine`
    if run.seen_at < now - SILENT_AFTER and (run.state == RunState.RUNNING or not workers()):
        # Not "equal": SQLite compares times as texts, and its own have milliseconds only.
        lost = DraftRun.objects.filter(pk=pk, seen_at__lte=run.seen_at).going_on()
        lost.update(state=RunState.LOST)
        run.refresh_from_db()
    elif run.state == RunState.QUEUED and run.seen_at < now - NOTIFY_AGAIN_AFTER:
        DraftRun.objects.filter(pk=pk).update(seen_at=now)
        queue.enqueue(queue.RUN, pk)
    return run


def end_lost() -> int:
    """End the runs that nobody will end: of dead workers, and of pages that were closed.

    A page that waits for its run asks for it, and finds out by itself; this is for the others,
    which would stand before newer runs in the order that is shown. Returns how many there were.
    """
    silent = Q(state=RunState.RUNNING, seen_at__lt=Now() - SILENT_AFTER)
    abandoned = Q(state=RunState.QUEUED, seen_at__lt=Now() - ABANDONED_AFTER)
    return DraftRun.objects.filter(silent | abandoned).update(state=RunState.LOST)


def latest(*, user: User, workspace: Workspace) -> DraftRun | None:
    """Return a draft's latest run, with the draft."""
    run = _mine(user, workspace).select_related("draft").order_by("-created_at").first()
    return run and _looked_after(run)


def interrupt(run: DraftRun) -> None:
    """Ask for the end of a run; one that has not begun ends at once."""
    ended = DraftRun.objects.filter(pk=run.pk, state=RunState.QUEUED)
    if not ended.update(state=RunState.INTERRUPTED, interrupted=True):
        DraftRun.objects.filter(pk=run.pk).going_on().update(interrupted=True)


def facts(run: DraftRun, *, after: int = 0, is_fresh: bool = False) -> tuple[dict[str, Any], str]:
    """Return what a page is told of a run, and the events after `after` as JSON without brackets.

    The longer a run takes, the less often its page needs to ask.

    Args:
        run: the run.
        after: the number of the last event that the page has.
        is_fresh: the run has just been read, and no event since.
    """
    # its state is read before its events are
    state = run if is_fresh else DraftRun.objects.only("state", "detail").get(pk=run.pk)
    is_queued = state.state == RunState.QUEUED
    batches: list[RunEvents] = []  # one that no worker has taken has none yet
    if not (is_fresh and is_queued):
        batches += RunEvents.objects.filter(run=run, number__gt=after).order_by("number")
    position = None
    if is_queued:
        earlier = DraftRun.objects.filter(state=RunState.QUEUED, created_at__lt=run.created_at)
        position = earlier.count() + 1
    age_ms = (timezone.now() - run.created_at).total_seconds() * 1000
    poll = max(SHORTEST_POLL_MS, round(age_ms * POLL_SHARE))
    longest = LONGEST_QUEUED_POLL_MS if is_queued and position and position > 1 else LONGEST_POLL_MS
    told = {
        "id": str(run.pk),
        "until": run.until or None,
        "state": state.state,
        "position": position,
        "detail": state.detail or _reason(state.state),
        "poll_ms": min(poll, longest),
        "cursor": batches[-1].number if batches else after,
    }
    return told, ",".join(batch.body for batch in batches)


def _reason(state: str) -> str:
    """Return what a page is told of an end that was the site's fault: whose, and at what cost."""
    if state != RunState.LOST:
        return ""
    return _(
        "The run was lost through a fault of the site, not of your notebook, and costs no attempt."
        " Run it again."
    )


def events_of(run: DraftRun) -> list[dict[str, Any]]:
    """Return all events of a run, for a page that is made on the server."""
    _told, events = facts(run)
    made: list[dict[str, Any]] = json.loads(f"[{events}]")
    return made


def _mine(user: User, workspace: Workspace) -> DraftRunQuerySet:
    """Return a learner's runs, each with the time at which it is read, by the database's clock."""
    mine = DraftRun.objects.filter(draft__user=user, draft__scope=workspace.scope)
    return mine.annotate(read_at=Now())
