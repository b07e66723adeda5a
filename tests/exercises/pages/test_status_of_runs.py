"""The status page says how many workers take runs in the browser."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from django.utils import timezone

from exercises.models import RunWorker

if TYPE_CHECKING:
    from django.test import Client


@pytest.mark.django_db
def test_workers_for_runs_are_counted(client: Client) -> None:
    """Those with an open sandbox that have reported themselves lately."""
    for name, is_open in (("a:1", True), ("b:2", True), ("c:3", False)):
        RunWorker.objects.create(
            name=name, concurrency=2, seen_at=timezone.now(), sandbox_open=is_open
        )
    page = client.get("/status/").content.decode()

    assert "<dt>Workers for runs in the browser</dt><dd>2</dd>" in page
