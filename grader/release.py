"""When a grade may be released, so that its time tells nothing of the hidden parameters.

A learner's code can make the hidden run take as long as it likes, for example one second for each
unit of a hidden parameter. A grade is therefore released when the visible run has ended or, if the
hidden run takes longer, at one of a few fixed moments after it.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

    from grader.sandbox.job import Event

RELEASE_SECONDS: Final = (0.0, 0.06, 0.25, 1.0, 4.0, 16.0, 64.0)
"""The moments, in seconds after the visible run; later ones follow each 64 s. The first covers the
differences between two equal runs, the others grow so that few of them cover all limits: a grade's
time tells at most which of them it was."""


class ReleaseClock:
    """Notes when the visible run (index 0) and the hidden one (index 1) begin and end."""

    def __init__(self, on_event: Callable[[Event], None] | None) -> None:
        self._on_event = on_event
        self._started: dict[int, float] = {}
        self._ended: dict[int, float] = {}

    def __call__(self, index: int, event: Event) -> None:
        """Take an event of run `index`; the visible run's, and each run's ticks, are passed on."""
        if event.kind == "start":
            self._started[index] = time.monotonic()
        elif event.kind == "end":
            self._ended[index] = time.monotonic()
        if self._on_event is not None and (index == 0 or event.kind == "tick"):
            self._on_event(event)

    def late_seconds(self) -> float:
        """Return how much longer the hidden run took; 0 if it was the first to end.

        Where the runs took turns, the hidden one is expected to take as long as the visible one.
        """
        if 0 not in self._ended or 1 not in self._ended:
            return 0.0
        visible = self._ended[0] - self._started[0]
        expected_end = max(self._ended[0], self._started[1] + visible)
        return max(0.0, self._ended[1] - expected_end)

    def wait(self) -> None:
        """Return at the next moment of `RELEASE_SECONDS`."""
        time.sleep(release_delay(self.late_seconds()))


def release_delay(late_seconds: float) -> float:
    """Return how many seconds are left to the next moment, for a hidden run so much longer."""
    last = RELEASE_SECONDS[-1]
    if late_seconds > last:
        return -late_seconds % last
    return next(moment for moment in RELEASE_SECONDS if moment >= late_seconds) - late_seconds
