"""The rush before a deadline: submissions within a minute, and everybody else at the site.

``python -m bench.load [--submissions 500] [--seconds 60] [--workers 1 2 4] [--hosts 2]
[--embedded]`` starts a site of its own for each number of workers and prints a line of each table
for each. Meanwhile readers open pages at a fixed rate, watchers wait on the page of their
submission as its script does, and editors save drafts and run them. With two hosts one of the
workers is in a network of its own, from which it reaches PostgreSQL, Redis and the files.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from bench.chaos import material, processes, traffic
from bench.chaos.faults import fresh_connection
from bench.chaos.second_host import SecondHost
from bench.chaos.temporary import TemporarySite
from bench.load_crowd import FINE, Crowd, Learner, Seen

if TYPE_CHECKING:
    from collections.abc import Mapping

START_SECONDS: Final = 300.0
GRADE_SECONDS: Final = 1800.0
ONE: Final = "--one"
QUEUE: Final = "| workers | accepted, not | first, last verdict | a minute | estimate / truth |"
TURNS: Final = (
    "| workers | median wait of a learner's first, second, third submission in the queue |"
)
ANSWERS: Final = (
    "| workers | pages a second, p50, p95 | uploads p95 | polls a second, p95 | saves p95 | "
    "runs, how they ended, p95 | other answers |"
)


@dataclass(frozen=True)
class Graded:
    """A submission: whose it is, when it came and when it ended, in seconds."""

    user: int
    came: float
    ended: float


def main() -> int:
    """Read the command line; measure each number of workers in a process of its own."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--submissions", type=int, default=500)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--pages", type=int, default=50, help="page views a second")
    parser.add_argument("--watchers", type=int, default=200)
    parser.add_argument("--editors", type=int, default=100)
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 2, 4])
    parser.add_argument("--hosts", type=int, choices=[1, 2], default=1)
    parser.add_argument("--embedded", action="store_true", help="SQLite and the embedded broker")
    parser.add_argument(ONE, action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.hosts > 1 and (options.embedded or min(options.workers) < options.hosts):
        parser.error("two hosts have two workers at least, and a database that is no file")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # in an orderly way, as Ctrl-C
    if options.one:
        return _measure(options)
    _say(f"{os.cpu_count()} cores, load before the start {os.getloadavg()[0]:.1f}")
    # Django is set up once in a process, for one database.
    command = [sys.executable, "-m", "bench.load", *sys.argv[1:], ONE, "--workers"]
    return max(_run([*command, str(number)]) for number in options.workers)


def _run(command: list[str]) -> int:
    """Run a command; when this process is ended, end it in an orderly way: it has a site to end."""
    with subprocess.Popen(command) as process:
        try:
            return process.wait()
        except BaseException:
            process.terminate()
            raise


def _second_host(stack: contextlib.ExitStack) -> SecondHost:
    host = SecondHost()
    if reason := host.make():
        raise RuntimeError(f"no second host: {reason}")
    stack.callback(host.remove)
    return host


def _measure(options: argparse.Namespace) -> int:
    processes.adopt_orphans()
    folder = Path(tempfile.mkdtemp(prefix="whybox-load-"))
    folder.chmod(0o755)
    (workers,) = options.workers
    with contextlib.ExitStack() as stack:
        host = _second_host(stack) if options.hosts > 1 else None
        temporary = TemporarySite(
            folder, stack, embedded=options.embedded, listen=host.address if host else ""
        )
        learners = -(-options.submissions // len(material.SLUGS))
        people = _people(
            material.create_rows(folder / "content", learners=learners + options.editors + 1)
        )
        site = temporary.start(
            workers=workers - bool(host), far=host.prefix if host else "", shares_references=True
        )
        try:
            _wait_until_open(temporary.port, people.pop().token, workers=workers)
            seen = _rush(temporary.port, people, options)
            graded = _wait_until_graded(1 + seen.statuses["upload"][traffic.ACCEPTED])
        finally:
            site.stop()
        _report(workers, seen, graded, options)
    shutil.rmtree(folder, ignore_errors=True)
    return 0 if len(graded) == options.submissions else 1


def _people(tokens: dict[str, str]) -> list[Learner]:
    """Sign everybody in."""
    from django.conf import settings  # noqa: PLC0415  # Django is set up by now
    from django.test import Client  # noqa: PLC0415  # the same

    from courses.models import User  # noqa: PLC0415  # the same

    people = []
    for user in User.objects.filter(email__in=tokens):
        browser = Client()
        browser.force_login(user, "django.contrib.auth.backends.ModelBackend")
        name = settings.SESSION_COOKIE_NAME
        cookie = f"{name}={browser.cookies[name].value}"
        people.append(Learner(tokens[user.email], cookie))
    return people


def _wait_until_open(port: int, token: str, *, workers: int) -> None:
    """Wait until all workers are there and one notebook is graded: references are computed."""
    from exercises.models import (  # noqa: PLC0415  # Django is set up by now
        RunWorker,
        State,
        Submission,
        Worker,
    )

    body, kind = traffic.upload(seconds=0, mail_wanted=False)
    path = f"/api/v1/exercises/{material.SLUGS[0]}/submissions/"
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        with fresh_connection():
            there = Worker.objects.filter(sandbox_open=True).count()
            ready = there >= workers and RunWorker.objects.exists()
            if ready and Submission.objects.filter(state=State.GRADED).exists():
                return
        traffic.call(port, "POST", path, token, body=body, kind=kind)
        time.sleep(0.5)
    raise RuntimeError("the site did not start")


def _rush(port: int, people: list[Learner], options: argparse.Namespace) -> Seen:
    return Crowd(port, people, options).rush()


def _wait_until_graded(expected: int) -> dict[str, Graded]:
    """Return of each submission when it came and when it was graded, in seconds."""
    from exercises.models import State, Submission  # noqa: PLC0415  # Django is set up by now

    deadline = time.monotonic() + GRADE_SECONDS
    while time.monotonic() < deadline:
        with fresh_connection():
            if Submission.objects.filter(state=State.GRADED).count() >= expected:
                break
        time.sleep(1.0)
    with fresh_connection():
        rows = list(
            Submission.objects.order_by("created_at").values_list(
                "pk", "user", "created_at", "finished_at"
            )
        )[1:]
    first = rows[0][2]
    return {
        str(key): Graded(user, (came - first).total_seconds(), (end - first).total_seconds())
        for key, user, came, end in rows
        if end
    }


def waits_by_turn(graded: Mapping[str, Graded]) -> list[float]:
    """Return the median wait of submissions before which their learner had 0, 1, 2 ... waiting.

    Where learners take turns, whoever has one submission in the queue is not kept waiting by those
    of somebody who has several.
    """
    by_turn: dict[int, list[float]] = {}
    for one in graded.values():
        before = sum(
            other.user == one.user and other.came < one.came < other.ended
            for other in graded.values()
        )
        by_turn.setdefault(before, []).append(one.ended - one.came)
    return [statistics.median(by_turn[turn]) for turn in sorted(by_turn)]


def _report(
    workers: int,
    seen: Seen,
    graded: dict[str, Graded],
    options: argparse.Namespace,
) -> None:
    ends = sorted(one.ended for one in graded.values())
    ratios = sorted(
        told / max(0.1, graded[key].ended - graded[key].came)
        for key, told in seen.estimates.items()
        if key in graded
    )
    uploads = seen.statuses["upload"]
    accepted = uploads.pop(traffic.ACCEPTED, 0)
    others = sum(uploads.values())
    span = f"{ends[0]:.1f} s, {ends[-1]:.0f} s" if ends else "none"
    honest = "nobody had to wait"
    if ratios:
        honest = f"{ratios[0]:.1f} to {ratios[-1]:.1f}, median {statistics.median(ratios):.1f}"
    rate = 60 * len(ends) / ends[-1] if ends else 0
    _say(QUEUE)
    _say(f"| {workers} | {accepted}, {others} | {span} | {rate:.0f} | {honest} |")
    _say(TURNS)
    _say(f"| {workers} | {', '.join(f'{wait:.0f} s' for wait in waits_by_turn(graded))} |")
    pages = seen.seconds.get("page", [0.0])
    bad = Counter[str]()
    for what, statuses in seen.statuses.items():
        for status, count in statuses.items():
            if status not in FINE:
                bad[f"{what} {status}"] += count
    if seen.silent:
        bad["of which without Retry-After"] = seen.silent
    runs = f"{sum(seen.runs.values())}, {dict(seen.runs)}, {seen.percentile('whole run')}"
    polls = len(seen.seconds.get("poll", ())) / options.seconds
    median = f"{1000 * statistics.median(pages):.0f} ms"
    _say(ANSWERS)
    _say(
        f"| {workers} | {len(pages) / options.seconds:.0f}, {median}, "
        f"{seen.percentile('page')} | {seen.percentile('upload')} | "
        f"{polls:.0f}, {seen.percentile('poll')} | {seen.percentile('save')} | {runs} | "
        f"{dict(bad) or 'none'} |"
    )


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
