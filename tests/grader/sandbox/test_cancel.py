"""A caller cancels a run by what its listener raises."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from grader.sandbox import open_sandbox
from grader.sandbox.job import Event, Job, Verdict

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from grader.sandbox.pool import BubblewrapSandbox

ENDLESS = Job(cells=("while True: pass",), outputs=("v",))
ONE = Job(cells=("v = 1",), outputs=("v",))


class Cancelled(Exception):  # noqa: N818  # a state, not an accident
    """The caller wants no result."""


@pytest.fixture
def fresh(light_python: Path) -> Iterator[BubblewrapSandbox]:
    """A sandbox with two slots."""
    with open_sandbox(python=light_python, concurrency=2) as sandbox:
        sandbox.ready()
        yield sandbox


def test_a_listener_ends_both_runs_within_a_cell(fresh: BubblewrapSandbox) -> None:
    """What a tick's listener raises ends endless cells; the next run is a new one."""
    begun = time.monotonic()

    def cancel(_number: int, event: Event) -> None:
        if event.kind == "tick" and time.monotonic() - begun > 1:
            raise Cancelled

    with pytest.raises(Cancelled):
        fresh.run_many((ENDLESS, ENDLESS), on_event=cancel)
    assert time.monotonic() - begun < 20  # its time limit is 60 s
    assert fresh.run(ONE).verdict is Verdict.OK
