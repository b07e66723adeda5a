"""Everybody at a site under load: who submits, reads, waits for a verdict, and edits a draft."""

from __future__ import annotations

import json
import re
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from bench.chaos import editor, material, traffic
from bench.chaos.faults import fresh_connection

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable

SENDERS: Final = 16
SAVE_SECONDS: Final = 5.0
SAVES_TO_A_RUN: Final = 6
ESTIMATES: Final = 25
"""One in so many submissions has its estimated wait compared with what it took."""
PAGES: Final = ("/courses/", "/status/", "/courses/chaos/", f"/exercises/{material.SLUGS[0]}/")
POLLED: Final = re.compile(rb'hx-trigger="every (\d+)ms"')
PERCENTILE: Final = 95
FINE: Final = frozenset({200, 201, 202, 204})
NO_CONTENT: Final = 204
REFUSED: Final = frozenset({429, 503})
"""What a site answers that has too much to do; it has to say when to come again."""


@dataclass
class Learner:
    """Somebody with an account: an API token, and the cookie of a session."""

    token: str
    cookie: str


@dataclass
class Seen:
    """What the clients saw.

    Attributes:
        seconds: of each answer, by what was asked for.
        statuses: of the answers, by what was asked for.
        estimates: the seconds that a submission was told it would wait, by its id.
        silent: refusals that did not say when to come again.
    """

    seconds: dict[str, list[float]] = field(default_factory=dict)
    statuses: dict[str, Counter[int]] = field(default_factory=dict)
    estimates: dict[str, float] = field(default_factory=dict)
    runs: Counter[str] = field(default_factory=Counter)
    silent: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def note(self, what: str, status: int, seconds: float) -> None:
        """Keep an answer."""
        with self.lock:
            self.seconds.setdefault(what, []).append(seconds)
            self.statuses.setdefault(what, Counter())[status] += 1

    def percentile(self, what: str) -> str:
        """Return the milliseconds within which most answers came; empty without any."""
        ordered = sorted(self.seconds.get(what, ()))
        if not ordered:
            return ""
        return f"{1000 * ordered[min(len(ordered) - 1, len(ordered) * PERCENTILE // 100)]:.0f} ms"


