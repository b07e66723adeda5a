"""The lease by which a worker holds a running submission.

Whoever writes with a token that is no longer the row's writes nothing, so a second delivery, a slow
worker and a dead one are all harmless.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.db.models import F
from django.utils import timezone

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


def claim(*, submission_id: uuid.UUID) -> Lease | None:
    """Claim a queued submission; None when it is not (or no longer) queued."""
    now = timezone.now()
    lease = Lease(submission_id, uuid.uuid4())
    taken = Submission.objects.filter(pk=submission_id, state=State.QUEUED).update(
        state=State.RUNNING,
        lease_token=lease.token,
        lease_until=now + LEASE,
        tries=F("tries") + 1,
        stage=Stage.STARTING,
        cell=0,
        cells=0,
        started_at=now,
    )
    return lease if taken else None


def renew_lease(*, lease: Lease, progress: Progress) -> bool:
    """Extend the lease and write the run's progress; False when the lease is lost."""
    return bool(
        held(lease).update(
            lease_until=timezone.now() + LEASE,
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
