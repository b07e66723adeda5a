"""The lease by which a worker holds a running submission, and whose turn it is to get one.

Whoever writes with a token that is no longer the row's writes nothing, so a second delivery, a slow
worker and a dead one are all harmless. Every time here is the database's (`Now`): a worker whose
host has a wrong clock neither loses its leases nor keeps those of others waiting.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from django.db import connection, transaction
from django.db.models import F
from django.db.models.functions import Now

from exercises.models import Stage, State, Submission

if TYPE_CHECKING:
    from exercises.models import SubmissionQuerySet

LEASE = timedelta(seconds=20)
"""How long a worker that stops reporting keeps a submission; `heartbeat` renews it earlier."""

RELEASED: dict[str, Any] = {
    "lease_token": None,
    "lease_until": None,
    "stage": Stage.NONE,
    "cell": 0,
    "cells": 0,
}
"""What the fields of a submission are when no worker holds it."""

ALONE_AFTER: Final = 3
"""A submission with so many interruptions may be what ends its workers. One such runs at a time:
those that were interrupted beside it have the same pauses, and would be again."""

CLAIM_LOCK: Final = 0x57_42_6F_78
"""PostgreSQL's advisory lock of `claim_next`; any number that nothing else in the database uses."""


@dataclass(frozen=True)
class Lease:
    """The right of one worker to write to one running submission."""

    submission_id: uuid.UUID
    token: uuid.UUID


@dataclass(frozen=True)
class Progress:
    """What a worker is doing: `cell` of `cells`, counted from 1, while `stage` is ``CELLS``."""

    stage: Stage
    cell: int = 0
    cells: int = 0


@transaction.atomic
def claim_next() -> Lease | None:
    """Claim the submission whose turn it is (`in_turn`); None when none is queued."""
    if connection.vendor == "postgresql":
        # Two workers that count at the same moment would give one learner two turns. SQLite's
        # IMMEDIATE transactions exclude each other anyway.
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [CLAIM_LOCK])
    rows = Submission.objects.in_turn()
    if Submission.objects.running().filter(interruptions__gte=ALONE_AFTER).exists():
        rows = rows.filter(interruptions__lt=ALONE_AFTER)
    while (key := rows.values_list("pk", flat=True).first()) is not None:
        lease = claim(submission_id=key)
        if lease is not None:
            return lease
    return None


def claim(*, submission_id: uuid.UUID) -> Lease | None:
    """Claim a queued submission; None when it is not (or no longer) queued."""
    lease = Lease(submission_id, uuid.uuid4())
    taken = Submission.objects.filter(pk=submission_id, state=State.QUEUED).update(
        state=State.RUNNING,
        lease_token=lease.token,
        lease_until=Now() + LEASE,
        tries=F("tries") + 1,
        stage=Stage.STARTING,
        cell=0,
        cells=0,
        started_at=Now(),
    )
    return lease if taken else None


def renew_lease(*, lease: Lease, progress: Progress) -> bool:
    """Extend the lease and write the run's progress; False when the lease is lost."""
    return bool(
        held(lease).update(
            lease_until=Now() + LEASE,
            stage=progress.stage,
            cell=progress.cell,
            cells=progress.cells,
        )
    )


def held(lease: Lease) -> SubmissionQuerySet:
    """Select the submission that `lease` holds; nothing once another worker has it."""
    return Submission.objects.filter(
        pk=lease.submission_id, state=State.RUNNING, lease_token=lease.token
    )
