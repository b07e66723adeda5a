"""The time of a grade tells nothing of the hidden parameters beyond a few fixed moments."""

from __future__ import annotations

import time

import pytest

from grader.release import RELEASE_SECONDS, ReleaseClock, release_delay
from grader.sandbox.job import Event


@pytest.mark.parametrize(
    ("late", "released"),
    [(0, 0), (0.001, 0.06), (0.06, 0.06), (0.2, 0.25), (3, 4), (17, 64), (65, 128), (128, 128)],
)
def test_a_grade_is_released_at_a_fixed_moment(late: float, released: float) -> None:
    """A hidden run that is longer by any time is released at the next moment of the list."""
    assert late + release_delay(late) == pytest.approx(released)


def test_few_moments_cover_every_limit() -> None:
    """Five minutes of possible delay are told apart in at most ten ways."""
    moments = {round(late / 10 + release_delay(late / 10), 3) for late in range(3000)}

    assert len(moments) <= len(RELEASE_SECONDS) + 4


def test_the_clock_compares_the_two_runs() -> None:
    """Only what the hidden run takes longer counts, also where the two runs take turns."""
    clock = ReleaseClock(None)
    for index, kind in ((0, "start"), (0, "end"), (1, "start"), (1, "end")):
        clock(index, Event(kind))
        time.sleep(0.02)

    assert clock.late_seconds() < 0.02


def test_events_of_the_visible_run_are_passed_on() -> None:
    """A page sees how far the visible run is, and nothing of the hidden one."""
    seen: list[Event] = []
    clock = ReleaseClock(seen.append)

    clock(0, Event("cell", 1, 3))
    clock(1, Event("cell", 2, 3))

    assert seen == [Event("cell", 1, 3)]
