"""A page of the workbench, as `config/static/js/workbench/runs.js` behaves, and who looks at it.

The page asks for its run when the server's last answer told it to, again after a moment where there
was no answer, and until the run has ended. Its reader runs again what was lost; some close it.
"""

from __future__ import annotations

import json
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    import random
    from collections.abc import Callable

    Answer = tuple[int, dict[str, Any] | None]
    Call = Callable[..., Answer]

SHORTEST_WAIT: Final = 0.03
LONGEST_WAIT: Final = 5.0
RETRY_WAIT: Final = 1.5
"""Seconds, as in `runs.js`."""
PRESS_AGAIN: Final = 2.0
"""How soon a reader presses "Run" again after a refusal or a loss."""
PATIENCE: Final = 240.0
"""Seconds until one that never comes to an end counts as stuck."""
CLOSED: Final = 0.2
"""Share of pages that are closed while their run goes on."""
ACCEPTED: Final = 202
MISSING: Final = 404
LIMITED: Final = 429
BROKEN: Final = 500
GOING_ON: Final = ("queued", "running")


@dataclass
class RunsTold:
    """What pages were told of their runs.

    Attributes:
        asked: ids of all runs for which the site has answered 202.
        closed: ids of those whose page was closed.
        ends: how often each end was told; `missing` is a run that was not found any more.
        repeated: how many lost runs were run again, until one of them came to its end.
        worked: how many of these did.
        unexplained: lost ones of which the page was not told why.
        stuck: ids of those that came to no end, and what the page knew last.
    """

    asked: set[str] = field(default_factory=set)
    closed: set[str] = field(default_factory=set)
    ends: Counter[str] = field(default_factory=Counter)
    repeated: int = 0
    worked: int = 0
    unexplained: list[str] = field(default_factory=list)
    stuck: list[str] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def wrong(self) -> dict[str, list[str]]:
        """Return what must not be there: every notebook is right, and every loss is ours."""
        mistakes = [f"{state}: {self.ends[state]}" for state in ("error", "limit")]
        return {
            "runs that never ended for their page": self.stuck,
            "lost runs without a reason": self.unexplained,
            "runs that were called the learner's mistake": [
                each for each in mistakes if not each.endswith(" 0")
            ],
            "lost runs that could not be repeated": [str(self.repeated - self.worked)]
            if self.repeated > self.worked
            else [],
        }


class Editor:
    """One page: `work` runs a draft and looks at it until it has ended."""

    def __init__(self, base: str, call: Call, told: RunsTold, chance: random.Random) -> None:
        self._base, self._call, self._told, self._chance = base, call, told, chance

    def work(self) -> None:
        """Run the draft; run it again while it is lost, for as long as patience lasts."""
        deadline = time.monotonic() + PATIENCE
        is_closed = self._chance.random() < CLOSED
        state = self._run(deadline, is_closed=is_closed)
        if state not in ("lost", "missing"):
            return
        with self._told.lock:
            self._told.repeated += 1
        while state in ("lost", "missing", "refused") and time.monotonic() < deadline:
            time.sleep(PRESS_AGAIN)
            state = self._run(deadline, is_closed=False)
        with self._told.lock:
            self._told.worked += state == "done"

    def _run(self, deadline: float, *, is_closed: bool) -> str:
        """Press "Run"; return how it ended, `refused` without a run, `closed` when nobody looks."""
        _status, draft = self._call("GET", self._base)
        if not draft or "version" not in draft:
            return "refused"
        asked = {"base": draft["version"], "cells": None}
        status, run = self._call("POST", f"{self._base}runs/", json.dumps(asked).encode())
        if status != ACCEPTED or not run:
            return "refused"
        with self._told.lock:
            self._told.asked.add(run["id"])
            if is_closed:
                self._told.closed.add(run["id"])
        if is_closed:
            return "closed"
        state = self._follow(run, deadline)
        with self._told.lock:
            self._told.ends[state] += 1
        return state

    def _follow(self, run: dict[str, Any], deadline: float) -> str:
        told = run
        while told["state"] in GOING_ON:
            if time.monotonic() > deadline:
                with self._told.lock:
                    self._told.stuck.append(f"{run['id']}: {told['state']}")
                return "stuck"
            time.sleep(min(max(told["poll_ms"] / 1000, SHORTEST_WAIT), LONGEST_WAIT))
            address = f"{self._base}runs/{run['id']}/?after={told['cursor']}"
            status, answer = self._call("GET", address)
            if status == MISSING:
                return "missing"
            if answer and "state" in answer:
                told = answer
            elif status in (0, LIMITED) or status >= BROKEN:
                told = {**told, "poll_ms": RETRY_WAIT * 1000}
            else:
                return f"refused with {status}"
        if told["state"] == "lost" and not told["detail"]:
            with self._told.lock:
                self._told.unexplained.append(run["id"])
        return str(told["state"])