class Crowd:
    """Everybody at the site: those who submit, and the clients that go on until `ended`."""

    def __init__(self, port: int, people: list[Learner], options: argparse.Namespace) -> None:
        self._port, self._options = port, options
        self._editors = people[: options.editors]
        self._people = people[options.editors :]
        self._ended = threading.Event()
        self.seen = Seen()
        self._started = time.monotonic()

    def rush(self) -> Seen:
        """Submit evenly over the seconds, and watch until that is over."""
        jobs = [(one, slug) for slug in material.SLUGS for one in self._people]
        clients: list[tuple[Callable[..., None], Any]] = [
            (self._read, number) for number in range(self._options.pages)
        ]
        clients += [(self._edit, number) for number in range(len(self._editors))]
        threads = [
            threading.Thread(target=act, args=(argument,), daemon=True) for act, argument in clients
        ]
        for thread in threads:
            thread.start()
        with ThreadPoolExecutor(SENDERS) as senders:
            work = enumerate(jobs[: self._options.submissions])
            list(senders.map(lambda job: self._submit(job[0], *job[1]), work))
        self._ended.set()
        for thread in threads:
            thread.join()
        return self.seen

    def _submit(self, number: int, person: Learner, slug: str) -> None:
        due = self._started + number * self._options.seconds / self._options.submissions
        time.sleep(max(0.0, due - time.monotonic()))
        body, kind = traffic.upload(seconds=0, mail_wanted=False)
        path = f"/api/v1/exercises/{slug}/submissions/"
        answer = self._ask("upload", "POST", path, person.token, body=body, kind=kind)
        if not answer:
            return
        if number % ESTIMATES == 0:
            self._estimate(answer["id"])
        if number < self._options.watchers:
            watcher = threading.Thread(target=self._watch, args=(person, answer["id"]), daemon=True)
            watcher.start()

    def _estimate(self, key: str) -> None:
        """Keep what the submission's page says of its wait now."""
        from exercises.models import State, Submission  # noqa: PLC0415  # Django is set up by now
        from exercises.submissions.waiting import waiting  # noqa: PLC0415  # the same

        with fresh_connection():
            row = Submission.objects.get(pk=key)
            told = waiting(row).seconds if row.state == State.QUEUED else None
        if told is not None:
            with self.seen.lock:
                self.seen.estimates[key] = told

    def _watch(self, person: Learner, key: str) -> None:
        """Do what the page of a submission does until it has the verdict."""
        path = f"/submissions/{key}/"
        pause = 0.5
        while not self._ended.wait(pause):
            headers = {"Cookie": person.cookie, "HX-Request": "true"}
            status, body, seconds = traffic.fetch(self._port, "GET", path, headers)
            self.seen.note("poll", status, seconds)
            found = POLLED.search(body)
            if status in FINE and status != NO_CONTENT and not found:
                return
            pause = int(found[1]) / 1000 if found else pause

    def _read(self, number: int) -> None:
        """Open a page each second, whatever the one before took."""
        self._ended.wait(number / max(1, self._options.pages))
        begun = time.monotonic()
        cookie = {"Cookie": self._people[number % len(self._people)].cookie}
        for turn in range(1, 10**6):
            path = PAGES[(number + turn) % len(PAGES)]
            status, _body, seconds = traffic.fetch(self._port, "GET", path, cookie)
            self.seen.note("page", status, seconds)
            if self._ended.wait(max(0.0, begun + turn - time.monotonic())):
                return

    def _edit(self, number: int) -> None:
        """Save a draft every few seconds, and run it now and then."""
        person = self._editors[number]
        base = f"/api/v1/exercises/{material.SLUGS[number % len(material.SLUGS)]}/draft/"
        self._ended.wait(number * SAVE_SECONDS / len(self._editors))
        draft = self._ask("page", "GET", base, person.token) or {}
        version, cells = draft.get("version"), draft.get("cells")
        turn = number
        while not self._ended.is_set():
            turn += 1
            asked = {"base": version, "cells": _edited(cells or [], turn)}
            saved = self._ask("save", "PUT", base, person.token, body=json.dumps(asked).encode())
            version = (saved or {}).get("version", version)
            if turn % SAVES_TO_A_RUN == 0:
                self._run(base, person, version)
            self._ended.wait(SAVE_SECONDS)

    def _run(self, base: str, person: Learner, version: int | None) -> None:
        asked = json.dumps({"base": version, "cells": None}).encode()
        began = time.monotonic()
        run = self._ask("run", "POST", f"{base}runs/", person.token, body=asked)
        while run and run.get("state") in editor.GOING_ON:
            if self._ended.wait(run.get("poll_ms", 500) / 1000):
                return
            told = self._ask("poll", "GET", f"{base}runs/{run['id']}/", person.token)
            run = {"id": run["id"], **(told or {"state": "queued"})}
        if run:
            with self.seen.lock:
                self.seen.runs[run["state"]] += 1
                self.seen.seconds.setdefault("whole run", []).append(time.monotonic() - began)

    def _ask(
        self,
        what: str,
        method: str,
        path: str,
        token: str,
        *,
        body: bytes | None = None,
        kind: str = "application/json",
    ) -> dict[str, Any] | None:
        """Ask the API; return the object of a good answer."""
        headers: dict[str, str] = {}
        status, answer, seconds = traffic.call(
            self._port, method, path, token, body=body, kind=kind, told=headers
        )
        self.seen.note(what, status, seconds)
        if status in REFUSED and "Retry-After" not in headers:
            with self.seen.lock:
                self.seen.silent += 1
        return answer if status in FINE else None


def _edited(cells: list[dict[str, Any]], turn: int) -> list[dict[str, Any]]:
    """Return the cells as the editor sends them, the last one changed."""
    kept = [{key: cell[key] for key in ("id", "type", "source")} for cell in cells]
    kept[-1] = {**kept[-1], "source": f"{kept[-1]['source']}\n# {turn}"}
    return kept
