"""Celery tasks of maintenance: each calls one function."""

from __future__ import annotations

from celery import shared_task

from exercises.workbench import runs


@shared_task(name=runs.END_LOST, ignore_result=True)
def end_lost_runs() -> None:
    """End the runs of drafts that no worker and no page will end."""
    runs.end_lost()
