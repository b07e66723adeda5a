"""The rush before a deadline: submissions within a minute, pages read meanwhile.

``python -m bench.load [--submissions 500] [--seconds 60] [--workers 1 2 4] [--embedded]`` starts a
site of its own for each number of workers, and prints a line of a table for each.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bench.chaos import material, processes, traffic
from bench.chaos.faults import fresh_connection
from bench.chaos.temporary import TemporarySite

START_SECONDS: Final = 300.0
GRADE_SECONDS: Final = 1800.0
SENDERS: Final = 16
READERS: Final = 4
PAGES: Final = ("/courses/", "/status/", "/courses/chaos/")
PERCENTILE: Final = 95
ONE: Final = "--one"


@dataclass
class Seen:
    """What the clients saw: seconds of each page and of each upload, and the statuses."""

    pages: list[float]
    uploads: list[float]
    answers: Counter[int]


def main() -> int:
    """Read the command line; measure each number of workers in a process of its own."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--submissions", type=int, default=500)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 2, 4])
    parser.add_argument("--embedded", action="store_true", help="SQLite and the embedded broker")
    parser.add_argument(ONE, action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one:
        return _measure(options)
    _say(f"{os.cpu_count()} cores, load before the start {os.getloadavg()[0]:.1f}")
    _say("| workers | answers | pages p50, p95 | uploads p95 | first, last grade | a minute |")
    _say("|---|---|---|---|---|---|")
    command = [sys.executable, "-m", "bench.load", ONE, "--submissions", str(options.submissions)]
    command += ["--seconds", str(options.seconds), *(["--embedded"] if options.embedded else [])]
    # Django is set up once in a process, for one database.
    return max(subprocess.call([*command, "--workers", str(number)]) for number in options.workers)


def _measure(options: argparse.Namespace) -> int:
    processes.adopt_orphans()
    folder = Path(tempfile.mkdtemp(prefix="whybox-load-"))
    folder.chmod(0o755)
    (workers,) = options.workers
    with contextlib.ExitStack() as stack:
        temporary = TemporarySite(folder, stack, embedded=options.embedded)
        learners = -(-options.submissions // len(material.SLUGS))
        tokens = list(material.create_rows(folder / "content", learners=learners + 1).values())
        site = temporary.start(workers=workers)
        try:
            _wait_until_open(temporary.port, tokens.pop(), workers=workers)
            seen = _rush(temporary.port, tokens, options)
            graded = _wait_until_graded(1 + seen.answers[traffic.ACCEPTED])
        finally:
            site.stop()
        _report(workers, seen, graded)
    shutil.rmtree(folder, ignore_errors=True)
    return 0 if len(graded) == options.submissions else 1


def _wait_until_open(port: int, token: str, *, workers: int) -> None:
    """Wait until all workers are there and one notebook is graded: references are computed."""
    from exercises.models import State, Submission, Worker  # noqa: PLC0415  # Django is set up

    body, kind = traffic.upload(seconds=0, mail_wanted=False)
    path = f"/api/v1/exercises/{material.SLUGS[0]}/submissions/"
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        with fresh_connection():
            there = Worker.objects.filter(sandbox_open=True).count()
            if Submission.objects.filter(state=State.GRADED).exists() and there >= workers:
                return
        traffic.call(port, "POST", path, token, body=body, kind=kind)
        time.sleep(0.5)
    raise RuntimeError("the site did not start")


def _rush(port: int, tokens: list[str], options: argparse.Namespace) -> Seen:
    """Submit so many notebooks, evenly over the seconds, while pages are read."""
    seen = Seen([], [], Counter())
    lock, ended = threading.Lock(), threading.Event()
    jobs = [(token, slug) for slug in material.SLUGS for token in tokens][: options.submissions]
    started = time.monotonic()

    def submit(number: int) -> None:
        token, slug = jobs[number]
        time.sleep(max(0.0, started + number * options.seconds / len(jobs) - time.monotonic()))
        body, kind = traffic.upload(seconds=0, mail_wanted=False)
        path = f"/api/v1/exercises/{slug}/submissions/"
        status, _answer, seconds = traffic.call(port, "POST", path, token, body=body, kind=kind)
        with lock:
            seen.answers[status] += 1
            seen.uploads.append(seconds)

    def read(number: int) -> None:
        while not ended.is_set():
            path = PAGES[number % len(PAGES)]
            number += 1
            status, _answer, seconds = traffic.call(port, "GET", path, tokens[0])
            with lock:
                seen.answers[status] += 1
                seen.pages.append(seconds)
            ended.wait(0.1)

    readers = [threading.Thread(target=read, args=(number,)) for number in range(READERS)]
    for reader in readers:
        reader.start()
    with ThreadPoolExecutor(SENDERS) as senders:
        list(senders.map(submit, range(len(jobs))))
    ended.set()
    for reader in readers:
        reader.join()
    return seen


def _wait_until_graded(expected: int) -> list[float]:
    """Return the seconds from the first upload to each grade, those of the rush only."""
    from exercises.models import State, Submission  # noqa: PLC0415  # Django is set up by now

    deadline = time.monotonic() + GRADE_SECONDS
    while time.monotonic() < deadline:
        with fresh_connection():
            if Submission.objects.filter(state=State.GRADED).count() >= expected:
                break
        time.sleep(1.0)
    with fresh_connection():
        rows = list(
            Submission.objects.order_by("created_at").values_list("created_at", "finished_at")[1:]
        )
    return sorted((end - rows[0][0]).total_seconds() for _start, end in rows if end)


def _report(workers: int, seen: Seen, graded: list[float]) -> None:
    answers = ", ".join(f"{status}: {number}" for status, number in sorted(seen.answers.items()))
    pages, uploads = sorted(seen.pages), sorted(seen.uploads)
    rate = 60 * len(graded) / graded[-1] if graded else 0.0
    span = f"{graded[0]:.1f} s, {graded[-1]:.0f} s" if graded else "none"
    _say(
        f"| {workers} | {answers} | {1000 * statistics.median(pages):.0f} ms, "
        f"{1000 * _percentile(pages):.0f} ms | {1000 * _percentile(uploads):.0f} ms | "
        f"{span} | {rate:.0f} |"
    )


def _percentile(ordered: list[float]) -> float:
    return ordered[min(len(ordered) - 1, len(ordered) * PERCENTILE // 100)]


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
